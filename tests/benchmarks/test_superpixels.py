"""How fast superpixels are made, and how well they fit, beside those of scikit-image."""

import time

import numpy as np
import pytest
from scipy import ndimage
from skimage import segmentation

from annotat_nb.metrics import achievable_accuracy, boundary_recall
from annotat_nb.superpixels import Slic, Waterpixels

SPACING = 8
LENGTHS = pytest.mark.parametrize(
    ("side", "peer_side", "floors"),
    [(96, 48, (10, 2)), pytest.param(256, 128, (40, 10), marks=pytest.mark.bench)],
)


def noisy(tomogram, side):
    """Return an image of floats, its range, and the truth."""
    image, truth = tomogram(side)
    image = image.astype("float32")
    return image, (float(image.min()), float(image.max())), truth


def fit(labels, truth):
    return achievable_accuracy(labels, truth), boundary_recall(labels, truth)


def check(name, found, image, crop, fits, floor):
    """Print what was measured, and hold it to being `floor` times as fast, a voxel, and as good."""
    (accuracy, recall), (their_accuracy, their_recall) = fits
    times = found.times * image.size / crop.size
    print(
        f"\n{name} of {len(image)}³: {1e-6 * image.size / found.seconds:.1f} Mvoxel/s, "
        f"{times:.0f} ×; accuracy {accuracy:.3f} and {their_accuracy:.3f}, "
        f"recall {recall:.4f} and {their_recall:.4f}"
    )
    assert accuracy >= their_accuracy
    assert times >= floor


def lowest(gradient):
    """Mark the lowest voxel of the inner part of each cell, as Waterpixels do."""
    cells = gradient.shape[0] // SPACING
    inner = np.abs(np.arange(gradient.shape[0]) % SPACING - (SPACING - 1) / 2) <= SPACING / 3
    inside = inner[:, None, None] & inner[:, None] & inner
    blocks = np.where(inside, gradient, np.inf).reshape((cells, SPACING) * 3)
    places = blocks.transpose(0, 2, 4, 1, 3, 5).reshape(cells**3, -1).argmin(axis=1)
    corners = SPACING * np.indices((cells,) * 3).reshape(3, -1)
    markers = np.zeros(gradient.shape, int)
    voxels = corners + np.array(np.unravel_index(places, (SPACING,) * 3))
    markers[tuple(voxels)] = np.arange(1, cells**3 + 1)
    return markers


@LENGTHS
def test_waterpixels_beside_the_compact_watershed(tomogram, compare, side, peer_side, floors):
    image, low_high, truth = noisy(tomogram, side)
    crop, crop_truth = image[(slice(peer_side),) * 3], truth[(slice(peer_side),) * 3]
    scaled = 255 * (crop - low_high[0]) / (low_high[1] - low_high[0])
    gradient = ndimage.maximum_filter(scaled, 3) - ndimage.minimum_filter(scaled, 3)
    markers = lowest(gradient)

    def ours(image):
        return Waterpixels(seed_spacing=SPACING, ndim=3)(image, intensity_range=low_high)

    def theirs():  # the smallest compactness fits best, and is no slower
        return segmentation.watershed(gradient, markers, compactness=1e-3)

    least, runs = floors[0] * crop.size / image.size, 5 if side == 256 else 2
    found = compare(theirs, lambda: ours(image), least=least, runs=runs)
    fits = fit(ours(crop), crop_truth), fit(theirs(), crop_truth)
    check("Waterpixels", found, image, crop, fits, floors[0])


@LENGTHS
def test_slic_beside_that_of_scikit_image(tomogram, compare, side, peer_side, floors):
    image, low_high, truth = noisy(tomogram, side)
    crop, crop_truth = image[(slice(peer_side),) * 3], truth[(slice(peer_side),) * 3]
    method = Slic(seed_spacing=SPACING, compactness=0.1, ndim=3, iterations=5)
    scaled = (crop - low_high[0]) / (low_high[1] - low_high[0])
    stretch = np.ptp(scaled)  # slic stretches what it gets to 0-1

    def ours(image):
        return method(image, intensity_range=low_high)

    def theirs():
        return segmentation.slic(
            scaled,
            (peer_side // SPACING) ** 3,
            compactness=method.compactness / stretch,
            max_num_iter=method.iterations,
            start_label=1,
            channel_axis=None,
        )

    least, runs = floors[1] * crop.size / image.size, 5 if side == 256 else 2
    found = compare(theirs, lambda: ours(image), least=least, runs=runs)
    fits = fit(ours(crop), crop_truth), fit(theirs(), crop_truth)
    check("SLIC", found, image, crop, fits, floors[1])


@pytest.mark.bench
@pytest.mark.parametrize(
    ("method", "floor"),
    [(Waterpixels(compactness=10), 2), (Slic(compactness=0.1, iterations=5), 2)],
)
def test_superpixels_of_slices(tomogram, method, floor):
    image, low_high, _ = noisy(tomogram, 256)
    image = image.reshape(64, 512, 512)
    method(image[:4], intensity_range=low_high)
    times = []
    for _ in range(5):
        begun = time.perf_counter()
        method(image, intensity_range=low_high)
        times.append(time.perf_counter() - begun)
    rate = 1e-6 * image.size / np.median(times)
    print(f"\n{method} of 64 × 512 × 512: {rate:.1f} Mvoxel/s")
    assert rate >= floor
