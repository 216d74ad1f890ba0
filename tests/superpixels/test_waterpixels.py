import numpy as np
import pytest
from scipy import ndimage
from skimage.segmentation import watershed

from annotat_nb.superpixels import Waterpixels, waterpixels

IMAGE = ndimage.gaussian_filter(np.random.default_rng(0).random((5, 31, 40)), (0.5, 2, 2))


def published(plane, spacing, compactness, low, high):
    """Waterpixels of one slice as published, cell by cell and voxel by voxel."""
    scaled = 255 * (plane - low) / (high - low)
    gradient = ndimage.maximum_filter(scaled, 3) - ndimage.minimum_filter(scaled, 3)
    rows, columns = (max(1, round(extent / spacing)) for extent in plane.shape)
    markers, relief = np.zeros(plane.shape, int), np.zeros(plane.shape)
    for cell in range(rows * columns):
        row, column = divmod(cell, columns)
        top, bottom = row * plane.shape[0] // rows, (row + 1) * plane.shape[0] // rows
        left, right = column * plane.shape[1] // columns, (column + 1) * plane.shape[1] // columns
        middle = (top + bottom - 1) / 2, (left + right - 1) / 2
        candidates = []
        for y in range(top, bottom):
            for x in range(left, right):
                distance = np.hypot(y - middle[0], x - middle[1])
                relief[y, x] = gradient[y, x] + compactness * 2 / spacing * distance
                inner = abs(y - middle[0]) <= (bottom - top) / 3
                if inner and abs(x - middle[1]) <= (right - left) / 3:
                    level = round(16 * gradient[y, x])
                    candidates.append((level, round(4 * distance), y, x))
        markers[min(candidates)[2:]] = cell + 1
    return watershed(np.rint(64 * relief), markers)


@pytest.mark.parametrize(("spacing", "compactness"), [(7, 10.0), (7, 0.0), (10, 100.0), (4, 3.0)])
def test_two_dimensional_waterpixels_are_the_published_ones(spacing, compactness):
    labels = Waterpixels(seed_spacing=spacing, compactness=compactness)(IMAGE)
    low, high = IMAGE.min(), IMAGE.max()
    first = 0
    for plane, found in zip(IMAGE, labels, strict=True):
        expected = published(plane, spacing, compactness, low, high) + first
        assert (found == expected).mean() > 0.995
        first = expected.max()


@pytest.mark.parametrize("ndim", [2, 3])
def test_there_is_one_superpixel_for_each_cell(ndim):
    method = Waterpixels(seed_spacing=5, ndim=ndim)
    assert method(IMAGE).max() == method.expected_count(IMAGE.shape)


@pytest.mark.parametrize("ndim", [2, 3])
def test_tiles_hardly_show(ndim, monkeypatch):
    image = ndimage.gaussian_filter(np.random.default_rng(0).random((30, 60, 60)), 1.5)
    whole = Waterpixels(ndim=ndim)(image)
    monkeypatch.setattr(waterpixels, "TILE", {2: 28, 3: 14})
    assert (Waterpixels(ndim=ndim)(image) == whole).mean() > 0.995


def test_endless_compactness_gives_the_grid():
    labels = Waterpixels(seed_spacing=5, compactness=1e6)(IMAGE[:1, :30, :40])[0]
    cells = np.arange(30)[:, None] // 5 * 8 + np.arange(40) // 5 + 1
    assert (labels == cells).mean() > 0.9


@pytest.mark.parametrize("compactness", [1000.0, 1e5])
def test_a_large_compactness_does_not_make_levels_run_over(compactness):
    labels = Waterpixels(seed_spacing=9, compactness=compactness, ndim=3)(IMAGE)
    cells = Waterpixels(seed_spacing=9, compactness=1e6, ndim=3)(IMAGE)
    assert (labels == cells).mean() > 0.8


def test_large_cells_are_possible_in_large_tiles():
    image = ndimage.gaussian_filter(np.random.default_rng(0).random((3, 300, 280)), (0, 5, 5))
    labels = Waterpixels(seed_spacing=100)(image)
    assert labels.max() == 3 * 3 * 3
