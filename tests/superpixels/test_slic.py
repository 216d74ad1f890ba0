from itertools import product

import numpy as np
import pytest
from scipy import ndimage
from skimage import measure, segmentation

from annotat_nb.superpixels import Slic, slic
from annotat_nb.superpixels.repair import reconnect
from annotat_nb.superpixels.tiles import close_gaps

ROWS = [(slice(1), slice(1), slice(3)), (slice(1), slice(1, 2), slice(3))]
NOISE = np.random.default_rng(0).random((9, 16, 18)).astype("float32")


def defined(image, method):
    """Cluster as the definition says, voxel by voxel, in one tile."""
    low, high = image.min(), image.max()
    steps = np.floor((image - low) * (65280 / (high - low)) + 0.5).astype("float32")
    counts = [max(1, round(extent / method.seed_spacing)) for extent in image.shape]
    counts[0] = counts[0] if method.ndim == 3 else len(image)
    edges = [np.arange(n + 1) * extent // n for n, extent in zip(counts, image.shape, strict=True)]
    cells = [np.repeat(np.arange(len(edge) - 1), np.diff(edge)) for edge in edges]
    labels = np.ravel_multi_index(np.ix_(*cells), counts)
    weight = np.float32((method.seed_spacing / (method.compactness * 65280)) ** 2)
    voxels = np.indices(image.shape).astype("float32")
    fields, centres = np.stack([*voxels, steps]).reshape(4, -1).T, {}
    for _ in range(method.iterations):
        for number in np.unique(labels):
            centres[number] = fields[labels.ravel() == number].mean(axis=0, dtype=float)
        new = labels.copy()
        for place in np.ndindex(image.shape):
            new[place] = nearest(place, steps[place], cells, counts, centres, weight, method.ndim)
        labels = new
    return reconnect(labels.astype("uint32"), method.ndim) + 1


def nearest(place, value, cells, counts, centres, weight, ndim):
    found, least = None, np.inf
    reach = product((-1, 0, 1) if ndim == 3 else (0,), (-1, 0, 1), (-1, 0, 1))
    own = [cell[at] for cell, at in zip(cells, place, strict=True)]
    for step in reach:
        cell = np.add(own, step)
        if (cell < 0).any() or (cell >= counts).any():
            continue
        number = np.ravel_multi_index(cell, counts)
        apart = np.float32([*place, value]) - centres[number].astype("float32")
        z, y, x, grey = apart * apart
        distance = z + y + x + grey * weight
        if distance < least:
            found, least = number, distance
    return found


@pytest.mark.parametrize("compactness", [0.05, 0.6])
@pytest.mark.parametrize(("ndim", "spacing"), [(2, 5), (3, 4)])
def test_clusters_are_the_defined_ones(ndim, spacing, compactness):
    image = NOISE if ndim == 3 else NOISE[:2]
    method = Slic(seed_spacing=spacing, compactness=compactness, ndim=ndim, iterations=3)
    found = method(image)
    expected = defined(image, method)
    np.testing.assert_array_equal(found, np.unique(expected, return_inverse=True)[1] + 1)


def accuracy(labels, truth):
    pairs = np.bincount(labels.ravel() * 2 + truth.ravel(), minlength=2 * labels.max() + 2)
    return pairs.reshape(-1, 2).max(axis=1).sum() / truth.size


@pytest.mark.parametrize("compactness", [0.1, 0.6])
def test_superpixels_fit_as_well_as_those_of_scikit_image(compactness):
    rng = np.random.default_rng(0)
    truth = (ndimage.gaussian_filter(rng.random((30, 60, 60)), 3) > 0.5).astype(int)
    image = ndimage.gaussian_filter(truth + rng.normal(0, 0.3, truth.shape), 0.7)
    scaled = (image - image.min()) / np.ptp(image)
    found = Slic(seed_spacing=6, compactness=compactness, ndim=3)(image)
    theirs = segmentation.slic(
        scaled, found.max(), compactness, max_num_iter=10, start_label=1, channel_axis=None
    )
    assert accuracy(found.astype(int), truth) >= accuracy(theirs, truth) - 0.002


def test_clusters_that_lose_all_voxels_leave_no_gap():
    image = np.random.default_rng(1).random((1, 60, 60)) ** 8
    method = Slic(seed_spacing=2, compactness=0.001)
    labels = method(image)
    assert labels.max() < method.expected_count(image.shape)
    np.testing.assert_array_equal(np.unique(labels), np.arange(1, labels.max() + 1))


def test_gaps_are_closed_in_order():
    labels = np.array([[[2, 5, 5], [3, 2, 9]]], "uint32")
    present = np.isin(np.arange(10), labels)
    shares = []
    close_gaps(labels, ROWS, present, shares.append)
    np.testing.assert_array_equal(labels, [[[1, 3, 3], [2, 1, 4]]])
    assert shares == [0.5, 1]


def test_where_no_gap_is_nothing_is_written():
    labels, shares = np.array([[[2, 1, 1], [3, 2, 4]]], "uint32"), []
    labels.flags.writeable = False
    close_gaps(labels, ROWS, np.array([False, True, True, True, True]), shares.append)
    assert shares == [1]


def test_closing_gaps_can_be_stopped():
    labels = np.array([[[2, 2, 2], [2, 2, 2]]], "uint32")

    def stop(share):
        raise InterruptedError(share)

    with pytest.raises(InterruptedError):
        close_gaps(labels, ROWS, np.array([False, False, True]), stop)
    np.testing.assert_array_equal(labels, [[[1, 1, 1], [2, 2, 2]]])


def test_superpixels_cross_the_borders_of_tiles(monkeypatch):
    image = ndimage.gaussian_filter(np.random.default_rng(0).random((1, 84, 84)), (0, 2, 2))
    whole = Slic(compactness=0.2)(image)
    monkeypatch.setattr(slic, "TILE", {2: 28})
    tiled = Slic(compactness=0.2)(image)
    assert np.intersect1d(tiled[0, :, 27], tiled[0, :, 28]).size > 3
    assert (tiled == whole).mean() > 0.95
    assert measure.label(tiled, connectivity=1, background=0).max() == tiled.max()


def test_more_iterations_let_clusters_settle():
    image = ndimage.gaussian_filter(np.random.default_rng(0).random((1, 60, 60)), (0, 2, 2))
    rounds = [Slic(compactness=0.2, iterations=count)(image) for count in (1, 2, 10, 11)]
    assert (rounds[2] != rounds[3]).mean() < (rounds[0] != rounds[1]).mean()
