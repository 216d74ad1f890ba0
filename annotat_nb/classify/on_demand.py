"""Arrays of the size of a volume that are computed only where they are looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from annotat_nb.io.boxes import BoxArray

if TYPE_CHECKING:
    from collections.abc import Callable

    from annotat_nb.blocks import Box
    from annotat_nb.operation import Array


class OnDemand(BoxArray):
    """An array whose last three axes are those of a volume, computed where it is looked at.

    Reads like an array of float32. Along the axes of the volume all is computed that lies between
    the first and the last voxel that are looked at.

    Parameters
    ----------
    shape
        Its shape; the last three are those of the volume.
    read
        Gives all that lies in a box of the volume.

    Examples
    --------
    >>> halves = OnDemand((3, 4, 5), lambda box: np.full((1, 1, 1), 0.5, "float32"))
    >>> float(halves[0, 1, 2])
    0.5
    """

    def __init__(self, shape: tuple[int, ...], read: Callable[[Box], Array]) -> None:
        super().__init__(shape, np.dtype(np.float32), self._taken)
        self._read = read

    def _taken(self, box: tuple[slice, ...]) -> Array:
        *first, z, y, x = box
        near = self._read((_between(z), _between(y), _between(x)))
        return near[(*first, _every(z), _every(y), _every(x))]


def _between(side: slice) -> slice:
    return slice(side.start, side.stop)


def _every(side: slice) -> slice:
    return slice(None, None, side.step)
