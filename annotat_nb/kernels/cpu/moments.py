"""Mean and variance of the window round each voxel."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from annotat_nb.blocks import shape_of
from annotat_nb.kernels.compiling import helper, kernel
from annotat_nb.kernels.doubling import JOIN, LOAD, slabs, steps
from annotat_nb.kernels.mirror import Reading
from annotat_nb.kernels.threads import over

if TYPE_CHECKING:
    from collections.abc import Callable

    from annotat_nb.blocks import Box
    from annotat_nb.kernels.doubling import Slab
    from annotat_nb.operation import Array


def moments(image: Array, radius: int, ndim: int, box: Box) -> tuple[Array, Array]:
    """Compute the mean and the variance, E[x²] − E[x]², of the window round each voxel.

    Sums of 2, 4, 8 … neighbours are made of one another, and those that make up the window are
    added: the largest first along the axis, but the smallest first in the sum. Running sums would
    be no slower, but their rounding errors depend on where they began, so that a voxel's value
    would depend on its block. The squares of float32 are exact in float64, so that nothing is
    lost by a large value that all voxels have in common.

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
    out = np.empty((2, *shape_of(box)), np.float32)
    flat = out.reshape(2, len(out[0]), -1)
    rows = steps(read.rows.table.size, size, overlap=False)
    tables = (rows.table, read.rows.table, read.columns.table, read.where, rows.memory, size)
    if ndim == 2:
        none = np.empty((2, 0, 0))
        over(len(source), lambda start, stop: _sum_planes(source, *tables, start, stop, none, flat))
        return out[0], out[1]
    weight = 2 * flat.shape[2] * np.dtype(float).itemsize
    ring, memory, found = slabs(read.planes.table, size, weight, overlap=False)
    sums = np.empty((2, ring, flat.shape[2]))
    within = partial(_sum_planes, source, *tables)
    for slab in found:
        _sum_slab(slab, within, sums, (memory, size**3), flat)
    return out[0], out[1]


def _sum_slab(
    slab: Slab, within: Callable[..., None], sums: Array, across: tuple[int, int], out: Array
) -> None:
    first, joined = slab.first, (sums, slab.table, slab.places, *across)
    over(slab.last - first, lambda a, b: within(first + a, first + b, sums, out))
    over(out.shape[2], lambda start, stop: _sum_across(*joined, start, stop, out))


_SEGMENT = 1024
"""How many voxels of a plane are added to those of other planes at once."""

# In what follows, rows are named by their numbers instead of cut out of their arrays: making a
# view takes as long as a hundred additions. Offsets are unsigned: each use of a signed one would
# be asked whether it is negative, which forbids to add several numbers at once.


@helper
def _join(stack: Array, one: int, other: int, to: int) -> None:
    for x in range(stack.shape[1]):
        stack[to, x] = stack[one, x] + stack[other, x]


