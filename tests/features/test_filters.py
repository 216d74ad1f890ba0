"""Each feature against its formula, written out."""

from itertools import combinations

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view

from annotat_nb.features import (
    DifferenceOfGaussians,
    Gaussian,
    Identity,
    Maximum,
    Mean,
    Median,
    Minimum,
    Sobel,
    Variance,
)

pytestmark = pytest.mark.usefixtures("on_every_device")

IMAGE = np.random.default_rng(1).normal(100, 20, (4, 9, 7))
both_dimensions = pytest.mark.parametrize("ndim", [2, 3])


def windows(image, radius, ndim):
    """Return the mirrored window round every voxel, (z, y, x, voxels of the window)."""
    reach = [radius if ndim == 3 else 0, radius, radius]
    padded = np.pad(image, [(r, r) for r in reach], mode="symmetric")
    return sliding_window_view(padded, [2 * r + 1 for r in reach]).reshape(*image.shape, -1)


def blur(image, sigma, ndim):
    """Convolve with the sampled Gaussian, cut at four sigma, axis by axis."""
    offsets = np.arange(-4 * sigma, 4 * sigma + 1)
    kernel = np.exp(-(offsets**2) / (2 * sigma**2))
    kernel /= kernel.sum()
    for axis in range(3 - ndim, 3):
        margin = [(4 * sigma, 4 * sigma) if axis == other else (0, 0) for other in range(3)]
        padded = np.pad(image, margin, mode="symmetric")
        image = sliding_window_view(padded, len(kernel), axis) @ kernel
    return image


def test_identity_gives_the_image():
    image = np.arange(24, dtype="uint16").reshape(2, 3, 4)
    np.testing.assert_array_equal(Identity()(image)[0], image)


@both_dimensions
def test_gaussian_is_the_convolution_with_a_gaussian(ndim):
    result = Gaussian(radii=(1, 2, 8), ndim=ndim)(IMAGE)
    expected = [blur(IMAGE, sigma, ndim) for sigma in (1, 2, 8)]
    np.testing.assert_allclose(result, expected, rtol=1e-5)


@both_dimensions
def test_difference_of_gaussians_takes_every_pair(ndim):
    feature = DifferenceOfGaussians(radii=(4, 1, 2), ndim=ndim)
    pairs = list(combinations((1, 2, 4), 2))
    expected = [blur(IMAGE, i, ndim) - blur(IMAGE, j, ndim) for i, j in pairs]
    np.testing.assert_allclose(feature(IMAGE), expected, atol=1e-4)
    assert [name.split("r=")[1] for name in feature.channels()] == ["1-2", "1-4", "2-4"]


def test_difference_of_one_gaussian_is_the_image_minus_it():
    result = DifferenceOfGaussians(radii=(3,))(IMAGE)
    np.testing.assert_allclose(result, [IMAGE - blur(IMAGE, 3, 2)], atol=1e-4)


@both_dimensions
def test_sobel_is_the_length_of_the_smoothed_gradient(ndim):
    near = windows(IMAGE, 1, ndim)
    slope, bell = np.array([-1, 0, 1]), np.array([1, 2, 1])
    squares = 0
    for along in range(ndim):
        kernel = np.ones(())
        for axis in range(ndim):
            kernel = np.multiply.outer(kernel, slope if axis == along else bell)
        squares = squares + (near @ kernel.ravel()) ** 2
    np.testing.assert_allclose(Sobel(ndim=ndim)(IMAGE), [np.sqrt(squares)], rtol=1e-4)


@both_dimensions
@pytest.mark.parametrize(
    ("kind", "reduce", "tolerance"),
    [
        (Minimum, np.min, 1e-7),
        (Maximum, np.max, 1e-7),
        (Median, np.median, 1e-7),
        (Mean, np.mean, 1e-6),
        (Variance, np.var, 1e-4),
    ],
)
def test_windowed_features_reduce_the_mirrored_window(kind, reduce, tolerance, ndim):
    result = kind(radii=(1, 3), ndim=ndim)(IMAGE)
    image = IMAGE.astype("float32").astype("float64")
    expected = [reduce(windows(image, radius, ndim), axis=-1) for radius in (1, 3)]
    np.testing.assert_allclose(result, expected, rtol=tolerance)


def test_a_small_variance_on_a_large_value_survives():
    image = 60000 + np.random.default_rng(0).integers(0, 2, (1, 12, 12))
    result = Variance(radii=(2,))(image)[0]
    np.testing.assert_allclose(result, np.var(windows(image, 2, 2), axis=-1), atol=1e-4)


def test_variance_is_never_negative():
    image = np.full((1, 9, 9), 1e6 / 3)
    assert Variance(radii=(1, 4))(image).min() >= 0


def test_radii_are_sorted_and_unique():
    assert Gaussian(radii=(4, 1, 4)) == Gaussian(radii=(1, 4))


@pytest.mark.parametrize("radii", [(), (0,), (65,), (1.5,)])
@pytest.mark.parametrize("kind", [Gaussian, Median])
def test_radii_that_make_no_window_are_refused(kind, radii):
    with pytest.raises(ValueError, match="radii"):
        kind(radii=radii)
