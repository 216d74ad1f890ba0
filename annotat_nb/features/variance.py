"""The variance of a neighbourhood."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from annotat_nb.features.multiscale import Multiscale

if TYPE_CHECKING:
    from annotat_nb.features.source import Source


class Variance(Multiscale):
    """How much the grey value varies in a window round each voxel, one channel for each radius.

    Examples
    --------
    >>> import numpy as np
    >>> checks = np.indices((1, 6, 6)).sum(axis=0) % 2
    >>> round(float(Variance(radii=(1,))(checks)[0, 0, 2, 2]), 3)
    0.247
    """

    title: ClassVar[str] = "Variance"

    def at(self, source: Source, radius: int, /) -> list[Any]:
        return [source.variance(radius, self.ndim)]
