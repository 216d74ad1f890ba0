"""What features are computed with: one table of filters, for each kind of device."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol, cast

import numpy as np

if TYPE_CHECKING:
    from annotat_nb.blocks import Box
    from annotat_nb.operation import Array


class Backend(Protocol):
    """The filters of one kind of device, by the same names and definitions on each.

    An image is float32, (z, y, x), finite, contiguous and lies on the device: a numpy array, or a
    torch tensor. A filter computes those of its voxels that are in `box`, and looks at as many
    others as it needs; beyond the image it is mirrored, with its edge voxel repeated (``reflect``
    of `scipy.ndimage`), as often as it takes. What it gives is a new image of the shape of `box`.
    It never writes into what it is given, and a voxel's value depends, to the last bit, on its
    neighbourhood alone: neither on the rest of the image nor on the threads.

    `radius` means a window of 2 `radius` + 1 voxels a side; `ndim` is 2 to look at each slice by
    itself, or 3. Arithmetic is left to the operators that numpy and torch have in common.
    """

    def from_numpy(self, values: Array, device: str, /) -> Any:
        """Bring `values` to `device`, ``cpu`` or ``cuda:N``, as float32.

        They are float32, or integers of up to 16 bits, which take less time on their way.
        """

    def to_numpy(self, image: Any, /) -> Array:
        """Bring an image back, as a numpy array."""

    def gaussian(self, image: Any, sigma: int, ndim: int, box: Box) -> Any:
        """Smooth by `annotat_nb.kernels.weights.gaussian_weights` of `sigma` along each axis."""

    def sobel(self, image: Any, ndim: int, box: Box) -> Any:
        """Compute the length of the gradient; (−1, 0, 1) along an axis, (1, 2, 1) across it."""

    def extremes(self, image: Any, radius: int, ndim: int, box: Box) -> tuple[Any, Any]:
        """Find the smallest and the largest value of each window."""

    def moments(self, image: Any, radius: int, ndim: int, box: Box) -> tuple[Any, Any]:
        """Compute the mean of each window, and its variance in float64, not below 0.

        The variance is cut off at the largest float32.
        """

    def median(self, image: Any, radius: int, ndim: int, box: Box, *, integral: bool) -> Any:
        """Find the median of each window, exactly.

        `integral` promises integers that differ by less than 65536.
        """

    def gradient_magnitude(self, image: Any, ndim: int, box: Box) -> Any:
        """Compute the length of the gradient, (f(x + 1) − f(x − 1)) / 2 along each axis."""

    def laplacian(self, image: Any, ndim: int, box: Box) -> Any:
        """Add up f(x + 1) − 2 f(x) + f(x − 1) along all axes."""

    def hessian_eigenvalues(self, image: Any, ndim: int, box: Box) -> tuple[Any, ...]:
        """Compute the eigenvalues of the matrix of second differences, the largest first."""

    def structure_tensor_eigenvalues(
        self, image: Any, sigma: int, ndim: int, box: Box
    ) -> tuple[Any, ...]:
        """Compute the eigenvalues of the smoothed products of Sobel derivatives, ordered so too."""

    def shape_index(self, image: Any, box: Box) -> Any:
        """Compute (2 / π) arctan((λ₂ + λ₁) / (λ₂ − λ₁)) of the Hessian's eigenvalues in 2D.

        It is 0 where λ₁ − λ₂ < 10⁻⁸.
        """

    def gabor(
        self, image: Any, smooth: Any, sigma: int, wavelength: float, angle: float, box: Box
    ) -> Any:
        """Compute the magnitude of a complex Gabor filter without mean, in 2D.

        `smooth` is what `gaussian` makes of the image with `sigma` in 2D, in `box`. The wave goes
        along `angle`, from x to y, in radians.
        """

    def membrane_projections(self, image: Any, count: int, box: Box) -> tuple[Any, ...]:
        """Average along lines in `count` directions in 2D, an even number.

        Gives sum, mean, standard deviation, median, largest and smallest of the averages. The
        lines are `annotat_nb.kernels.weights.line_weights`.
        """

    def binary_patterns(self, image: Any, radius: int, ndim: int, box: Box) -> tuple[Any, ...]:
        """Set bit i where neighbour i of `annotat_nb.kernels.weights.RING` is brighter.

        The neighbours are `radius` voxels away along the axes of the plane: y and x; if `ndim` is
        3, z and x, and z and y, too, one image for each plane.
        """


def backend_of(device: str) -> Backend:
    """Return the filters for `device`, ``cpu`` or ``cuda:N``."""
    if device == "cpu":
        from annotat_nb.kernels.cpu import filters

        return filters
    return cast("Backend", import_module("annotat_nb.kernels.cuda.filters"))


def to_numpy(channel: Any) -> Array:
    """Return a channel as a numpy array, from whatever device it lies on."""
    if isinstance(channel, np.ndarray):
        return channel
    from annotat_nb.kernels.cuda import filters

    return filters.to_numpy(channel)
