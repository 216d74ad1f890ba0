import numpy as np
import pytest
import zarr

from annotat_nb.superpixels import Slic, Waterpixels, tiles

METHODS = [Waterpixels(seed_spacing=8, ndim=3), Slic(seed_spacing=8, ndim=3, iterations=1)]


class Waves:
    """A volume that is computed where it is read."""

    dtype, ndim = np.dtype("uint8"), 3

    def __init__(self, *shape):
        self.shape = shape
        self._z, self._y, self._x = (
            (40 + 40 * np.sin(np.arange(extent) / 5)).astype("uint8") for extent in shape
        )

    def __getitem__(self, box):
        z, y, x = box
        return self._z[z, None, None] + self._y[y, None] + self._x[x]


@pytest.mark.parametrize("method", METHODS, ids=repr)
def test_memory_is_that_of_a_few_tiles(method, peak_memory, monkeypatch, tmp_path):
    monkeypatch.setattr(tiles, "processors", lambda: 1)
    used = []
    for size in (128, 1024):
        image = Waves(64, 512, size)
        out = zarr.create_array(tmp_path / str(size), shape=image.shape, dtype="uint32")
        with peak_memory() as peak:
            method(image, intensity_range=(0, 240), out=out)
        used.append(peak.bytes)
        assert np.max(out[-8:]) == method.expected_count(image.shape)
    assert used[1] < 0.75 * 4 * 64 * 512 * 1024
