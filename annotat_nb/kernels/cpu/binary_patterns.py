"""Which neighbours of a voxel are brighter than itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from annotat_nb.blocks import shape_of
from annotat_nb.kernels.compiling import helper, kernel
from annotat_nb.kernels.mirror import Reading
from annotat_nb.kernels.threads import over
from annotat_nb.kernels.weights import RING

if TYPE_CHECKING:
    from annotat_nb.blocks import Box
    from annotat_nb.operation import Array


def binary_patterns(image: Array, radius: int, ndim: int, box: Box) -> tuple[Array, ...]:
    """Set a bit for each of eight neighbours that is brighter than the voxel itself.

    Parameters
    ----------
    image
        float32, (z, y, x), mirrored at its border.
    radius
        How far the neighbours are along each axis, in voxels. Bit i is that of neighbour i of
        `annotat_nb.kernels.weights.RING`.
    ndim
        2: the neighbours in the plane y, x. 3: those in z, x and in z, y, too.
    box
        The voxels that are wanted.

    Returns
    -------
    patterns : tuple of ndarray
        An image for each plane: whole numbers from 0 to 255 as float32, of the shape of `box`.
    """
    read = Reading.of(box, radius, ndim, image.shape)
    out = np.empty((1 if ndim == 2 else 3, *shape_of(box)), np.float32)
    sides = radius * np.arange(3) if ndim == 3 else np.zeros(3, np.int64)
    planes = read.planes.table[np.arange(out.shape[1])[:, None] + sides]
    tables = (planes, read.rows.table, read.columns.table, read.where, _neighbours(radius))
    source = read.planes_of(image)
    over(out.shape[1], lambda start, stop: _compare(source, *tables, start, stop, out))
    return tuple(out)


def _neighbours(radius: int) -> Array:
    """Return the line and the offset along it of each neighbour, int64, (3, 8, 2)."""
    first, second = np.array(RING).T + 1
    lines = (3 + first, 3 * first + 1, 3 * first + second)
    offsets = (radius * second, radius * second, np.full(8, radius))
    return np.stack([np.stack(lines), np.stack(offsets)], axis=2)


@helper
def _gather(
    image: Array, planes: Array, rows: Array, left: int, columns: Array, lines: Array
) -> None:
    """Take the rows of nine neighbours in z and y, mirrored at both ends."""
    for line in range(9):
        plane, row = planes[line // 3], rows[line % 3]
        for x in range(columns.size):
            lines[line, x] = image[plane, row, left + columns[x]]


@helper
def _add_bit(
    lines: Array, line: int, offset: int, middle: int, bit: int, out: Array, z: int, y: int
) -> None:
    there, here, weight = np.uint64(offset), np.uint64(middle), np.float32(1 << bit)
    for x in range(np.uint64(out.shape[2])):
        is_brighter = lines[line, x + there] > lines[4, x + here]
        out[z, y, x] += weight if is_brighter else np.float32(0)


@kernel(
    (
        *("const float32[:,:,::1]", "int64[:,::1]", "int64[::1]", "int64[::1]"),
        *("UniTuple(int64, 5)", "int64[:,:,::1]", "int64", "int64", "float32[:,:,:,::1]"),
    )
)
def _compare(
    image: Array,
    planes: Array,
    rows: Array,
    columns: Array,
    where: tuple[int, int, int, int, int],
    neighbours: Array,
    start: int,
    stop: int,
    out: Array,
) -> None:
    top, left, radius = where[0], where[2], (columns.size - out.shape[3]) // 2
    lines = np.empty((9, columns.size), np.float32)
    for z in range(start, stop):
        for y in range(out.shape[2]):
            near = top + rows[y : y + 2 * radius + 1 : radius]
            _gather(image, planes[z], near, left, columns, lines)
            for which in range(out.shape[0]):
                out[which, z, y] = 0
                for bit in range(8):
                    line, offset = neighbours[which, bit]
                    _add_bit(lines, line, offset, radius, bit, out[which], z, y)
