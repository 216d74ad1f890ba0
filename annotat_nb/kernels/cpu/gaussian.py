"""Gaussian smoothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from annotat_nb.blocks import shape_of
from annotat_nb.kernels.compiling import helper, kernel
from annotat_nb.kernels.mirror import Reading
from annotat_nb.kernels.threads import over
from annotat_nb.kernels.weights import gaussian_weights

if TYPE_CHECKING:
    from annotat_nb.blocks import Box
    from annotat_nb.operation import Array


def gaussian(image: Array, sigma: int, ndim: int, box: Box) -> Array:
    """Convolve `image` with a Gaussian, mirrored at its border.

    Parameters
    ----------
    image
        float32, (z, y, x).
    sigma
        Standard deviation in voxels.
    ndim
        2: each slice by itself; 3.
    box
        The voxels that are wanted.

    Returns
    -------
    ndarray
        float32, of the shape of `box`.
    """
    weights = gaussian_weights(sigma)
    read = Reading.of(box, weights.size - 1, ndim, image.shape)
    source, out = read.planes_of(image), np.empty(shape_of(box), np.float32)
    top, height, left, width, lead = read.where
    if ndim == 3:
        planes, made = read.planes.table, np.empty((len(out), height, width), np.float32)
        across = (source, weights, planes, top, left)
        over(height, lambda start, stop: _smooth_across(*across, start, stop, made))
        source, top, left = made, 0, 0
    within = (source, weights, read.rows.table, read.columns.table, (top, left, width, lead))
    over(len(out), lambda start, stop: _smooth_within(*within, start, stop, out))
    return out


@helper
def _fold(line: Array, weights: Array, stack: Array, table: Array, first: int) -> None:
    """Add up rows of `stack`, from the outermost pair to the middle: small numbers first."""
    reach, end = weights.size - 1, first + line.size
    line[:] = 0
    for i in range(0, reach, 4):  # the reach of a Gaussian is a multiple of 4
        j = 2 * reach - i
        a, b = stack[table[i], first:end], stack[table[j], first:end]
        c, d = stack[table[i + 1], first:end], stack[table[j - 1], first:end]
        e, f = stack[table[i + 2], first:end], stack[table[j - 2], first:end]
        g, h = stack[table[i + 3], first:end], stack[table[j - 3], first:end]
        k, m = weights[reach - i], weights[reach - i - 1]
        n, o = weights[reach - i - 2], weights[reach - i - 3]
        for x in range(line.size):
            outer = line[x] + k * (a[x] + b[x]) + m * (c[x] + d[x])
            line[x] = outer + n * (e[x] + f[x]) + o * (g[x] + h[x])
    middle = stack[table[reach], first:end]
    for x in range(line.size):
        line[x] += weights[0] * middle[x]


@helper
def _fold_along(made: Array, weights: Array, line: Array) -> None:
    """Do the same with the neighbours in `line`."""
    reach, size = weights.size - 1, made.size
    made[:] = 0
    for i in range(0, reach, 4):
        near, far = line[i : i + size + 3], line[2 * reach - i - 3 : 2 * reach - i + size]
        k, m = weights[reach - i], weights[reach - i - 1]
        n, o = weights[reach - i - 2], weights[reach - i - 3]
        for x in range(size):
            outer = made[x] + k * (near[x] + far[x + 3]) + m * (near[x + 1] + far[x + 2])
            made[x] = outer + n * (near[x + 2] + far[x + 1]) + o * (near[x + 3] + far[x])
    middle = line[reach : reach + size]
    for x in range(size):
        made[x] += weights[0] * middle[x]


@kernel(
    (
        *("const float32[:,:,::1]", "const float32[::1]", "int64[::1]", "int64", "int64"),
        *("int64", "int64", "float32[:,:,::1]"),
    ),
    fastmath={"contract"},
)
def _smooth_across(
    image: Array,
    weights: Array,
    planes: Array,
    top: int,
    left: int,
    start: int,
    stop: int,
    out: Array,
) -> None:
    """Smooth from plane to plane, for rows from `start` up to `stop`."""
    width, table = out.shape[2], np.arange(planes.size)
    stack = np.empty((planes.size, width), np.float32)
    for y in range(start, stop):
        for i in range(planes.size):
            z, first = planes[i], np.uint64(left)
            for x in range(np.uint64(width)):
                stack[i, x] = image[z, top + y, x + first]
        for z in range(out.shape[0]):
            _fold(out[z, y], weights, stack, table[z:], 0)


@kernel(
    (
        *("const float32[:,:,::1]", "const float32[::1]", "int64[::1]", "int64[::1]"),
        *("UniTuple(int64, 4)", "int64", "int64", "float32[:,:,::1]"),
    ),
    fastmath={"contract"},
)
def _smooth_within(
    image: Array,
    weights: Array,
    rows: Array,
    columns: Array,
    where: tuple[int, int, int, int],
    start: int,
    stop: int,
    out: Array,
) -> None:
    """Smooth within the planes from `start` up to `stop`."""
    top, left, width, lead = where
    line = np.empty(columns.size, np.float32)
    row = line[lead : lead + width]
    for z in range(start, stop):
        for y in range(out.shape[1]):
            _fold(row, weights, image[z, top:], rows[y:], left)
            for x in range(lead):
                line[x] = row[columns[x]]
            for x in range(lead + width, columns.size):
                line[x] = row[columns[x]]
            _fold_along(out[z, y], weights, line)
