import os
from pathlib import Path
from types import SimpleNamespace

import pytest

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


CARD = pytest.param("cuda:0", marks=pytest.mark.gpu)


def twin(device):
    """Return the filters written with torch, bound to `device`."""
    from annotat_nb.kernels.cuda import filters

    table = {name: getattr(filters, name) for name in filters.__all__}
    table["from_numpy"] = lambda values, _device: filters.from_numpy(values, device)
    return SimpleNamespace(**table)


def check_there(device):
    import torch

    if device.startswith("cuda") and not torch.cuda.is_available():
        pytest.skip("there is no graphics card")


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
