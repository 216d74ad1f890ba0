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
def test_a_graphics_card_gives_the_same_ids(method, name):
    np.testing.assert_array_equal(method(IMAGES[name], device="cuda:0"), method(IMAGES[name]))


@pytest.mark.gpu
@pytest.mark.parametrize("method", [Waterpixels(ndim=3), Slic(ndim=3)], ids=repr)
def test_a_graphics_card_gives_the_same_ids_of_large_tiles(method, monkeypatch):
    for module in (waterpixels, slic):
        monkeypatch.setattr(module, "TILE", {3: 128})
    image = np.random.default_rng(0).normal(0, 1, (150, 150, 150))
    np.testing.assert_array_equal(method(image, device="cuda:0"), method(image))


@pytest.mark.parametrize("kind", ["flood", "clusters"])
def test_the_processor_takes_over_where_memory_is_full(kind, monkeypatch):
    from annotat_nb.kernels.cuda import clusters, flood

    def full(*_):
        raise torch.cuda.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(flood, "flood", full)
    monkeypatch.setattr(clusters, "cluster", full)
    method = Waterpixels() if kind == "flood" else Slic(iterations=1)
    with pytest.warns(UserWarning, match="cuda:0 ran out of memory"):
        found = method(NOISE, device="cuda:0")
    np.testing.assert_array_equal(found, method(NOISE))


def test_other_failures_of_a_device_are_told(monkeypatch):
    from annotat_nb.kernels.cuda import flood

    def fail(*_):
        raise RuntimeError("illegal memory access")

    monkeypatch.setattr(flood, "flood", fail)
    with pytest.raises(RuntimeError, match="illegal memory access"):
        Waterpixels()(NOISE, device="cuda:0")
