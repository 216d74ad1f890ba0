"""Gabor filters."""

from __future__ import annotations

from math import cos, sin, sqrt
from typing import TYPE_CHECKING

import numpy as np

from annotat_nb.kernels.compiling import helper, kernel
from annotat_nb.kernels.mirror import Reading, shape_of
from annotat_nb.kernels.threads import over
from annotat_nb.kernels.weights import gabor_weights

if TYPE_CHECKING:
    from annotat_nb.blocks import Box
    from annotat_nb.operation import Array


def gabor(
    image: Array, smooth: Array, sigma: int, wavelength: float, angle: float, box: Box
) -> Array:
    """Compute the magnitude of a complex Gabor filter without mean, slice by slice.

    The filter is a round Gaussian times a plane wave, from which so much of the Gaussian is taken
    that its mean is 0. A round Gaussian is one along x times one along y, and so is the wave: each
    has a real and an imaginary part, which makes six filters along an axis.

    Parameters
    ----------
    image
        float32, (z, y, x), mirrored at its border.
    smooth
        What `gaussian` makes of it with `sigma` in 2D, in `box`.
    sigma
        Standard deviation of the Gaussian, in voxels.
    wavelength
        Of the wave, in voxels.
    angle
        Direction of the wave, in radians, from x to y.
    box
        The voxels that are wanted.

    Returns
    -------
    ndarray
        float32, of the shape of `box`.
    """
    frequency = 2 * np.pi / wavelength
    even_x, odd_x = gabor_weights(sigma, frequency * cos(angle))
    even_y, odd_y = gabor_weights(sigma, frequency * sin(angle))
    mean = (2 * even_x.sum() - even_x[0]) * (2 * even_y.sum() - even_y[0])
    read = Reading.of(box, even_x.size - 1, 2, image.shape)
    source, out = read.planes_of(image), np.empty(shape_of(box), np.float32)
    weights = (even_x, odd_x, even_y, odd_y, mean)
    tables = (read.rows.table, read.columns.table, read.where)
    given = (source, np.ascontiguousarray(smooth), *weights, *tables)
    over(len(out), lambda start, stop: _filter(*given, start, stop, out))
    return out


@helper
def _along(line: Array, even: Array, odd: Array, real: Array, imaginary: Array) -> None:
    """Filter `line`: the part with the cosine, and the one with the sine."""
    reach, size = even.size - 1, real.size
    real[:] = 0
    imaginary[:] = 0
    for i in range(0, reach, 2):  # the reach is a multiple of 4
        near, far = line[i : i + size + 1], line[2 * reach - i - 1 : 2 * reach - i + size]
        a, b, c, d = even[reach - i], even[reach - i - 1], odd[reach - i], odd[reach - i - 1]
        for x in range(size):
            real[x] += a * (far[x + 1] + near[x]) + b * (far[x] + near[x + 1])
        for x in range(size):
            imaginary[x] += c * (far[x + 1] - near[x]) + d * (far[x] - near[x + 1])
    middle = line[reach : reach + size]
    for x in range(size):
        real[x] += even[0] * middle[x]


@helper
def _down(
    one: Array, other: Array, sign: int, rows: Array, even: Array, odd: Array, line: Array
) -> None:
    """Filter from row to row: `one` with the cosine, `other` with the sine times `sign`."""
    reach, width = even.size - 1, line.size
    for x in range(width):
        line[x] = even[0] * one[rows[reach], x]
    for i in range(reach):
        near, far = rows[i], rows[2 * reach - i]
        a, b = even[reach - i], np.float32(sign) * odd[reach - i]
        for x in range(width):
            line[x] += a * (one[far, x] + one[near, x]) + b * (other[far, x] - other[near, x])


@kernel(
    (
        *("const float32[:,:,::1]", "const float32[:,:,::1]"),
        *("const float32[::1]", "const float32[::1]", "const float32[::1]", "const float32[::1]"),
        *("float32", "int64[::1]", "int64[::1]", "UniTuple(int64, 5)", "int64", "int64"),
        "float32[:,:,::1]",
    ),
    fastmath={"contract"},
)
def _filter(
    image: Array,
    smooth: Array,
    even_x: Array,
    odd_x: Array,
    even_y: Array,
    odd_y: Array,
    mean: float,
    rows: Array,
    columns: Array,
    where: tuple[int, int, int, int, int],
    start: int,
    stop: int,
    out: Array,
) -> None:
    top, height, left, width, lead = where
    wide, line = out.shape[2], np.empty(columns.size, np.float32)
    real = np.empty((height, wide), np.float32)
    imaginary = np.empty((height, wide), np.float32)
    made = np.empty((2, wide), np.float32)
    for z in range(start, stop):
        for y in range(height):
            row = image[z, top + y, left : left + width]
            line[lead : lead + width] = row
            for x in range(lead):
                line[x] = row[columns[x]]
            for x in range(lead + width, columns.size):
                line[x] = row[columns[x]]
            _along(line, even_x, odd_x, real[y], imaginary[y])
        for y in range(out.shape[1]):
            _down(real, imaginary, -1, rows[y:], even_y, odd_y, made[0])
            _down(imaginary, real, 1, rows[y:], even_y, odd_y, made[1])
            for x in range(wide):
                part = made[0, x] - mean * smooth[z, y, x]
                out[z, y, x] = sqrt(part * part + made[1, x] * made[1, x])
