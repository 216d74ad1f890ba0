"""The Sobel gradient."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING

import numpy as np

from annotat_nb.blocks import shape_of
from annotat_nb.kernels.compiling import helper, kernel
from annotat_nb.kernels.mirror import Reading
from annotat_nb.kernels.threads import over

if TYPE_CHECKING:
    from annotat_nb.blocks import Box
    from annotat_nb.operation import Array


def sobel(image: Array, ndim: int, box: Box) -> Array:
    """Compute the length of the Sobel gradient.

    Along each axis the kernel is (−1, 0, 1), smoothed by (1, 2, 1) across the others.

    Parameters
    ----------
    image
        float32, (z, y, x), mirrored at its border.
    ndim
        2: within each slice; 3.
    box
        The voxels that are wanted.

    Returns
    -------
    ndarray
        float32, of the shape of `box`.
    """
    length: Array = _differentiate(image, ndim, box, 1)[0]
    return length


def sobel_gradient(image: Array, ndim: int, box: Box) -> Array:
    """Compute the derivatives along z (if `ndim` is 3), y and x by the same kernels.

    Parameters are those of `sobel`.

    Returns
    -------
    ndarray
        float32, (`ndim`, z, y, x).
    """
    return _differentiate(image, ndim, box, ndim)


def _differentiate(image: Array, ndim: int, box: Box, count: int) -> Array:
    read = Reading.of(box, 1, ndim, image.shape)
    source, out = read.planes_of(image), np.empty((count, *shape_of(box)), np.float32)
    tables = (read.planes.table, read.rows.table, read.columns.table, read.where)
    over(out.shape[1], lambda start, stop: _sobel(source, *tables, start, stop, out))
    return out


# Rows are named by their numbers, and offsets are unsigned, for the reasons given in `moments`.
# Each loop writes one row: with more of them the compiler does not do several voxels at once.


@helper
def _across(
    image: Array,
    planes: Array,
    where: tuple[int, int, int, int, int],
    z: int,
    smooth: Array,
    slope: Array,
) -> None:
    """Smooth and differentiate from plane to plane, unless there is one only."""
    top, height, left, width, _ = where
    first, a = np.uint64(left), planes[z]
    for y in range(height):
        if slope.shape[0] == 0:
            for x in range(np.uint64(width)):
                smooth[y, x] = image[a, top + y, x + first]
            continue
        b, c = planes[z + 1], planes[z + 2]
        for x in range(np.uint64(width)):
            low, high = image[a, top + y, x + first], image[c, top + y, x + first]
            smooth[y, x] = low + 2 * image[b, top + y, x + first] + high
        for x in range(np.uint64(width)):
            slope[y, x] = image[c, top + y, x + first] - image[a, top + y, x + first]


@helper
def _within(
    smooth: Array, slope: Array, rows: Array, y: int, columns: Array, lead: int, lines: Array
) -> None:
    """Make the lines that are to be differentiated along x, y and z, mirrored at both ends."""
    a, b, c = rows[y], rows[y + 1], rows[y + 2]
    first, width = np.uint64(lead), np.uint64(smooth.shape[1])
    for x in range(width):
        lines[0, x + first] = smooth[a, x] + 2 * smooth[b, x] + smooth[c, x]
    for x in range(width):
        lines[1, x + first] = smooth[c, x] - smooth[a, x]
    if slope.shape[0] > 0:
        for x in range(width):
            lines[2, x + first] = slope[a, x] + 2 * slope[b, x] + slope[c, x]
    for i in range(3):
        for x in range(lead):
            lines[i, x] = lines[i, lead + columns[x]]
        for x in range(lead + smooth.shape[1], columns.size):
            lines[i, x] = lines[i, lead + columns[x]]


@kernel(
    (
        *("const float32[:,:,::1]", "int64[::1]", "int64[::1]", "int64[::1]"),
        *("UniTuple(int64, 5)", "int64", "int64", "float32[:,:,:,::1]"),
    )
)
def _sobel(
    image: Array,
    planes: Array,
    rows: Array,
    columns: Array,
    where: tuple[int, int, int, int, int],
    start: int,
    stop: int,
    out: Array,
) -> None:
    """Compute the length of the gradient if `out` has one channel, or else its components."""
    _, height, _, width, lead = where
    is_flat, last = planes.size == out.shape[1], out.shape[0] - 1
    smooth = np.empty((height, width), np.float32)
    slope = np.empty((0 if is_flat else height, width), np.float32)
    lines = np.zeros((3, columns.size), np.float32)
    for z in range(start, stop):
        _across(image, planes, where, z, smooth, slope)
        for y in range(out.shape[2]):
            _within(smooth, slope, rows, y, columns, lead, lines)
            if last > 0:
                for x in range(out.shape[3]):
                    out[last, z, y, x] = lines[0, x + 2] - lines[0, x]
                for x in range(out.shape[3]):
                    out[last - 1, z, y, x] = lines[1, x] + 2 * lines[1, x + 1] + lines[1, x + 2]
            if last > 1:
                for x in range(out.shape[3]):
                    out[0, z, y, x] = lines[2, x] + 2 * lines[2, x + 1] + lines[2, x + 2]
            if last == 0:
                for x in range(out.shape[3]):
                    along_x = lines[0, x + 2] - lines[0, x]
                    along_y = lines[1, x] + 2 * lines[1, x + 1] + lines[1, x + 2]
                    along_z = lines[2, x] + 2 * lines[2, x + 1] + lines[2, x + 2]
                    square = along_x * along_x + along_y * along_y + along_z * along_z
                    out[0, z, y, x] = sqrt(square)
