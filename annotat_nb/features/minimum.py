"""The darkest neighbour."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from annotat_nb.features.multiscale import Multiscale, window

if TYPE_CHECKING:
    from annotat_nb.operation import Array


class Minimum(Multiscale):
    """The smallest grey value in a window round each voxel, one channel for each radius.

    Examples
    --------
    >>> import numpy as np
    >>> Minimum(radii=(1, 2))(np.ones((3, 4, 5))).shape
    (2, 3, 4, 5)
    """

    title: ClassVar[str] = "Minimum"

    def filter(self, image: Array, radius: int, /) -> Array:
        from scipy import ndimage

        smallest: Array = ndimage.minimum_filter(image, window(radius, self.ndim), mode="reflect")
        return smallest
