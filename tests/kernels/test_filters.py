"""Filters of whole images and of boxes, against scipy or the window written out."""

import numpy as np
import pytest
import torch
from numpy.lib.stride_tricks import sliding_window_view
from scipy import ndimage

from annotat_nb.blocks import whole
from annotat_nb.kernels.cpu import filters as processor
from annotat_nb.kernels.cuda import filters as card
from annotat_nb.kernels.mirror import Reading, span

SHAPES = [(5, 9, 7), (1, 6, 3), (2, 1, 11), (3, 40, 33)]
RNG = np.random.default_rng(0)
SMOOTH = {shape: RNG.normal(100, 20, shape).astype("float32") for shape in SHAPES}
EIGHT_BIT = {shape: RNG.integers(0, 256, shape).astype("float32") for shape in SHAPES}

every_shape = pytest.mark.parametrize("shape", SHAPES, ids=str)
both_dimensions = pytest.mark.parametrize("ndim", [2, 3])
every_radius = pytest.mark.parametrize("radius", [1, 2, 3, 5, 14])


def boxes(shape):
    """All voxels, and some that the border cuts."""
    z, y, x = shape
    return whole(shape), (slice(z // 2, z), slice(y // 3, y), slice(0, max(1, x // 2)))


def windows(image, radius, ndim):
    """Return the mirrored window round every voxel, (z, y, x, voxels of the window)."""
    reach = [radius if ndim == 3 else 0, radius, radius]
    padded = np.pad(image.astype("float64"), [(r, r) for r in reach], mode="symmetric")
    return sliding_window_view(padded, [2 * r + 1 for r in reach]).reshape(*image.shape, -1)


def side(radius, ndim):
    return (2 * radius + 1 if ndim == 3 else 1, 2 * radius + 1, 2 * radius + 1)


@pytest.mark.parametrize("extent", [1, 2, 5])
def test_what_lies_beyond_the_image_is_mirrored_as_often_as_it_takes(extent):
    found = span(slice(0, extent), 12, extent)
    np.testing.assert_array_equal(found.table, np.pad(range(extent), 12, mode="symmetric"))
    assert (found.first, found.count, found.lead) == (0, extent, 12)


def test_only_what_the_box_needs_is_read():
    read = Reading.of((slice(4, 5), slice(0, 2), slice(7, 9)), 3, 2, (9, 9, 9))
    assert read.box == (slice(4, 5), slice(0, 5), slice(4, 9))


@every_shape
@both_dimensions
@pytest.mark.parametrize("sigma", [1, 2, 8])
def test_gaussian(filters, shape, ndim, sigma):
    image = SMOOTH[shape]
    sigmas = (sigma if ndim == 3 else 0, sigma, sigma)
    expected = ndimage.gaussian_filter(image.astype("float64"), sigmas, truncate=4)
    for box in boxes(shape):
        result = filters.gaussian(image, sigma, ndim, box)
        np.testing.assert_allclose(result, expected[box], rtol=1e-6)


@every_shape
@both_dimensions
def test_sobel(filters, shape, ndim):
    image = SMOOTH[shape]
    squares = 0
    for axis in range(3 - ndim, 3):
        slope = image.astype("float64")
        for other in range(3 - ndim, 3):
            kernel = (-1, 0, 1) if other == axis else (1, 2, 1)
            slope = ndimage.correlate1d(slope, kernel, other)
        squares = squares + slope**2
    for box in boxes(shape):
        result = filters.sobel(image, ndim, box)
        np.testing.assert_allclose(result, np.sqrt(squares)[box], rtol=1e-5, atol=1e-4)


@every_shape
@both_dimensions
@every_radius
def test_extremes(filters, shape, ndim, radius):
    image = SMOOTH[shape]
    for box in boxes(shape):
        low, high = filters.extremes(image, radius, ndim, box)
        np.testing.assert_array_equal(low, ndimage.minimum_filter(image, side(radius, ndim))[box])
        np.testing.assert_array_equal(high, ndimage.maximum_filter(image, side(radius, ndim))[box])


@every_shape
@both_dimensions
@every_radius
def test_moments(filters, shape, ndim, radius):
    if shape == (3, 40, 33) and radius == 14:
        return
    image = SMOOTH[shape]
    near = windows(image, radius, ndim)
    for box in boxes(shape):
        mean, variance = filters.moments(image, radius, ndim, box)
        np.testing.assert_allclose(mean, near.mean(axis=-1)[box], rtol=1e-7)
        np.testing.assert_allclose(variance, near.var(axis=-1)[box], rtol=1e-6)


@every_shape
@both_dimensions
@every_radius
@pytest.mark.parametrize("kind", ["8 bit", "8 bit as ranks", "16 bit", "fractions"])
def test_median(filters, shape, ndim, radius, kind):
    if shape == (3, 40, 33) and radius == 14:
        return
    image = SMOOTH[shape] if kind == "fractions" else EIGHT_BIT[shape]
    image = image * 257 - 4000 if kind == "16 bit" else image
    expected = np.median(windows(image, radius, ndim), axis=-1)
    for box in boxes(shape):
        result = filters.median(image, radius, ndim, box, integral=kind in ("8 bit", "16 bit"))
        np.testing.assert_array_equal(result, expected[box])


def test_windows_of_the_largest_radius(filters):
    image, radius = SMOOTH[3, 40, 33], 64
    box = (slice(1, 2), slice(7, 9), slice(30, 33))
    near = windows(image, radius, 2)[box]
    low, high = filters.extremes(image, radius, 2, box)
    mean, variance = filters.moments(image, radius, 2, box)
    median = filters.median(image, radius, 2, box, integral=False)
    np.testing.assert_array_equal(low, near.min(axis=-1))
    np.testing.assert_array_equal(high, near.max(axis=-1))
    np.testing.assert_array_equal(median, np.median(near, axis=-1))
    np.testing.assert_allclose(mean, near.mean(axis=-1), rtol=1e-7)
    np.testing.assert_allclose(variance, near.var(axis=-1), rtol=1e-6)


@every_shape
@both_dimensions
def test_graphics_cards_find_the_bits_that_processors_find(shape, ndim, torch_device):
    """Except for the gradient and the Gaussian, of which the compiler may fuse the operations."""
    image, box = SMOOTH[shape], boxes(shape)[1]
    there = card.from_numpy(image, torch_device)
    for name, size in (("extremes", 2), ("moments", 3)):
        own, other = (getattr(of, name) for of in (processor, card))
        expected, found = own(image, size, ndim, box), other(there, size, ndim, box)
        for one, twin in zip(expected, found, strict=True):
            np.testing.assert_array_equal(card.to_numpy(twin), one)
    smooth = card.gaussian(there, 2, ndim, box)
    np.testing.assert_allclose(
        card.to_numpy(smooth), processor.gaussian(image, 2, ndim, box), rtol=1e-6
    )
    slope = card.to_numpy(card.sobel(there, ndim, box))
    expected = processor.sobel(image, ndim, box)
    np.testing.assert_allclose(slope, expected, rtol=1e-5, atol=1e-5 * image.max())


@pytest.mark.parametrize("at_once", [1, 100, 3000])
def test_medians_do_not_depend_on_how_many_windows_are_laid_out_at_once(
    at_once, torch_device, monkeypatch
):
    image = SMOOTH[3, 40, 33]
    there, box = card.from_numpy(image, torch_device), boxes(image.shape)[1]
    expected = card.median(there, 2, 3, box, integral=False)
    monkeypatch.setattr("annotat_nb.kernels.cuda.median._AT_ONCE", at_once)
    found = card.median(there, 2, 3, box, integral=False)
    np.testing.assert_array_equal(card.to_numpy(found), card.to_numpy(expected))


@pytest.mark.parametrize("count_from", [0, 10**9])
def test_medians_are_the_same_counted_and_chosen(count_from, torch_device, monkeypatch):
    image, box, radius = EIGHT_BIT[5, 9, 7], (slice(2, 3), slice(4, 6), slice(0, 2)), 16
    monkeypatch.setattr("annotat_nb.kernels.cuda.median._WINDOW", count_from)
    there = card.from_numpy(image, torch_device)
    found = card.to_numpy(card.median(there, radius, 3, box, integral=True))
    expected = np.median(windows(image, radius, 3)[box], axis=-1)
    np.testing.assert_array_equal(found, expected)


BOX = (slice(1, 4), slice(0, 15), slice(3, 22))
CALLS = {
    "gaussian": (2, 3, BOX),
    "sobel": (3, BOX),
    "extremes": (2, 3, BOX),
    "moments": (2, 3, BOX),
    "median": (1, 3, BOX),
    "gradient_magnitude": (3, BOX),
    "laplacian": (3, BOX),
    "hessian_eigenvalues": (3, BOX),
    "structure_tensor_eigenvalues": (1, 3, BOX),
    "shape_index": (BOX,),
    "gabor": (torch.empty((3, 15, 19), device="meta"), 2, 6.0, 0.5, BOX),
    "membrane_projections": (8, BOX),
    "binary_patterns": (2, 3, BOX),
}


@pytest.mark.parametrize("name", sorted(set(card.__all__) - {"from_numpy", "to_numpy"}))
def test_filters_keep_to_the_device_of_their_image(name):
    """On one that computes nothing, but refuses to mix with another."""
    options = {"integral": False} if name == "median" else {}
    image = torch.empty((6, 20, 22), device="meta")
    found = getattr(card, name)(image, *CALLS[name], **options)
    for part in found if isinstance(found, tuple) else (found,):
        assert part.is_meta
        assert (part.shape, part.dtype) == ((3, 15, 19), torch.float32)


def test_a_table_holds_the_same_filters_for_every_device():
    assert set(card.__all__) == set(processor.__all__)
