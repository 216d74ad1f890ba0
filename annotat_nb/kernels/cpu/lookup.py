"""Look up what was found for each superpixel, and where each of them lies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from annotat_nb.kernels.compiling import helper, kernel
from annotat_nb.kernels.threads import over

if TYPE_CHECKING:
    from annotat_nb.blocks import Box
    from annotat_nb.operation import Array


def look_up(ids: Array, table: Array, out: Array, *, first: int = 0, other: int = 0) -> None:
    """Write ``table[ids - first]`` into `out`.

    Parameters
    ----------
    ids
        uint32, (z, y, x).
    table
        What each id becomes from `first` on: uint8, uint16, int16 or int32.
    out
        Of the type of `table` and the shape of `ids`.
    first
        The id of the first entry of `table`.
    other
        What ids without an entry become.
    """

    def work(start: int, stop: int) -> None:
        _look_up(ids[start:stop], table, first, other, out[start:stop])

    over(len(ids), work)


@kernel(
    *(
        ("const uint32[:,:,:]", f"const {kind}[::1]", "int64", "int64", f"{kind}[:,:,::1]")
        for kind in ("uint8", "uint16", "int16", "int32")
    )
)
def _look_up(ids: Array, table: Array, first: int, other: int, out: Array) -> None:
    depth, height, width = ids.shape
    for z in range(depth):
        for y in range(height):
            for x in range(width):
                place = np.int64(ids[z, y, x]) - first
                out[z, y, x] = table[place] if 0 <= place < table.size else other


def grow_boxes(ids: Array, box: Box, first: int, boxes: Array) -> None:
    """Grow the bounding box of each id so that it holds its voxels in `ids`.

    Parameters
    ----------
    ids
        uint32, (z, y, x).
    box
        Where they lie in the volume.
    first
        The id to which the first of `boxes` belongs; ids that have none are passed over.
    boxes
        int32, (ids, 6): where each begins, then where it ends, z y x; zeros where nothing was
        found yet. Changed in place.
    """
    _grow_boxes(ids, box[0].start, box[1].start, box[2].start, first, boxes)


@helper
def _grow(box: Array, z: int, y: int, begin: int, end: int) -> None:
    if box[3] == 0:
        box[0], box[1], box[2] = z, y, begin
    box[0], box[3] = min(box[0], z), max(box[3], z + 1)
    box[1], box[4] = min(box[1], y), max(box[4], y + 1)
    box[2], box[5] = min(box[2], begin), max(box[5], end)


@kernel(("const uint32[:,:,:]", "int64", "int64", "int64", "int64", "int32[:,::1]"))
def _grow_boxes(ids: Array, top: int, row: int, column: int, first: int, boxes: Array) -> None:
    depth, height, width = ids.shape
    for z in range(depth):
        for y in range(height):
            x = 0
            while x < width:
                number, begin = ids[z, y, x], x
                while x < width and ids[z, y, x] == number:
                    x += 1
                place = np.int64(number) - first
                if 0 <= place < len(boxes):
                    _grow(boxes[place], z + top, y + row, begin + column, x + column)
