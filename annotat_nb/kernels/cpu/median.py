"""The median of the window round each voxel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from annotat_nb.blocks import plan_blocks
from annotat_nb.kernels.compiling import helper, kernel
from annotat_nb.kernels.mirror import Reading, shape_of
from annotat_nb.kernels.threads import over

if TYPE_CHECKING:
    from annotat_nb.blocks import Box, Shape
    from annotat_nb.operation import Array

_TILE = {2: (8, 64, 64), 3: (32, 32, 32)}
"""What is computed at once when the values are no integers."""


def median(image: Array, radius: int, ndim: int, box: Box, *, integral: bool) -> Array:
    """Find the median of the window round each voxel.

    A histogram of the window slides along each row. It has a bin for each grey value that there
    can be; numbers with a fraction are replaced by their ranks among those near.

    Parameters
    ----------
    image
        float32, (z, y, x), mirrored at its border.
    radius
        The window has 2 `radius` + 1 voxels a side.
    ndim
        2: each slice by itself; 3.
    box
        The voxels that are wanted.
    integral
        Whether all values are integers that differ by less than 65536.

    Returns
    -------
    ndarray
        float32, of the shape of `box`.
    """
    out = np.empty(shape_of(box), np.float32)
    if integral:
        _of_integers(image, radius, ndim, box, out)
        return out
    tiles = [block.core for block in plan_blocks(out.shape, core=_TILE[ndim])]

    def work(start: int, stop: int) -> None:
        for tile in tiles[start:stop]:
            _of_ranks(image, radius, ndim, _moved(tile, box), out[tile])

    over(len(tiles), work)
    return out


def _of_integers(image: Array, radius: int, ndim: int, box: Box, out: Array) -> None:
    read = Reading.of(box, radius, ndim, image.shape)
    near = image[read.box]
    low = near.min()
    levels = (near - low).astype(np.int32)
    bins, planes = int(levels.max()) + 1, read.planes.table
    extra = planes.size - len(out)

    def work(start: int, stop: int) -> None:
        tables = (planes[start : stop + extra], read.rows.table, read.columns.table)
        out[start:stop] = _find(levels, *tables, bins, out[start:stop].shape) + low

    over(len(out), work)


def _of_ranks(image: Array, radius: int, ndim: int, box: Box, out: Array) -> None:
    read = Reading.of(box, radius, ndim, image.shape)
    near = image[read.box]
    values, ranks = np.unique(near, return_inverse=True)
    levels = ranks.reshape(near.shape).astype(np.int32)
    tables = (read.planes.table, read.rows.table, read.columns.table)
    out[:] = values[_find(levels, *tables, values.size, out.shape)]


def _moved(tile: Box, box: Box) -> Box:
    """Return `tile`, a part of `box`, in the coordinates of the image."""
    z, y, x = (
        slice(part.start + side.start, part.stop + side.start)
        for part, side in zip(tile, box, strict=True)
    )
    return z, y, x


def _find(
    levels: Array, planes: Array, rows: Array, columns: Array, bins: int, shape: Shape
) -> Array:
    found = np.empty(shape, np.int32)
    _slide(levels, planes, rows, columns, bins, (bins.bit_length() + 1) // 2, found)
    return found


@helper
def _settle(
    fine: Array, coarse: Array, shift: int, half: int, level: int, below: int
) -> tuple[int, int]:
    """Move `level`, with `below` values under it, to where the median is."""
    many, last = 1 << shift, (1 << shift) - 1
    while below > half:
        if level & last == 0 and below - coarse[(level >> shift) - 1] > half:
            level -= many
            below -= coarse[level >> shift]
        else:
            level -= 1
            below -= fine[level]
    while below + fine[level] <= half:
        if level & last == 0 and below + coarse[level >> shift] <= half:
            below += coarse[level >> shift]
            level += many
        else:
            below += fine[level]
            level += 1
    return level, below


@kernel(
    (
        *("int32[:,:,::1]", "int64[::1]", "int64[::1]", "int64[::1]", "int64", "int64"),
        "int32[:,:,::1]",
    )
)
def _slide(
    levels: Array,
    planes: Array,
    rows: Array,
    columns: Array,
    bins: int,
    shift: int,
    out: Array,
) -> None:
    depth, tall, wide = out.shape
    deep, high, across = planes.size - depth + 1, rows.size - tall + 1, columns.size - wide + 1
    half = deep * high * across // 2
    fine, coarse = np.empty(bins, np.int32), np.empty((bins >> shift) + 1, np.int32)
    for z in range(depth):
        for y in range(tall):
            fine[:] = 0
            coarse[:] = 0
            level, below = 0, 0
            for x in range(columns.size):
                gone = columns[x - across] if x >= across else -1
                come = columns[x]
                for i in range(z, z + deep):
                    for j in range(y, y + high):
                        row = levels[planes[i], rows[j]]
                        value = row[come]
                        fine[value] += 1
                        coarse[value >> shift] += 1
                        below += value < level
                        if gone >= 0:
                            value = row[gone]
                            fine[value] -= 1
                            coarse[value >> shift] -= 1
                            below -= value < level
                if x >= across - 1:
                    level, below = _settle(fine, coarse, shift, half, level, below)
                    out[z, y, x - across + 1] = level
