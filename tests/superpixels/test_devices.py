"""Superpixels by torch: the same as those of the processor, to the last bit."""

import numpy as np
import pytest
import torch
from scipy import ndimage

from annotat_nb.superpixels import Slic, Waterpixels, slic, waterpixels

RNG = np.random.default_rng(0)
NOISE = RNG.random((11, 37, 31)).astype("float32")
IMAGES = {
    "noise": NOISE,
    "smooth": ndimage.gaussian_filter(NOISE, 2),
    "many ties": (4 * NOISE[:5]).astype("uint8"),
    "constant": np.full((3, 20, 20), 7, "uint16"),
    "one slice": NOISE[:1],
    "one column": NOISE[:1, :, :1],
    "some NaN": np.where(NOISE > 0.9, np.nan, NOISE),
}
every_method = pytest.mark.parametrize(
    "method",
    [
        kind
        for ndim in (2, 3)
        for kind in (
            Waterpixels(seed_spacing=5, compactness=0.2, ndim=ndim),
            Waterpixels(ndim=ndim),
            Slic(seed_spacing=5, compactness=0.2, ndim=ndim, iterations=3),
        )
    ],
    ids=repr,
)


@pytest.fixture(autouse=True)
def small_tiles(monkeypatch):
    for module in (waterpixels, slic):
        monkeypatch.setattr(module, "TILE", {2: 28, 3: 14})


@every_method
@pytest.mark.parametrize("name", IMAGES)
def test_torch_gives_the_same_ids(method, name):
    # "cpu" means the kernels of the processor; torch itself knows more names for it.
    np.testing.assert_array_equal(method(IMAGES[name], device="cpu:0"), method(IMAGES[name]))


@pytest.mark.gpu
@every_method
@pytest.mark.parametrize("name", IMAGES)
def test_a_graphics_card_gives_the_same_ids(cuda, method, name):
    np.testing.assert_array_equal(method(IMAGES[name], device=cuda), method(IMAGES[name]))


@pytest.mark.gpu
@pytest.mark.parametrize("method", [Waterpixels(ndim=3), Slic(ndim=3)], ids=repr)
def test_a_graphics_card_gives_the_same_ids_of_large_tiles(cuda, method, monkeypatch):
    for module in (waterpixels, slic):
        monkeypatch.setattr(module, "TILE", {3: 128})
    image = np.random.default_rng(0).normal(0, 1, (150, 150, 150))
    np.testing.assert_array_equal(method(image, device=cuda), method(image))


@pytest.mark.parametrize("kind", ["flood", "clusters"])
@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (torch.cuda.OutOfMemoryError("CUDA out of memory"), "ran out of memory"),
        (RuntimeError("no kernel image\nis there"), "failed (no kernel image)"),
    ],
)
def test_the_processor_takes_over_what_a_device_cannot_do(kind, error, cause, monkeypatch):
    from annotat_nb.kernels.cuda import clusters, flood

    def fail(*_):
        raise error

    monkeypatch.setattr(flood, "flood", fail)
    monkeypatch.setattr(clusters, "cluster", fail)
    method = Waterpixels() if kind == "flood" else Slic(iterations=1)
    said = []
    found = method(NOISE, device="cuda:0", notify=said.append)
    np.testing.assert_array_equal(found, method(NOISE))
    assert said == [f"The graphics card {cause}, so the processor made the superpixels"]
    with pytest.warns(UserWarning, match="so the processor made the superpixels"):
        method(NOISE, device="cuda:0")


@pytest.mark.parametrize("first", range(5))
def test_memory_may_run_out_at_any_tile(first, monkeypatch):
    from annotat_nb.kernels.cuda import flood

    work, done, said = flood.flood, [], []

    def some(*args):
        done.append(None)
        if len(done) > first:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory")
        return work(*args[:-1], "cpu")

    monkeypatch.setattr(flood, "flood", some)
    method = Waterpixels(ndim=3)
    found = method(NOISE, device="cuda:0", notify=said.append)
    np.testing.assert_array_equal(found, method(NOISE))
    assert len(said) == 1


def test_what_fails_on_the_processor_too_fails(monkeypatch):
    from annotat_nb.kernels.cuda import flood

    def fail(*_):
        raise RuntimeError("a bug")

    monkeypatch.setattr(flood, "flood", fail)
    monkeypatch.setattr(waterpixels._Flooding, "number", fail)
    with pytest.raises(RuntimeError, match="a bug"):
        Waterpixels()(NOISE, device="cuda:0", notify=lambda sentence: None)
