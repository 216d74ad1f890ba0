"""The variance of a neighbourhood."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from annotat_nb.features.multiscale import Multiscale, window

if TYPE_CHECKING:
    from annotat_nb.operation import Array


class Variance(Multiscale):
    """How much the grey value varies in a window round each voxel, one channel for each radius.

    Examples
    --------
    >>> checks = np.indices((1, 6, 6)).sum(axis=0) % 2
    >>> round(float(Variance(radii=(1,))(checks)[0, 0, 2, 2]), 3)
    0.247
    """

    title: ClassVar[str] = "Variance"

    def filter(self, image: Array, radius: int, /) -> Array:
        from scipy import ndimage

        # Without the offset, E[x²] - E[x]² loses all digits of a small variance on a large value.
        offset = (float(image.min()) + float(image.max())) / 2
        centred = image.astype(np.float64) - offset
        size = window(radius, self.ndim)
        mean = ndimage.uniform_filter(centred, size, mode="reflect")
        mean_square = ndimage.uniform_filter(centred**2, size, mode="reflect")
        variance: Array = np.clip(mean_square - mean**2, 0, np.finfo(np.float32).max)
        return variance.astype(np.float32)
