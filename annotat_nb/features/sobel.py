"""The Sobel gradient."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from annotat_nb.features.feature import Feature, to_finite
from annotat_nb.features.multiscale import per_axis

if TYPE_CHECKING:
    from annotat_nb.operation import Array


class Sobel(Feature):
    """How steeply the grey value changes: the length of the Sobel gradient.

    Along each axis the kernel is (-1, 0, 1), smoothed by (1, 2, 1) across the others, without
    normalisation.

    Examples
    --------
    >>> ramp = np.broadcast_to(np.arange(5.0), (1, 4, 5))
    >>> float(Sobel()(ramp)[0, 0, 2, 2])
    8.0
    """

    title: ClassVar[str] = "Sobel"

    ndim: Literal[2, 3] = 2
    """2 measures the change within each XY slice; 3 also counts the change from slice to
    slice."""

    def __call__(self, image: Array, /) -> Array:
        values = to_finite(image)
        axes = range(3 - self.ndim, 3)
        squares = sum(np.square(_derivative(values, axis, axes)) for axis in axes)
        return np.sqrt(squares)[None]

    def channels(self) -> tuple[str, ...]:
        return (self.title,)

    def halo(self) -> tuple[int, int, int]:
        return per_axis(1, self.ndim)


def _derivative(image: Array, axis: int, axes: range) -> Array:
    from scipy import ndimage

    for other in axes:
        kernel = (-1, 0, 1) if other == axis else (1, 2, 1)
        image = ndimage.correlate1d(image, kernel, other, output=np.float32, mode="reflect")
    return image
