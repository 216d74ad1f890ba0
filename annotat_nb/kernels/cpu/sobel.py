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
    read = Reading.of(box, 1, ndim, image.shape)
    source, out = read.planes_of(image), np.empty(shape_of(box), np.float32)
    planes = read.planes.table
    extra = planes.size - len(out)

    def work(start: int, stop: int) -> None:
        tables = (planes[start : stop + extra], read.rows.table, read.columns.table)
        _sobel(source, *tables, read.where, out[start:stop])

    over(len(out), work)
    return out


@helper
def _mirror(row: Array, columns: Array, lead: int, width: int, line: Array) -> None:
    line[lead : lead + width] = row
    for x in range(lead):
        line[x] = row[columns[x]]
    for x in range(lead + width, columns.size):
        line[x] = row[columns[x]]


@kernel(
    (
        *("const float32[:,:,::1]", "int64[::1]", "int64[::1]", "int64[::1]"),
        *("UniTuple(int64, 5)", "float32[:,:,::1]"),
    )
)
def _sobel(
    image: Array,
    planes: Array,
    rows: Array,
    columns: Array,
    where: tuple[int, int, int, int, int],
    out: Array,
) -> None:
    top, height, left, width, lead = where
    is_flat = planes.size == out.shape[0]
    smooth, slope = np.empty((height, width), np.float32), np.zeros((height, width), np.float32)
    row = np.empty((3, width), np.float32)
    line = np.empty((3, columns.size), np.float32)
    for z in range(out.shape[0]):
        for y in range(height):
            middle = image[planes[z if is_flat else z + 1], top + y, left : left + width]
            if is_flat:
                smooth[y] = middle
                continue
            low = image[planes[z], top + y, left : left + width]
            high = image[planes[z + 2], top + y, left : left + width]
            s, d = smooth[y], slope[y]
            for x in range(width):
                s[x] = low[x] + 2 * middle[x] + high[x]
                d[x] = high[x] - low[x]
        for y in range(out.shape[1]):
            a, b, c = smooth[rows[y]], smooth[rows[y + 1]], smooth[rows[y + 2]]
            e, f, g = slope[rows[y]], slope[rows[y + 1]], slope[rows[y + 2]]
            s, d, t = row[0], row[1], row[2]
            for x in range(width):
                s[x] = a[x] + 2 * b[x] + c[x]
                d[x] = c[x] - a[x]
                t[x] = e[x] + 2 * f[x] + g[x]
            for i in range(3):
                _mirror(row[i], columns, lead, width, line[i])
            s, d, t, made = line[0], line[1], line[2], out[z, y]
            for x in range(made.size):
                along_x = s[x + 2] - s[x]
                along_y = d[x] + 2 * d[x + 1] + d[x + 2]
                along_z = t[x] + 2 * t[x + 1] + t[x + 2]
                made[x] = sqrt(along_x * along_x + along_y * along_y + along_z * along_z)
