"""How a volume is cut into blocks: from its shape alone, never from the number of workers."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

Box = tuple[slice, slice, slice]
Shape = tuple[int, int, int]
BLOCK: Shape = (8, 256, 256)
"""Edges of the blocks in which arrays are kept on disk, in voxels."""


@dataclass(frozen=True, slots=True)
class Block:
    """A core box, and the box with context around it, both in voxels of the volume."""

    core: Box
    padded: Box

    @property
    def inner(self) -> Box:
        """Where the core lies inside the padded box."""
        z, y, x = (
            slice(c.start - p.start, c.stop - p.start)
            for c, p in zip(self.core, self.padded, strict=True)
        )
        return z, y, x


def plan_blocks(
    shape: Shape, halo: Shape = (0, 0, 0), *, core: Shape = (32, 512, 512)
) -> Iterator[Block]:
    """Cut `shape` into core boxes anchored at the origin, each with `halo` voxels of context.

    Examples
    --------
    >>> [block.padded[0] for block in plan_blocks((5, 4, 4), (1, 0, 0), core=(3, 4, 4))]
    [slice(0, 4, None), slice(2, 5, None)]
    """
    edges = [range(0, extent, step) for extent, step in zip(shape, core, strict=True)]
    for corner in product(*edges):
        stops = (min(c + s, e) for c, s, e in zip(corner, core, shape, strict=True))
        box = tuple(slice(c, stop) for c, stop in zip(corner, stops, strict=True))
        yield Block((box[0], box[1], box[2]), pad_box((box[0], box[1], box[2]), halo, shape))


def pieces(box: Box, *, voxels: int = 2**22, block: Shape = BLOCK) -> Iterator[Box]:
    """Cut `box` into boxes of whole rows to go through, first to last, of about `voxels` each.

    They begin and end where the blocks of an array on disk do, each of which is then read once.

    Examples
    --------
    >>> [z for z, y, x in pieces(whole((20, 5, 4)), voxels=160)]
    [slice(0, 8, None), slice(8, 16, None), slice(16, 20, None)]
    """
    z, y, x = box
    height, width = y.stop - y.start, max(1, x.stop - x.start)
    rows = _multiple(block[1], voxels // (block[0] * width))
    planes = _multiple(block[0], voxels // (min(rows, max(1, height)) * width))
    for part, strip in product(_cut(z, planes), _cut(y, rows)):
        yield part, strip, x


def _multiple(unit: int, most: int) -> int:
    return max(1, most // unit) * unit


def _cut(side: slice, step: int) -> list[slice]:
    """Cut a range at the multiples of `step`."""
    edges = range(side.start // step * step, side.stop, step)
    return [slice(max(at, side.start), min(at + step, side.stop)) for at in edges]


def whole(shape: Shape) -> Box:
    """Return the box of all voxels."""
    z, y, x = (slice(0, extent) for extent in shape)
    return z, y, x


def shape_of(box: Box) -> Shape:
    """Return how many voxels a box has along each axis.

    Examples
    --------
    >>> shape_of((slice(2, 4), slice(0, 7), slice(5, 6)))
    (2, 7, 1)
    """
    z, y, x = (side.stop - side.start for side in box)
    return z, y, x


def pad_box(box: Box, halo: Shape, shape: Shape) -> Box:
    """Grow `box` by `halo` on every side, without leaving `shape`."""
    z, y, x = (
        slice(max(side.start - reach, 0), min(side.stop + reach, extent))
        for side, reach, extent in zip(box, halo, shape, strict=True)
    )
    return z, y, x
