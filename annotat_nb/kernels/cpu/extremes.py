"""Smallest and largest value of the window round each voxel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from annotat_nb.kernels.compiling import helper, kernel
from annotat_nb.kernels.mirror import Reading, shape_of
from annotat_nb.kernels.threads import over

if TYPE_CHECKING:
    from annotat_nb.blocks import Box
    from annotat_nb.operation import Array


def extremes(image: Array, radius: int, ndim: int, box: Box) -> tuple[Array, Array]:
    """Find the smallest and the largest value of the window round each voxel, both at once.

    Those of 2, 4, 8 … neighbours are made of one another; two that overlap cover the window.

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

    Returns
    -------
    low, high : ndarray
        float32, of the shape of `box`.
    """
    read = Reading.of(box, radius, ndim, image.shape)
    source, size = read.planes_of(image), 2 * radius + 1
    found = np.empty((2, len(source), *shape_of(box)[1:]), np.float32)

    def within(start: int, stop: int) -> None:
        tables = (read.rows.table, read.columns.table, read.where)
        low, high = found[:, start:stop]
        _search_planes(source[start:stop], *tables, size, low, high)

    over(len(source), within)
    if ndim == 2:
        return found[0], found[1]
    out = np.empty((2, *shape_of(box)), np.float32)

    def across(start: int, stop: int) -> None:
        _search_across(found[0], found[1], read.planes.table, start, stop, out[0], out[1])

    over(out.shape[2], across)
    return out[0], out[1]


@helper
def _search(lows: Array, highs: Array, size: int, low: Array, high: Array) -> None:
    """Compare `size` rows from each on; what `lows` and `highs` hold is lost."""
    rows, wide = lows.shape
    width = 1
    while 2 * width <= size:
        rows -= width
        for y in range(rows):
            a, b, c, d = lows[y], lows[y + width], highs[y], highs[y + width]
            for x in range(wide):
                a[x] = min(a[x], b[x])
                c[x] = max(c[x], d[x])
        width *= 2
    for y in range(low.shape[0]):
        a, b, c, d = lows[y], lows[y + size - width], highs[y], highs[y + size - width]
        least, most = low[y], high[y]
        for x in range(wide):
            least[x] = min(a[x], b[x])
            most[x] = max(c[x], d[x])


@helper
def _search_along(line: Array, spare: Array, size: int, is_low: bool, out: Array) -> None:
    """Compare the numbers of `line`, `size` from each on."""
    count, width = line.size, 1
    while 2 * width <= size:
        count -= width
        other = line[width : width + count]
        if is_low:
            for x in range(count):
                spare[x] = min(line[x], other[x])
        else:
            for x in range(count):
                spare[x] = max(line[x], other[x])
        line, spare = spare, line
        width *= 2
    other = line[size - width : size - width + out.size]
    if is_low:
        for x in range(out.size):
            out[x] = min(line[x], other[x])
    else:
        for x in range(out.size):
            out[x] = max(line[x], other[x])


@kernel(
    (
        *("const float32[:,:,::1]", "int64[::1]", "int64[::1]", "UniTuple(int64, 5)", "int64"),
        *("float32[:,:,::1]", "float32[:,:,::1]"),
    )
)
def _search_planes(
    image: Array,
    rows: Array,
    columns: Array,
    where: tuple[int, int, int, int, int],
    size: int,
    lows: Array,
    highs: Array,
) -> None:
    top, height, left, width, lead = where
    wide = lows.shape[2]
    plane = np.empty((2, height, wide), np.float32)
    stack = np.empty((2, rows.size, wide), np.float32)
    line, spare = np.empty(columns.size, np.float32), np.empty(columns.size, np.float32)
    for z in range(image.shape[0]):
        for y in range(height):
            row = image[z, top + y, left : left + width]
            for which in range(2):
                line[lead : lead + width] = row
                for x in range(lead):
                    line[x] = row[columns[x]]
                for x in range(lead + width, columns.size):
                    line[x] = row[columns[x]]
                _search_along(line, spare, size, which == 0, plane[which, y])
        for y in range(rows.size):
            stack[0, y] = plane[0, rows[y]]
            stack[1, y] = plane[1, rows[y]]
        _search(stack[0], stack[1], size, lows[z], highs[z])


@kernel(
    (
        *("float32[:,:,::1]", "float32[:,:,::1]", "int64[::1]", "int64", "int64"),
        *("float32[:,:,::1]", "float32[:,:,::1]"),
    )
)
def _search_across(
    lows: Array, highs: Array, planes: Array, start: int, stop: int, low: Array, high: Array
) -> None:
    depth, wide = low.shape[0], low.shape[2]
    stack = np.empty((2, planes.size, wide), np.float32)
    made = np.empty((2, depth, wide), np.float32)
    for y in range(start, stop):
        for z in range(planes.size):
            stack[0, z] = lows[planes[z], y]
            stack[1, z] = highs[planes[z], y]
        _search(stack[0], stack[1], planes.size - depth + 1, made[0], made[1])
        low[:, y] = made[0]
        high[:, y] = made[1]
