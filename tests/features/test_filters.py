"""Each feature against its formula, written out."""

from itertools import combinations

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view
from scipy import ndimage

from annotat_nb.features import (
    DifferenceOfGaussians,
    Gabor,
    Gaussian,
    GradientMagnitude,
    HessianEigenvalues,
    Identity,
    LaplacianOfGaussian,
    LocalBinaryPattern,
    Maximum,
    Mean,
    Median,
    MembraneProjections,
    Minimum,
    ShapeIndex,
    Sobel,
    StructureTensorEigenvalues,
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


def second_differences(image, ndim):
    """Return the matrices of second differences, (z, y, x, ndim, ndim)."""
    slope, bend = (-0.5, 0, 0.5), (1, -2, 1)
    axes = range(3 - ndim, 3)

    def differentiate(one, other):
        if one == other:
            return ndimage.correlate1d(image, bend, one)
        return ndimage.correlate1d(ndimage.correlate1d(image, slope, one), slope, other)

    rows = [np.stack([differentiate(one, other) for other in axes], axis=-1) for one in axes]
    return np.stack(rows, axis=-1)


@both_dimensions
def test_derivatives_are_those_of_the_smoothed_image(ndim):
    smooth = [blur(IMAGE, sigma, ndim) for sigma in (1, 3)]
    matrices = [second_differences(image, ndim) for image in smooth]
    slopes = [
        [ndimage.correlate1d(image, (-0.5, 0, 0.5), axis) for axis in range(3 - ndim, 3)]
        for image in smooth
    ]
    expected = {
        GradientMagnitude: [np.sqrt(np.square(slope).sum(axis=0)) for slope in slopes],
        LaplacianOfGaussian: [np.trace(matrix, axis1=-2, axis2=-1) for matrix in matrices],
        HessianEigenvalues: [
            channel
            for matrix in matrices
            for channel in np.moveaxis(np.linalg.eigvalsh(matrix)[..., ::-1], -1, 0)
        ],
    }
    for kind, channels in expected.items():
        result = kind(radii=(1, 3), ndim=ndim)(IMAGE)
        np.testing.assert_allclose(result, channels, atol=1e-4)


def test_shape_index_is_the_angle_between_the_curvatures():
    matrix = second_differences(blur(IMAGE, 2, 2), 2)
    low, high = np.moveaxis(np.linalg.eigvalsh(matrix), -1, 0)
    expected = 2 / np.pi * np.arctan((low + high) / (low - high))
    np.testing.assert_allclose(ShapeIndex(radii=(2,))(IMAGE), [expected], atol=1e-3)


@pytest.mark.parametrize("sign", [1, -1])
def test_a_ball_curves_the_same_way_in_all_directions(sign):
    ball = np.zeros((25, 25, 25))
    ball[np.square(np.indices(ball.shape) - 12).sum(axis=0) <= 9] = sign
    eigenvalues = HessianEigenvalues(radii=(2,), ndim=3)(ball)[:, 12, 12, 12]
    assert (np.sign(eigenvalues) == -sign).all()
    np.testing.assert_allclose(eigenvalues, eigenvalues[0], rtol=1e-5)
    total = LaplacianOfGaussian(radii=(2,), ndim=3)(ball)[0, 12, 12, 12]
    np.testing.assert_allclose(total, eigenvalues.sum(), rtol=1e-5)
    slice_of_it = ball[12:13]
    slice_of_it[0, 12] = sign  # a line rather than a disk: the curvatures differ
    index = ShapeIndex(radii=(2,))(slice_of_it)[0, 0, 12, 12]
    assert 0.3 < sign * index < 1


@both_dimensions
def test_structure_tensor_tells_edges_from_corners(ndim):
    image = np.zeros((9, 40, 40))
    image[:, 10:, :20] = 1
    result = StructureTensorEigenvalues(radii=(2,), ndim=ndim)(image)[:, 4]
    edge, corner, flat = result[:, 30, 20], result[:, 10, 20], result[:, 30, 35]
    assert edge[0] > 1
    np.testing.assert_allclose(edge[1:], 0, atol=1e-4 * edge[0])
    assert corner[1] > 0.1 * corner[0]
    np.testing.assert_allclose(flat, 0, atol=1e-6)


def test_gabor_answers_to_stripes_of_its_direction():
    for number, angle in enumerate(np.pi / 4 * np.arange(4)):
        y, x = np.indices((60, 60))
        stripes = np.cos(2 * np.pi / 6 * (x * np.cos(angle) + y * np.sin(angle)))
        result = Gabor(radii=(2,))(stripes[None])[:, 0, 30, 30]
        assert result.argmax() == number
        assert result[number] > 3 * np.delete(result, number).max()
        # Half of the wave's magnitude, less what the Gaussian passes of it.
        np.testing.assert_allclose(result[number], 0.5, atol=0.1)


def test_gabor_does_not_answer_to_constant_grey():
    result = Gabor(radii=(1, 3), orientations=3)(np.full((1, 30, 30), 1000.0))
    np.testing.assert_allclose(result, 0, atol=1e-3)


def test_gabor_names_its_directions():
    names = Gabor(radii=(1, 2), orientations=3).channels()
    assert [name.split("r=")[1] for name in names] == [
        *("1 0°", "1 60°", "1 120°"),
        *("2 0°", "2 60°", "2 120°"),
    ]


def test_membranes_have_one_bright_direction():
    image = np.zeros((1, 41, 41))
    image[0, :, 20] = 1
    total, mean, deviation, median, most, least = MembraneProjections()(image)[:, 0, 20, 20]
    np.testing.assert_allclose([total, most], [30 * mean, 1], rtol=1e-6)
    assert least < median < mean < 0.3
    assert deviation > 0.1


@both_dimensions
def test_binary_pattern_compares_with_eight_neighbours_in_each_plane(ndim):
    image = (IMAGE / 10).round()
    padded = np.pad(image, 2, mode="symmetric")
    ring = ((-1, -1), (-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1))
    planes = ((1, 2), (0, 2), (0, 1))[: 1 if ndim == 2 else 3]
    expected = np.zeros((len(planes), *image.shape))
    for code, plane in zip(expected, planes, strict=True):
        for bit, steps in enumerate(ring):
            first = [2, 2, 2]
            for axis, step in zip(plane, steps, strict=True):
                first[axis] += 2 * step
            box = tuple(slice(a, a + n) for a, n in zip(first, image.shape, strict=True))
            code += (padded[box] > image) * 2**bit
    result = LocalBinaryPattern(radii=(2,), ndim=ndim)(image)
    np.testing.assert_array_equal(result, expected)
    names = LocalBinaryPattern(radii=(2,), ndim=ndim).channels()
    ends = ["r=2"] if ndim == 2 else ["XY", "XZ", "YZ"]
    assert [name.split()[-1] for name in names] == ends
