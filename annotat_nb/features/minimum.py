"""The darkest neighbour."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from annotat_nb.features.multiscale import Multiscale

if TYPE_CHECKING:
    from annotat_nb.features.source import Source


class Minimum(Multiscale):
    """The smallest grey value in a window round each voxel, one channel for each radius.

    Examples
    --------
    >>> import numpy as np
    >>> Minimum(radii=(1, 2))(np.ones((3, 4, 5))).shape
    (2, 3, 4, 5)
    """

    title: ClassVar[str] = "Minimum"

    def at(self, source: Source, radius: int, /) -> list[Any]:
        return [source.smallest(radius, self.ndim)]
