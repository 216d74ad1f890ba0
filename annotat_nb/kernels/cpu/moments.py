"""Mean and variance of the window round each voxel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from annotat_nb.kernels.compiling import helper, kernel
from annotat_nb.kernels.mirror import Reading, shape_of
from annotat_nb.kernels.threads import over

if TYPE_CHECKING:
    from annotat_nb.blocks import Box
    from annotat_nb.operation import Array


def moments(image: Array, radius: int, ndim: int, box: Box) -> tuple[Array, Array]:
    """Compute the mean and the variance, E[x²] − E[x]², of the window round each voxel.

    Sums of 2, 4, 8 … neighbours are made of one another, and those that make up the window are
    added. Running sums would be no slower, but their rounding errors depend on where they began,
    so that a voxel's value would depend on its block. The squares of float32 are exact in
    float64, so that nothing is lost by a large value that all voxels have in common.

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
    mean, variance : ndarray
        float32, of the shape of `box`.
    """
    read = Reading.of(box, radius, ndim, image.shape)
    source, size = read.planes_of(image), 2 * radius + 1
    sums = np.empty((2, len(source), *shape_of(box)[1:]))
    out = np.empty((2, *shape_of(box)), np.float32)

    def within(start: int, stop: int) -> None:
        tables = (read.rows.table, read.columns.table, read.where)
        _sum_planes(source[start:stop], *tables, size, sums[0, start:stop], sums[1, start:stop])

    def across(start: int, stop: int) -> None:
        table, count = read.planes.table, size**ndim
        _combine(sums[0], sums[1], table, count, start, stop, out[0], out[1])

    over(len(source), within)
    over(out.shape[2], across)
    return out[0], out[1]


@helper
def _sum_windows(stack: Array, size: int, out: Array) -> None:
    """Add up `size` rows of `stack` from each on; what `stack` holds is lost."""
    rows, wide = stack.shape
    out[:] = stack[: out.shape[0]]
    width, done = 1, 1
    while 2 * width <= size:
        rows -= width
        for y in range(rows):
            low, high = stack[y], stack[y + width]
            for x in range(wide):
                low[x] += high[x]
        width *= 2
        if size & width:
            for y in range(out.shape[0]):
                total, part = out[y], stack[y + done]
                for x in range(wide):
                    total[x] += part[x]
            done += width


@helper
def _sum_along(line: Array, spare: Array, size: int, out: Array) -> None:
    """Do the same with the numbers of `line`."""
    count, wide = line.size, out.size
    out[:] = line[:wide]
    width, done = 1, 1
    while 2 * width <= size:
        count -= width
        for x in range(count):
            spare[x] = line[x] + line[x + width]
        line, spare = spare, line
        width *= 2
        if size & width:
            part = line[done : done + wide]
            for x in range(wide):
                out[x] += part[x]
            done += width


@kernel(
    (
        *("const float32[:,:,::1]", "int64[::1]", "int64[::1]", "UniTuple(int64, 5)", "int64"),
        *("float64[:,:,::1]", "float64[:,:,::1]"),
    )
)
def _sum_planes(
    image: Array,
    rows: Array,
    columns: Array,
    where: tuple[int, int, int, int, int],
    size: int,
    sums: Array,
    squares: Array,
) -> None:
    top, height, left, width, lead = where
    wide = sums.shape[2]
    plane = np.empty((2, height, wide))
    stack = np.empty((rows.size, wide))
    line, spare = np.empty(columns.size), np.empty(columns.size)
    for z in range(image.shape[0]):
        for power in range(2):
            for y in range(height):
                row = image[z, top + y, left : left + width]
                own = line[lead : lead + width]
                for x in range(width):
                    value = np.float64(row[x])
                    own[x] = value * value if power else value
                for x in range(lead):
                    line[x] = own[columns[x]]
                for x in range(lead + width, columns.size):
                    line[x] = own[columns[x]]
                _sum_along(line, spare, size, plane[power, y])
            for y in range(rows.size):
                stack[y] = plane[power, rows[y]]
            _sum_windows(stack, size, squares[z] if power else sums[z])


@kernel(
    (
        *("float64[:,:,::1]", "float64[:,:,::1]", "int64[::1]", "int64", "int64", "int64"),
        *("float32[:,:,::1]", "float32[:,:,::1]"),
    )
)
def _combine(
    sums: Array,
    squares: Array,
    planes: Array,
    count: int,
    start: int,
    stop: int,
    mean: Array,
    variance: Array,
) -> None:
    depth, wide = mean.shape[0], mean.shape[2]
    size = planes.size - depth + 1
    stack = np.empty((planes.size, wide))
    total, square = np.empty((depth, wide)), np.empty((depth, wide))
    most = np.float64(np.finfo(np.float32).max)
    for y in range(start, stop):
        for z in range(planes.size):
            stack[z] = sums[planes[z], y]
        _sum_windows(stack, size, total)
        for z in range(planes.size):
            stack[z] = squares[planes[z], y]
        _sum_windows(stack, size, square)
        for z in range(depth):
            for x in range(wide):
                average = total[z, x] / count
                spread = square[z, x] / count - average * average
                mean[z, y, x] = average
                variance[z, y, x] = min(max(spread, 0.0), most)
