"""The median of a neighbourhood."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from annotat_nb.features.multiscale import Multiscale

if TYPE_CHECKING:
    from annotat_nb.features.source import Source


class Median(Multiscale):
    """The median grey value in a window round each voxel: smooths, but keeps edges.

    Examples
    --------
    >>> import numpy as np
    >>> Median(radii=(1, 2))(np.ones((3, 4, 5))).shape
    (2, 3, 4, 5)
    """

    title: ClassVar[str] = "Median"

    def at(self, source: Source, radius: int, /) -> list[Any]:
        where = (source.image, radius, self.ndim, source.inner)
        return [source.backend.median(*where, integral=source.integral)]
