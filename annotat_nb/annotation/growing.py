"""Finding what hangs together, without reading more than its surroundings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from annotat_nb.annotation.places import box_round, place_in
from annotat_nb.blocks import pad_box, shape_of, whole

if TYPE_CHECKING:
    from collections.abc import Callable

    from annotat_nb.annotation.runs import Flat
    from annotat_nb.blocks import Box, Shape
    from annotat_nb.operation import Array

FIRST_REACH = 16
"""Voxels round the seeds that are read at once."""


def parts_at(
    read: Callable[[Box], Array], seeds: Flat, shape: Shape, limit: Box | None = None
) -> tuple[Box, Array]:
    """Return the parts of a mask that hold `seeds`, each connected through faces.

    What is read grows with the parts, not with the volume.

    Parameters
    ----------
    read
        Returns the mask, boolean, in a box.
    seeds
        Flat indices, one at least; those outside the mask find nothing.
    shape
        Shape of the volume, (z, y, x), in voxels.
    limit
        Box that the parts do not leave; by default the volume.

    Returns
    -------
    The box round all of it that was read, and there the number of each part, 0 elsewhere.

    Examples
    --------
    >>> row = np.array([[[1, 1, 0, 1, 0, 1]]], bool)
    >>> parts_at(lambda box: row[box], np.array([0, 3]), (1, 1, 6))[1].tolist()
    [[[1, 1, 0, 2, 0, 0]]]
    """
    from scipy import ndimage

    limit = limit or whole(shape)
    box = _inside(pad_box(box_round(seeds, shape), (FIRST_REACH,) * 3, shape), limit)
    while True:
        parts, count = ndimage.label(read(box))
        kept = np.zeros(count + 1, parts.dtype)
        chosen = np.unique(parts[place_in(seeds, box, shape)])
        kept[chosen[chosen > 0]] = range(1, 1 + np.count_nonzero(chosen))
        parts = kept[parts]
        wider = _wider(box, parts, limit)
        if wider == box:
            return box, parts
        box = wider


def _wider(box: Box, parts: Array, limit: Box) -> Box:
    """Double `box` towards each side at which a part may go on."""
    sides = []
    for axis, (side, most) in enumerate(zip(box, limit, strict=True)):
        extent = shape_of(box)[axis]
        first, last = parts.take(0, axis).any(), parts.take(-1, axis).any()
        low = max(most.start, side.start - extent) if first else side.start
        high = min(most.stop, side.stop + extent) if last else side.stop
        sides.append(slice(low, high))
    return sides[0], sides[1], sides[2]


def _inside(box: Box, limit: Box) -> Box:
    z, y, x = (
        slice(max(side.start, most.start), min(side.stop, most.stop))
        for side, most in zip(box, limit, strict=True)
    )
    return z, y, x
