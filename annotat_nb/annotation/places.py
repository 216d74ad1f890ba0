"""Voxels as flat indices, and the boxes they lie in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from annotat_nb.blocks import whole
from annotat_nb.volume import AXES, axis_number

if TYPE_CHECKING:
    from annotat_nb.annotation.runs import Flat
    from annotat_nb.blocks import Box, Shape
    from annotat_nb.operation import Array


def box_round(flat: Flat, shape: Shape) -> Box:
    """Return the smallest box round the voxels `flat`, of which there is one at least.

    Examples
    --------
    >>> box_round(np.array([5, 13]), (1, 4, 5))
    (slice(0, 1, None), slice(1, 3, None), slice(0, 4, None))
    """
    z, y, x = (
        slice(int(side.min()), int(side.max()) + 1) for side in np.unravel_index(flat, shape)
    )
    return z, y, x


def slice_box(shape: Shape, axis: str, index: int) -> Box:
    """Return slice `index` across `axis` as a box one voxel thick."""
    box = list(whole(shape))
    box[axis_number(axis)] = slice(index, index + 1)
    return box[0], box[1], box[2]


def flat_of(mask: Array, box: Box, shape: Shape) -> Flat:
    """Return the voxels where `mask`, which lies in `box`, is set: flat, ascending."""
    found = (side + at.start for side, at in zip(np.nonzero(mask), box, strict=True))
    flat: Flat = np.ravel_multi_index(tuple(found), shape).astype(np.int64)
    return flat


def place_in(flat: Flat, box: Box, shape: Shape) -> tuple[Array, ...]:
    """Return the index of voxels `flat`, all inside `box`, in an array of that box."""
    found = np.unravel_index(flat, shape)
    return tuple(side - at.start for side, at in zip(found, box, strict=True))


def across(axis: str, along: int, within: int) -> Shape:
    """Return `along` for `axis` and `within` for the two others, as (z, y, x).

    Examples
    --------
    >>> across("y", 0, 5)
    (5, 0, 5)
    """
    z, y, x = (along if name == axis else within for name in AXES)
    return z, y, x


def check_slice(shape: Shape, axis: str, index: int) -> None:
    """Refuse a slice that a volume of `shape` does not have."""
    extent = shape[AXES.index(axis)] if axis in AXES else 0
    if not 0 <= index < extent:
        raise ValueError(
            f"slice {axis} = {index} does not exist; {axis} goes from 0 to {extent - 1}"
        )
