import fcntl
import os
import threading
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import psutil
import pytest

BENCHMARKS = Path(__file__).with_name("benchmarks")
_DEFAULT = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data():
    """Folder of real images that do not ship with the repository."""
    folder = Path(os.environ.get("ANNOTAT_NB_DATA") or _DEFAULT)
    if folder.is_dir():
        return folder
    sentence = f"real test images are not at {folder}; set ANNOTAT_NB_DATA to their folder"
    if os.environ.get("CI"):
        pytest.fail(sentence)
    pytest.skip(sentence)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item):
    """Run a benchmark while the other processes of the run have no test."""
    is_alone = item.path.is_relative_to(BENCHMARKS)
    with Path(__file__).open() as door, (BENCHMARKS / "conftest.py").open() as room:
        fcntl.flock(door, fcntl.LOCK_EX)  # who waits for the room to empty lets nobody else in
        fcntl.flock(room, fcntl.LOCK_EX if is_alone else fcntl.LOCK_SH)
        fcntl.flock(door, fcntl.LOCK_UN)
        return (yield)


class PeakMemory:
    """The most memory of this process while it is entered, above what it had before."""

    def __enter__(self):
        self._process, self._over = psutil.Process(), threading.Event()
        self._before = self._most = self._process.memory_info().rss
        self._watcher = threading.Thread(target=self._watch)
        self._watcher.start()
        return self

    def _watch(self):
        while not self._over.wait(0.002):
            self._most = max(self._most, self._process.memory_info().rss)

    def __exit__(self, *_):
        self._over.set()
        self._watcher.join()
        self.bytes = self._most - self._before


@pytest.fixture(scope="session")
def peak_memory():
    """Return what measures the memory that is used while it is entered; see `PeakMemory`."""
    return PeakMemory


@pytest.fixture
def held_training(monkeypatch):
    """Holds every training from when it begins until the gate is set."""
    from annotat_nb.classify import Segmenter

    gate, inside, fit = threading.Event(), threading.Event(), Segmenter.fit

    def hold(self, *arguments, **options):
        inside.set()
        assert gate.wait(20)
        return fit(self, *arguments, **options)

    monkeypatch.setattr(Segmenter, "fit", hold)
    gate.inside = inside
    yield gate
    gate.set()


CARD = pytest.param("cuda:0", marks=pytest.mark.gpu)


def twin(device):
    """Return the filters written with torch, bound to `device`."""
    from annotat_nb.kernels.cuda import filters

    table = {name: getattr(filters, name) for name in filters.__all__}
    table["from_numpy"] = lambda values, _device: filters.from_numpy(values, device)
    return SimpleNamespace(**table, __all__=filters.__all__)


def check_there(device):
    import torch

    if device.startswith("cuda") and not torch.cuda.is_available():
        pytest.skip("there is no graphics card")


class Card:
    """A graphics card, played by torch on the processor, whose memory may be full."""

    def __init__(self):
        self.calls = 0
        """How often something was computed on it."""
        self.largest = 0
        """The most voxels of an image that it was given."""
        self.room = float("inf")
        """The most voxels of an image that it has room for."""
        self.error = None
        """What it fails with; None: for lack of memory."""
        self.fails = lambda call: False
        """Tells whether a call fails, from its number."""

    def table(self):
        filters = vars(twin("cpu"))
        names = set(filters["__all__"]) - {"from_numpy", "to_numpy"}
        made = {name: self.failing(filters[name]) for name in names}
        return SimpleNamespace(**filters | made)

    def failing(self, work):
        import torch

        def call(image, *args, **options):
            self.calls += 1
            voxels = int(np.prod(image.shape))
            if self.fails(self.calls) or voxels > self.room:
                raise self.error or torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to")
            self.largest = max(self.largest, voxels)
            return work(image, *args, **options)

        return call


@pytest.fixture
def card(monkeypatch):
    """The only graphics card, ``cuda:0``; see `Card`."""
    from annotat_nb.features import bank
    from annotat_nb.features.backend import backend_of
    from annotat_nb.kernels.cuda import clusters, flood
    from annotat_nb.kernels.cuda.pooling import Slots

    card = Card()
    table, pool = card.table(), Slots.pool
    monkeypatch.setattr(bank, "_count_cards", lambda: 1)
    monkeypatch.setattr(
        "annotat_nb.features.source.backend_of",
        lambda device: table if device == "cuda:0" else backend_of(device),
    )
    pooling = card.failing(lambda values, slots: pool(slots, values))
    monkeypatch.setattr(Slots, "pool", lambda slots, values: pooling(values, slots))
    for module, name in ((flood, "flood"), (clusters, "cluster")):
        work = card.failing(getattr(module, name))
        there = lambda *args, work=work: work(*args[:-1], "cpu")  # noqa: E731
        monkeypatch.setattr(module, name, there)
    return card


@pytest.fixture
def cuda():
    """The first graphics card, a real one."""
    check_there("cuda:0")
    return "cuda:0"


@pytest.fixture(params=["cpu", CARD])
def torch_device(request):
    """Each device that torch computes on."""
    check_there(request.param)
    return request.param


@pytest.fixture(params=["numba", "cpu", CARD])
def backend(request):
    """The filters for each kind of device; those written with torch run on the processor too."""
    from annotat_nb.kernels.cpu import filters

    check_there(request.param)
    return filters if request.param == "numba" else twin(request.param)


@pytest.fixture
def on_every_device(backend, monkeypatch):
    """Have features computed on each kind of device, whatever they are asked for."""
    monkeypatch.setattr("annotat_nb.features.source.backend_of", lambda _device: backend)
