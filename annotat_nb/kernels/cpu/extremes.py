"""Smallest and largest value of the window round each voxel."""

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


_SEGMENT = 1024
"""How many voxels of a plane are compared with those of other planes at once."""


def extremes(image: Array, radius: int, ndim: int, box: Box) -> tuple[Array, Array]:
    """Find the smallest and the largest value of the window round each voxel, both at once.

    Those of 2, 4, 8 … neighbours are made of one another; two that overlap cover the window. The
    largest value is the smallest of the negatives.

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
    out = np.empty((2, *shape_of(box)), np.float32)
    rows = steps(read.rows.table.size, size, overlap=True)
    tables = (rows.table, read.rows.table, read.columns.table, read.where, rows.memory, size)
    if ndim == 2:
        over(len(source), lambda start, stop: _search_planes(source, *tables, start, stop, out))
        return out[0], out[1]
    ring, memory, parts = slabs(read.planes.table, size, out[:, 0].nbytes, overlap=True)
    found = np.empty((2, ring, *out.shape[2:]), np.float32)
    within = partial(_search_planes, source, *tables)
    for slab in parts:
        _search_slab(slab, within, found, memory, out)
    return out[0], out[1]


def _search_slab(
    slab: Slab, within: Callable[..., None], found: Array, memory: int, out: Array
) -> None:
    first, flat = slab.first, out.reshape(2, out.shape[1], -1)
    across = (found.reshape(2, found.shape[1], -1), slab.table, slab.places, memory)
    over(slab.last - first, lambda a, b: within(first + a, first + b, found))
    over(flat.shape[2], lambda start, stop: _search_across(*across, start, stop, flat))


# Rows are named by their numbers, and offsets are unsigned, for the reasons given in `moments`.


@helper
def _join(stack: Array, one: int, other: int, to: int) -> None:
    for x in range(stack.shape[1]):
        stack[to, x] = min(stack[one, x], stack[other, x])


@helper
def _search_along(lines: Array, size: int, stack: Array, to: int, first: int) -> None:
    """Find the smallest number on the first of three `lines`, `size` from each on."""
    count, width, line = lines.shape[1], 1, 0
    while 2 * width <= size:
        count -= width
        made, offset = 2 if line == 1 else 1, np.uint64(width)
        for x in range(np.uint64(count)):
            lines[made, x] = min(lines[line, x], lines[line, x + offset])
        line, width = made, 2 * width
    start, offset = np.uint64(first), np.uint64(size - width)
    for x in range(np.uint64(stack.shape[1] // 2)):
        stack[to, x + start] = min(lines[line, x], lines[line, x + offset])


@helper
def _put(
    image: Array, z: int, y: int, left: int, sign: int, width: int, line: Array, lead: int
) -> None:
    start, first, factor = np.uint64(lead), np.uint64(left), np.float32(sign)
    for x in range(np.uint64(width)):
        line[0, x + start] = factor * image[z, y, x + first]


@helper
def _mirror(line: Array, columns: Array, lead: int, width: int) -> None:
    for x in range(lead):
        line[0, x] = line[0, lead + columns[x]]
    for x in range(lead + width, columns.size):
        line[0, x] = line[0, lead + columns[x]]


@kernel(
    (
        *("const float32[:,:,::1]", "const int64[:,::1]", "int64[::1]", "int64[::1]"),
        *("UniTuple(int64, 5)", "int64", "int64", "int64", "int64", "float32[:,:,:,::1]"),
    )
)
def _search_planes(
    image: Array,
    table: Array,
    rows: Array,
    columns: Array,
    where: tuple[int, int, int, int, int],
    memory: int,
    size: int,
    start: int,
    stop: int,
    out: Array,
) -> None:
    """Search the windows of each plane."""
    top, _, left, width, lead = where
    stack = np.empty((memory, 2 * out.shape[3]), np.float32)
    lines, wide = np.empty((3, columns.size), np.float32), np.uint64(out.shape[3])
    for z in range(start, stop):
        for step in range(table.shape[0]):
            to, one, other = table[step, 1], table[step, 2], table[step, 3]
            if table[step, 0] == LOAD:
                for side in range(2):
                    _put(image, z, top + rows[one], left, 1 - 2 * side, width, lines, lead)
                    _mirror(lines, columns, lead, width)
                    _search_along(lines, size, stack, to, side * out.shape[3])
            elif table[step, 0] == JOIN:
                _join(stack, one, other, to)
            else:
                place = z % out.shape[1]
                for x in range(wide):
                    out[0, place, to, x] = stack[one, x]
                for x in range(wide):
                    out[1, place, to, x] = -stack[one, x + wide]


@kernel(
    (
        *("const float32[:,:,::1]", "const int64[:,::1]", "int64[::1]"),
        *("int64", "int64", "int64", "float32[:,:,::1]"),
    )
)
def _search_across(
    found: Array, table: Array, places: Array, memory: int, start: int, stop: int, out: Array
) -> None:
    """Search from plane to plane, for the voxels of each plane from `start` up to `stop`."""
    stack = np.empty((memory, _SEGMENT), np.float32)
    for side in range(2):
        sign = np.float32(1 - 2 * side)
        for first in range(start, stop, _SEGMENT):
            at, wide = np.uint64(first), np.uint64(min(_SEGMENT, stop - first))
            for step in range(table.shape[0]):
                to, one, other = table[step, 1], table[step, 2], table[step, 3]
                if table[step, 0] == LOAD:
                    z = places[one]
                    for x in range(wide):
                        stack[to, x] = sign * found[side, z, x + at]
                elif table[step, 0] == JOIN:
                    _join(stack, one, other, to)
                else:
                    for x in range(wide):
                        out[side, to, x + at] = sign * stack[one, x]
