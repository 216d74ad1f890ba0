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


def tomogram(side):
    """Return four noisy phases, layers of some 10 voxels, and the truth."""
    rng = np.random.default_rng(0)
    coarse = ndimage.zoom(rng.random((side // 16,) * 3).astype("float32"), 16, order=1)
    truth = np.digitize(coarse, [0.35, 0.5, 0.65]).astype("uint8")
    noisy = 40 + 50 * truth + rng.normal(0, 15, truth.shape)
    return noisy.astype("float32"), truth


def per_voxel(ours, theirs, image, crop, rounds):
    """Return the least seconds a voxel of both, taken in turn so that other work slows both."""
    ours(image[:SPACING, :64, :64])  # kernels are compiled, packages imported
    times = []
    for _ in range(rounds):
        seconds = []
        for work, voxels in ((ours, image), (theirs, crop)):
            begun = time.perf_counter()
            work(voxels)
            seconds.append((time.perf_counter() - begun) / voxels.size)
        times.append(seconds)
    return np.min(times, axis=0)


def fit(labels, truth):
    return achievable_accuracy(labels, truth), boundary_recall(labels, truth)


def report(name, ours, theirs, fits):
    (accuracy, recall), (their_accuracy, their_recall) = fits
    print(
        f"\n{name}: {1e-6 / ours:.1f} Mvoxel/s, {theirs / ours:.0f} ×; accuracy {accuracy:.3f} "
        f"and {their_accuracy:.3f}, recall {recall:.4f} and {their_recall:.4f}"
    )


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
def test_waterpixels_beside_the_compact_watershed(side, peer_side, floors):
    image, truth = tomogram(side)
    crop, crop_truth = image[(slice(peer_side),) * 3], truth[(slice(peer_side),) * 3]
    low_high = float(image.min()), float(image.max())
    scaled = 255 * (crop - low_high[0]) / (low_high[1] - low_high[0])
    gradient = ndimage.maximum_filter(scaled, 3) - ndimage.minimum_filter(scaled, 3)
    markers = lowest(gradient)

    def ours(image):
        return Waterpixels(seed_spacing=SPACING, ndim=3)(image, intensity_range=low_high)

    def theirs(crop):  # the smallest compactness fits best, and is no slower
        return segmentation.watershed(gradient, markers, compactness=1e-3)

    seconds = per_voxel(ours, theirs, image, crop, 5 if side == 256 else 2)
    fits = fit(ours(crop), crop_truth), fit(theirs(crop), crop_truth)
    report(f"Waterpixels of {side}³", *seconds, fits)
    assert fits[0][0] >= fits[1][0]
    assert seconds[1] / seconds[0] >= floors[0]


@LENGTHS
def test_slic_beside_that_of_scikit_image(side, peer_side, floors):
    image, truth = tomogram(side)
    crop, crop_truth = image[(slice(peer_side),) * 3], truth[(slice(peer_side),) * 3]
    low_high = float(image.min()), float(image.max())
    method = Slic(seed_spacing=SPACING, compactness=0.1, ndim=3, iterations=5)
    scaled = (crop - low_high[0]) / (low_high[1] - low_high[0])
    stretch = np.ptp(scaled)  # slic stretches what it gets to 0-1

    def ours(image):
        return method(image, intensity_range=low_high)

    def theirs(crop):
        return segmentation.slic(
            scaled,
            (peer_side // SPACING) ** 3,
            compactness=method.compactness / stretch,
            max_num_iter=method.iterations,
            start_label=1,
            channel_axis=None,
        )

    seconds = per_voxel(ours, theirs, image, crop, 5 if side == 256 else 2)
    fits = fit(ours(crop), crop_truth), fit(theirs(crop), crop_truth)
    report(f"SLIC of {side}³", *seconds, fits)
    assert fits[0][0] >= fits[1][0]
    assert seconds[1] / seconds[0] >= floors[1]


@pytest.mark.bench
@pytest.mark.parametrize("kind", [Waterpixels, Slic])
def test_superpixels_of_slices(kind):
    image, _ = tomogram(256)
    image = image.reshape(64, 512, 512)
    low_high = float(image.min()), float(image.max())
    method = kind(compactness=10) if kind is Waterpixels else kind(compactness=0.1, iterations=5)
    seconds, _ = per_voxel(
        lambda image: method(image, intensity_range=low_high), np.sum, image, image, 5
    )
    print(f"\n{method} of 64 × 512 × 512: {1e-6 / seconds:.1f} Mvoxel/s")
