"""The mean of a neighbourhood."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from annotat_nb.features.multiscale import Multiscale

if TYPE_CHECKING:
    from annotat_nb.operation import Array


class Mean(Multiscale):
    """The mean grey value in a window round each voxel, one channel for each radius.

    Examples
    --------
    >>> Mean(radii=(1, 2))(np.ones((3, 4, 5))).shape
    (2, 3, 4, 5)
    """

    title: ClassVar[str] = "Mean (Average)"

    def filter(self, image: Array, radius: int, /) -> Array:
        return local_mean(image, radius, self.ndim).astype(np.float32)


def local_mean(image: Array, radius: int, ndim: int) -> Array:
    """Return the mean in the window of `radius` round each voxel, float64.

    Each window is summed by itself: running sums are faster, but carry rounding errors along the
    line, so that a voxel's value would depend on where its block begins.
    """
    from scipy import ndimage

    kernel = np.full(2 * radius + 1, 1 / (2 * radius + 1))
    for axis in range(3 - ndim, 3):
        image = ndimage.correlate1d(image, kernel, axis, output=np.float64, mode="reflect")
    return image
