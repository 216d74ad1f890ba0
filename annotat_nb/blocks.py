"""How a volume is cut into blocks: from its shape alone, never from the number of workers."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

Box = tuple[slice, slice, slice]
Shape = tuple[int, int, int]


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


def whole(shape: Shape) -> Box:
    """Return the box of all voxels."""
    z, y, x = (slice(0, extent) for extent in shape)
    return z, y, x


def pad_box(box: Box, halo: Shape, shape: Shape) -> Box:
    """Grow `box` by `halo` on every side, without leaving `shape`."""
    z, y, x = (
        slice(max(side.start - reach, 0), min(side.stop + reach, extent))
        for side, reach, extent in zip(box, halo, shape, strict=True)
    )
    return z, y, x
