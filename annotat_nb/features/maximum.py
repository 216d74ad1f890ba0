"""The brightest neighbour."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from annotat_nb.features.multiscale import Multiscale

if TYPE_CHECKING:
    from annotat_nb.features.source import Source


class Maximum(Multiscale):
    """The largest grey value in a window round each voxel, one channel for each radius.

    Examples
    --------
    >>> import numpy as np
    >>> Maximum(radii=(1, 2))(np.ones((3, 4, 5))).shape
    (2, 3, 4, 5)
    """

    title: ClassVar[str] = "Maximum"

    def at(self, source: Source, radius: int, /) -> list[Any]:
        return [source.largest(radius, self.ndim)]
