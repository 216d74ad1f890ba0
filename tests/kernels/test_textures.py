"""Derivatives, directions and patterns, against their definitions."""

import numpy as np
import pytest
import torch
from scipy import ndimage
from skimage.feature import structure_tensor
from skimage.feature import structure_tensor_eigenvalues as eigenvalues_of_scikit_image

from annotat_nb.blocks import whole
from annotat_nb.kernels.cpu.eigenvalues import eigenvalues
from annotat_nb.kernels.cuda import filters as card
from annotat_nb.kernels.cuda.eigenvalues import eigenvalues as eigenvalues_there
from annotat_nb.kernels.weights import LINE, RING, line_weights

SHAPES = [(5, 9, 7), (1, 6, 3), (2, 1, 11), (4, 30, 33)]
RNG = np.random.default_rng(0)
IMAGES = {shape: RNG.normal(100, 20, shape).astype("float32") for shape in SHAPES}

every_shape = pytest.mark.parametrize("shape", SHAPES, ids=str)
both_dimensions = pytest.mark.parametrize("ndim", [2, 3])


def boxes(shape):
    """All voxels, and some that the border cuts."""
    z, y, x = shape
    return whole(shape), (slice(z // 2, z), slice(y // 3, y), slice(0, max(1, x // 2)))


def difference(image, *axes):
    """Differentiate along the axes, twice if they are the same."""
    image = image.astype("float64")
    if len(set(axes)) < len(axes):
        return ndimage.correlate1d(image, (1, -2, 1), axes[0])
    for axis in axes:
        image = ndimage.correlate1d(image, (-0.5, 0, 0.5), axis)
    return image


def hessian(image, ndim):
    """Return the eigenvalues, the largest first, (ndim, z, y, x)."""
    axes = range(3 - ndim, 3)
    matrix = np.array([[difference(image, one, other) for one in axes] for other in axes])
    return np.linalg.eigvalsh(matrix.transpose(2, 3, 4, 0, 1)).transpose(3, 0, 1, 2)[::-1]


@every_shape
@both_dimensions
def test_gradient_and_laplacian(filters, shape, ndim):
    image, axes = IMAGES[shape], range(3 - ndim, 3)
    length = np.sqrt(sum(difference(image, axis) ** 2 for axis in axes))
    total = sum(difference(image, axis, axis) for axis in axes)
    for box in boxes(shape):
        found = filters.gradient_magnitude(image, ndim, box)
        np.testing.assert_allclose(found, length[box], rtol=1e-6)
        found = filters.laplacian(image, ndim, box)
        np.testing.assert_allclose(found, total[box], rtol=1e-6, atol=1e-6)


@every_shape
@both_dimensions
def test_eigenvalues_of_the_hessian(filters, shape, ndim):
    image = IMAGES[shape]
    expected = hessian(image, ndim)
    for box in boxes(shape):
        found = np.stack(filters.hessian_eigenvalues(image, ndim, box))
        np.testing.assert_allclose(found, expected[(slice(None), *box)], atol=1e-5)


@pytest.mark.parametrize("values", [(3, 2, 1), (2, 2, -1), (5, 1, 1), (4, 4, 4), (0, 0, 0)])
def test_eigenvalues_that_coincide(values):
    rotation = np.linalg.qr(RNG.normal(size=(50, 3, 3)))[0]
    matrix = rotation @ np.diag(values).astype(float) @ rotation.transpose(0, 2, 1)
    places = ((0, 0), (1, 1), (0, 1), (2, 2), (0, 2), (1, 2))
    components = np.array([matrix[:, i, j] for i, j in places], "float32")[:, None]
    out = np.empty((3, 1, 1, 50), "float32")
    eigenvalues(components, 0, out)
    expected = np.array(values)[:, None].repeat(50, 1)
    np.testing.assert_allclose(out[:, 0, 0], expected, atol=2e-6)
    there = eigenvalues_there(torch.tensor(components))
    np.testing.assert_allclose(torch.stack(there)[:, 0], expected, atol=2e-6)


@pytest.mark.parametrize("shape", [(5, 9, 7), (4, 30, 33)], ids=str)  # it drops axes of one voxel
@both_dimensions
@pytest.mark.parametrize("sigma", [1, 3])
def test_structure_tensor_is_that_of_scikit_image(filters, shape, ndim, sigma):
    image = IMAGES[shape].astype("float64")
    planes = [image] if ndim == 3 else list(image)
    tensors = [structure_tensor(plane, sigma=sigma, mode="reflect") for plane in planes]
    found = [eigenvalues_of_scikit_image(tensor) for tensor in tensors]
    expected = found[0] if ndim == 3 else np.stack(found, axis=1)
    for box in boxes(shape):
        found = filters.structure_tensor_eigenvalues(IMAGES[shape], sigma, ndim, box)
        tolerance = 2e-6 * np.abs(expected).max()
        np.testing.assert_allclose(found, expected[(slice(None), *box)], atol=tolerance)


@every_shape
def test_shape_index(filters, shape):
    image = IMAGES[shape]
    high, low = hessian(image, 2)
    expected = np.arctan((low + high) / (low - high)) * 2 / np.pi
    for box in boxes(shape):
        np.testing.assert_allclose(filters.shape_index(image, box), expected[box], atol=1e-5)


def test_shape_index_of_shapes(filters):
    y, x = np.indices((21, 21)) - 10
    bowl, ridge = x**2 + y**2, -(y**2)
    images = np.stack([bowl, ridge, -bowl, np.zeros_like(bowl)]).astype("float32")
    box = (slice(0, 4), slice(10, 11), slice(10, 11))
    found = filters.shape_index(images, box).ravel()
    np.testing.assert_allclose(found, [0, 0.5, 0, 0], atol=1e-6)  # λ₁ = λ₂ counts as flat


@every_shape
@pytest.mark.parametrize("angle", [0, np.pi / 4, np.pi / 2, 2.0])
@pytest.mark.parametrize("sigma", [1, 2])
def test_gabor_is_the_two_dimensional_convolution(filters, shape, angle, sigma):
    image, wavelength = IMAGES[shape], 2.5 * sigma
    offsets = np.arange(-4 * sigma, 4 * sigma + 1)
    y, x = np.meshgrid(offsets, offsets, indexing="ij")
    bell = np.exp(-(x**2 + y**2) / (2 * sigma**2))
    bell /= bell.sum()
    wave = np.exp(2j * np.pi / wavelength * (x * np.cos(angle) + y * np.sin(angle)))
    kernel = (bell * (wave - (bell * wave).sum()))[None]
    real, imaginary = (
        ndimage.correlate(image.astype("float64"), part) for part in (kernel.real, kernel.imag)
    )
    for box in boxes(shape):
        smooth = filters.gaussian(image, sigma, 2, box)
        found = filters.gabor(image, smooth, sigma, wavelength, angle, box)
        np.testing.assert_allclose(found, np.hypot(real, imaginary)[box], atol=2e-5)


def test_lines_are_turned_bilinearly():
    upright = np.zeros((LINE, LINE))
    upright[:, LINE // 2] = 1
    for number, weights in enumerate(line_weights(30)):
        turned = ndimage.rotate(upright, -6 * number, order=1, reshape=False, mode="grid-constant")
        np.testing.assert_allclose(weights, turned / turned.sum(), atol=1e-7)


@every_shape
@pytest.mark.parametrize("count", [4, 30])
def test_membrane_projections(filters, shape, count):
    image = IMAGES[shape].astype("float64")
    kernels = line_weights(count).astype("float64")
    means = np.stack([ndimage.correlate(image, kernel[None]) for kernel in kernels])
    expected = (
        *(means.sum(axis=0), means.mean(axis=0), means.std(axis=0)),
        *(np.median(means, axis=0), means.max(axis=0), means.min(axis=0)),
    )
    for box in boxes(shape):
        found = filters.membrane_projections(IMAGES[shape], count, box)
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_allclose(one, other[box], rtol=1e-6, atol=5e-5)


@every_shape
@both_dimensions
@pytest.mark.parametrize("radius", [1, 3])
def test_binary_patterns(filters, shape, ndim, radius):
    image = (IMAGES[shape] / 10).round()
    padded = np.pad(image, radius, mode="symmetric")
    for box in boxes(shape):
        found = filters.binary_patterns(image, radius, ndim, box)
        for plane, pattern in zip(((1, 2), (0, 2), (0, 1)), found, strict=False):
            np.testing.assert_array_equal(pattern, _pattern(image, padded, radius, plane)[box])
        assert len(found) == (1 if ndim == 2 else 3)


def _pattern(image, padded, radius, plane):
    code = np.zeros(image.shape)
    for bit, steps in enumerate(RING):
        first = [radius] * 3
        for axis, step in zip(plane, steps, strict=True):
            first[axis] += step * radius
        box = tuple(slice(a, a + n) for a, n in zip(first, image.shape, strict=True))
        code += (padded[box] > image) * 2**bit
    return code


def test_membranes_do_not_depend_on_how_much_is_done_at_once(torch_device, monkeypatch):
    image = torch.tensor(IMAGES[4, 30, 33], device=torch_device)
    box = (slice(1, 4), slice(3, 30), slice(0, 20))
    expected = card.membrane_projections(image, 8, box)
    monkeypatch.setattr("annotat_nb.kernels.cuda.membranes._AT_ONCE", (2, 7, 9))
    for found, once in zip(card.membrane_projections(image, 8, box), expected, strict=True):
        assert torch.equal(found, once)
