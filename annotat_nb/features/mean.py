"""The mean of a neighbourhood."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from annotat_nb.features.multiscale import Multiscale, window

if TYPE_CHECKING:
    from annotat_nb.operation import Array


class Mean(Multiscale):
    """The mean grey value in a window round each voxel, one channel for each radius.

    Examples
    --------
    >>> import numpy as np
    >>> Mean(radii=(1, 2))(np.ones((3, 4, 5))).shape
    (2, 3, 4, 5)
    """

    title: ClassVar[str] = "Mean (Average)"

    def filter(self, image: Array, radius: int, /) -> Array:
        from scipy import ndimage

        average: Array = ndimage.uniform_filter(image, window(radius, self.ndim), mode="reflect")
        return average