@helper
def _sum_along(lines: Array, size: int, stack: Array, to: int, first: int) -> None:
    """Add up the numbers of the first of three `lines`, `size` (odd) from each on."""
    wide, start = np.uint64(stack.shape[1] // 2), np.uint64(first)
    count, width, done, line = lines.shape[1], 1, 1, 0
    while 2 * width <= size:
        count -= width
        made, offset = 2 if line == 1 else 1, np.uint64(width)
        for x in range(np.uint64(count)):
            lines[made, x] = lines[line, x] + lines[line, x + offset]
        line, width = made, 2 * width
        if size & width:
            last, offset = np.uint64(size - 1), np.uint64(size - done - width)
            if done == 1:
                for x in range(wide):
                    stack[to, x + start] = lines[0, x + last] + lines[line, x + offset]
            else:
                for x in range(wide):
                    stack[to, x + start] += lines[line, x + offset]
            done += width


@helper
def _put(
    image: Array,
    z: int,
    y: int,
    columns: Array,
    where: tuple[int, int, int, int, int],
    is_square: bool,
    lines: Array,
) -> None:
    """Put a row of the image, or its squares, on the first line, mirrored at both ends."""
    top, _, left, width, lead = where
    start, first = np.uint64(lead), np.uint64(left)
    for x in range(np.uint64(width)):
        lines[0, x + start] = image[z, top + y, x + first]
    for x in range(lead):
        lines[0, x] = lines[0, lead + columns[x]]
    for x in range(lead + width, columns.size):
        lines[0, x] = lines[0, lead + columns[x]]
    if is_square:
        for x in range(columns.size):
            lines[0, x] *= lines[0, x]


@helper
def _finish(stack: Array, row: int, count: int, out: Array, z: int, first: int, wide: int) -> None:
    half, start = np.uint64(stack.shape[1] // 2), np.uint64(first)
    number, most = np.float64(count), np.float64(np.finfo(np.float32).max)
    for x in range(np.uint64(wide)):
        mean = stack[row, x] / number
        spread = stack[row, x + half] / number - mean * mean
        out[0, z, x + start] = mean
        out[1, z, x + start] = min(max(spread, 0.0), most)


@kernel(
    (
        *("const float32[:,:,::1]", "const int64[:,::1]", "int64[::1]", "int64[::1]"),
        *("UniTuple(int64, 5)", "int64", "int64", "int64", "int64"),
        *("float64[:,:,::1]", "float32[:,:,::1]"),
    )
)
def _sum_planes(
    image: Array,
    table: Array,
    rows: Array,
    columns: Array,
    where: tuple[int, int, int, int, int],
    memory: int,
    size: int,
    start: int,
    stop: int,
    sums: Array,
    out: Array,
) -> None:
    """Add up the windows of each plane; finish them if there is no place for the sums."""
    ring = sums.shape[1]
    wide = columns.size - size + 1
    stack, lines = np.empty((memory, 2 * wide)), np.empty((3, columns.size))
    for z in range(start, stop):
        for step in range(table.shape[0]):
            to, one, other = table[step, 1], table[step, 2], table[step, 3]
            if table[step, 0] == LOAD:
                for power in range(2):
                    _put(image, z, rows[one], columns, where, power == 1, lines)
                    _sum_along(lines, size, stack, to, power * wide)
            elif table[step, 0] == JOIN:
                _join(stack, one, other, to)
            elif ring:
                place, first, half = z % ring, np.uint64(to * wide), np.uint64(wide)
                for x in range(half):
                    sums[0, place, x + first] = stack[one, x]
                for x in range(half):
                    sums[1, place, x + first] = stack[one, x + half]
            else:
                _finish(stack, one, size * size, out, z, to * wide, wide)


@kernel(
    (
        *("const float64[:,:,::1]", "const int64[:,::1]", "int64[::1]"),
        *("int64", "int64", "int64", "int64", "float32[:,:,::1]"),
    )
)
def _sum_across(
    sums: Array,
    table: Array,
    places: Array,
    memory: int,
    count: int,
    start: int,
    stop: int,
    out: Array,
) -> None:
    """Add up from plane to plane, for the voxels of each plane from `start` up to `stop`."""
    stack, half = np.empty((memory, 2 * _SEGMENT)), np.uint64(_SEGMENT)
    for first in range(start, stop, _SEGMENT):
        at, wide = np.uint64(first), np.uint64(min(_SEGMENT, stop - first))
        for step in range(table.shape[0]):
            to, one, other = table[step, 1], table[step, 2], table[step, 3]
            if table[step, 0] == LOAD:
                z = places[one]
                for x in range(wide):
                    stack[to, x] = sums[0, z, x + at]
                for x in range(wide):
                    stack[to, x + half] = sums[1, z, x + at]
            elif table[step, 0] == JOIN:
                _join(stack, one, other, to)
            else:
                _finish(stack, one, count, out, to, first, min(_SEGMENT, stop - first))
