"""The mean of a neighbourhood."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from annotat_nb.features.multiscale import Multiscale

if TYPE_CHECKING:
    from annotat_nb.features.source import Source


class Mean(Multiscale):
    """The mean grey value in a window round each voxel, one channel for each radius.

    Examples
    --------
    >>> import numpy as np
    >>> Mean(radii=(1, 2))(np.ones((3, 4, 5))).shape
    (2, 3, 4, 5)
    """

    title: ClassVar[str] = "Mean (Average)"

    def at(self, source: Source, radius: int, /) -> list[Any]:
        return [source.mean(radius, self.ndim)]
