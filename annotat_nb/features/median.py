"""The median of a neighbourhood."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from annotat_nb.features.multiscale import Multiscale, window

if TYPE_CHECKING:
    from annotat_nb.operation import Array


class Median(Multiscale):
    """The median grey value in a window round each voxel: smooths, but keeps edges.

    Examples
    --------
    >>> import numpy as np
    >>> Median(radii=(1, 2))(np.ones((3, 4, 5))).shape
    (2, 3, 4, 5)
    """

    title: ClassVar[str] = "Median"

    def filter(self, image: Array, radius: int, /) -> Array:
        from scipy import ndimage

        middle: Array = ndimage.median_filter(image, window(radius, self.ndim), mode="reflect")
        return middle
