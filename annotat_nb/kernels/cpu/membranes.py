"""What lines in all directions have in common at each voxel."""

from __future__ import annotations

from functools import lru_cache
from math import sqrt
from typing import TYPE_CHECKING

import numpy as np

from annotat_nb.blocks import shape_of
from annotat_nb.kernels.compiling import helper, kernel
from annotat_nb.kernels.cpu.selection import LOAD, exchanges
from annotat_nb.kernels.mirror import Reading
from annotat_nb.kernels.threads import over
from annotat_nb.kernels.weights import LINE, line_weights

if TYPE_CHECKING:
    from annotat_nb.blocks import Box
    from annotat_nb.operation import Array

_TOGETHER = 4
"""Voxels of a line that are added in one go."""


def membrane_projections(image: Array, count: int, box: Box) -> tuple[Array, ...]:
    """Average the image along lines in `count` directions, and describe these averages.

    Parameters
    ----------
    image
        float32, (z, y, x), mirrored at its border.
    count
        Number of directions in a slice, an even one; see `line_weights`.
    box
        The voxels that are wanted.

    Returns
    -------
    projections : tuple of ndarray
        Sum, mean, standard deviation, median, largest and smallest of the averages, float32, each
        of the shape of `box`.
    """
    read = Reading.of(box, LINE // 2, 2, image.shape)
    source, out = read.planes_of(image), np.empty((6, *shape_of(box)), np.float32)
    program, places = exchanges(count)
    tables = (read.rows.table, read.columns.table, read.where, *_lines(count), program, places)
    over(out.shape[1], lambda start, stop: _project(source, *tables, start, stop, out))
    return tuple(out)


@lru_cache(maxsize=8)
def _lines(count: int) -> tuple[Array, Array]:
    """Return where the voxels of each line are, int64 (lines, voxels, 2), and their weights."""
    weights = line_weights(count)
    most = int((weights > 0).sum(axis=(1, 2)).max())
    places = np.zeros((count, -(-most // _TOGETHER) * _TOGETHER, 2), np.int64)
    found = np.zeros(places.shape[:2], np.float32)
    for line, patch in enumerate(weights):
        own = np.argwhere(patch > 0)
        places[line, : len(own)] = own
        found[line, : len(own)] = patch[patch > 0]
    return places, found


@helper
def _average(plane: Array, y: int, places: Array, weights: Array, line: int, values: Array) -> None:
    """Average along one line, for all voxels of row `y`."""
    width = np.uint64(values.shape[1])
    for x in range(width):
        values[line, x] = 0
    for i in range(0, weights.shape[1], 4):
        a, b = y + places[line, i, 0], y + places[line, i + 1, 0]
        c, d = y + places[line, i + 2, 0], y + places[line, i + 3, 0]
        e, f = np.uint64(places[line, i, 1]), np.uint64(places[line, i + 1, 1])
        g, h = np.uint64(places[line, i + 2, 1]), np.uint64(places[line, i + 3, 1])
        k, m = weights[line, i], weights[line, i + 1]
        n, o = weights[line, i + 2], weights[line, i + 3]
        for x in range(width):
            part = values[line, x] + k * plane[a, x + e] + m * plane[b, x + f]
            values[line, x] = part + n * plane[c, x + g] + o * plane[d, x + h]


@helper
def _describe(values: Array, out: Array, z: int, y: int) -> None:
    """Find all but the median, which comes third."""
    count, width = values.shape
    total, spread = np.zeros(width), np.zeros(width)
    for i in range(count):
        for x in range(width):
            total[x] += values[i, x]
    for x in range(width):
        out[0, z, y, x] = total[x]
        total[x] /= count
        out[1, z, y, x] = total[x]
    for i in range(count):
        for x in range(width):
            difference = values[i, x] - total[x]
            spread[x] += difference * difference
    for x in range(width):
        out[2, z, y, x] = sqrt(spread[x] / count)
        out[4, z, y, x] = values[0, x]
        out[5, z, y, x] = values[0, x]
    for i in range(1, count):
        for x in range(width):
            out[4, z, y, x] = max(out[4, z, y, x], values[i, x])
        for x in range(width):
            out[5, z, y, x] = min(out[5, z, y, x], values[i, x])


@helper
def _order(values: Array, program: Array, places: Array) -> None:
    """Exchange values until those in the middle are where they belong."""
    for step in range(program.shape[0]):
        one, other = program[step, 1], program[step, 2]
        if program[step, 0] == LOAD:
            for x in range(values.shape[1]):
                places[one, x] = values[other, x]
        else:
            for x in range(values.shape[1]):
                a, b = places[one, x], places[other, x]
                places[one, x] = min(a, b)
                places[other, x] = max(a, b)


@kernel(
    (
        *("const float32[:,:,::1]", "int64[::1]", "int64[::1]", "UniTuple(int64, 5)"),
        *("const int64[:,:,::1]", "const float32[:,::1]"),
        *("const int64[:,::1]", "UniTuple(int64, 2)", "int64", "int64", "float32[:,:,:,::1]"),
    )
)
def _project(
    image: Array,
    rows: Array,
    columns: Array,
    where: tuple[int, int, int, int, int],
    places: Array,
    weights: Array,
    program: Array,
    middle: tuple[int, int],
    start: int,
    stop: int,
    out: Array,
) -> None:
    top, left = where[0], where[2]
    plane = np.empty((rows.size, columns.size), np.float32)
    values = np.empty((weights.shape[0], out.shape[3]), np.float32)
    ordered = np.empty_like(values)
    for z in range(start, stop):
        for y in range(rows.size):
            for x in range(columns.size):
                plane[y, x] = image[z, top + rows[y], left + columns[x]]
        for y in range(out.shape[2]):
            for line in range(weights.shape[0]):
                _average(plane, y, places, weights, line, values)
            _describe(values, out, z, y)
            _order(values, program, ordered)
            for x in range(out.shape[3]):
                out[3, z, y, x] = (ordered[middle[0], x] + ordered[middle[1], x]) / 2
