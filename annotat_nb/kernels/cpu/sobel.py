"""The Sobel gradient."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING

import numpy as np

from annotat_nb.kernels.compiling import helper, kernel
from annotat_nb.kernels.mirror import Reading, shape_of
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


@helper
def _mirror(row: Array, columns: Array, lead: int, width: int, line: Array) -> None:
    line[lead : lead + width] = row
    for x in range(lead):
        line[x] = row[columns[x]]
    for x in range(lead + width, columns.size):
        line[x] = row[columns[x]]


@helper
def _across(
    image: Array,
    planes: Array,
    where: tuple[int, int, int, int, int],
    z: int,
    smooth: Array,
    slope: Array,
) -> None:
    """Smooth and differentiate from plane to plane."""
    top, height, left, width, _ = where
    for y in range(height):
        low = image[planes[z], top + y, left : left + width]
        middle = image[planes[z + 1], top + y, left : left + width]
        high = image[planes[z + 2], top + y, left : left + width]
        s, d = smooth[y], slope[y]
        for x in range(width):
            s[x] = low[x] + 2 * middle[x] + high[x]
            d[x] = high[x] - low[x]


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
    top, height, left, width, lead = where
    is_flat, last = planes.size == out.shape[1], out.shape[0] - 1
    smooth, slope = np.empty((height, width), np.float32), np.zeros((height, width), np.float32)
    row = np.empty((3, width), np.float32)
    line = np.empty((3, columns.size), np.float32)
    for z in range(start, stop):
        if is_flat:
            smooth[:] = image[planes[z], top : top + height, left : left + width]
        else:
            _across(image, planes, where, z, smooth, slope)
        for y in range(out.shape[2]):
            a, b, c = smooth[rows[y]], smooth[rows[y + 1]], smooth[rows[y + 2]]
            e, f, g = slope[rows[y]], slope[rows[y + 1]], slope[rows[y + 2]]
            s, d, t = row[0], row[1], row[2]
            for x in range(width):
                s[x] = a[x] + 2 * b[x] + c[x]
                d[x] = c[x] - a[x]
                t[x] = e[x] + 2 * f[x] + g[x]
            for i in range(3):
                _mirror(row[i], columns, lead, width, line[i])
            s, d, t = line[0], line[1], line[2]
            if last > 0:
                for x in range(out.shape[3]):
                    out[0, z, y, x] = t[x] + 2 * t[x + 1] + t[x + 2]
                    out[last - 1, z, y, x] = d[x] + 2 * d[x + 1] + d[x + 2]
                    out[last, z, y, x] = s[x + 2] - s[x]
                continue
            for x in range(out.shape[3]):
                along_x = s[x + 2] - s[x]
                along_y = d[x] + 2 * d[x + 1] + d[x + 2]
                along_z = t[x] + 2 * t[x + 1] + t[x + 2]
                square = along_x * along_x + along_y * along_y + along_z * along_z
                out[0, z, y, x] = sqrt(square)
