"""The variance of a neighbourhood."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from annotat_nb.features.mean import local_mean
from annotat_nb.features.multiscale import Multiscale

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
        values = image.astype(np.float64)
        mean = local_mean(values, radius, self.ndim)
        # The squares of float32 are exact in float64, so that E[x²] - E[x]² keeps every variance
        # that float32 values can have.
        variance = local_mean(values**2, radius, self.ndim) - mean**2
        clipped: Array = np.clip(variance, 0, np.finfo(np.float32).max).astype(np.float32)
        return clipped
