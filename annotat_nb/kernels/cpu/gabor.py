"""Gabor filters."""

from __future__ import annotations

from math import cos, sin, sqrt
from typing import TYPE_CHECKING

import numpy as np

from annotat_nb.blocks import shape_of
from annotat_nb.kernels.compiling import helper, kernel
from annotat_nb.kernels.mirror import Reading
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
    waves = (frequency * cos(angle), frequency * sin(angle))
    weights = np.array([gabor_weights(sigma, wave) for wave in waves])  # (x y, even odd, offset)
    mean = np.prod(2 * weights[:, 0].sum(axis=1) - weights[:, 0, 0])
    read = Reading.of(box, weights.shape[2] - 1, 2, image.shape)
    source, out = read.planes_of(image), np.empty(shape_of(box), np.float32)
    tables = (read.rows.table, read.columns.table, read.where)
    given = (source, np.ascontiguousarray(smooth), weights, mean, *tables)
    over(len(out), lambda start, stop: _filter(*given, start, stop, out))
    return out


# Rows are named by their numbers, and offsets are unsigned, for the reasons given in `moments`.


@helper
def _put(
    image: Array,
    z: int,
    y: int,
    columns: Array,
    where: tuple[int, int, int, int, int],
    line: Array,
) -> None:
    """Put a row of the image on the line, mirrored at both ends."""
    top, _, left, width, lead = where
    start, first = np.uint64(lead), np.uint64(left)
    for x in range(np.uint64(width)):
        line[x + start] = image[z, top + y, x + first]
    for x in range(lead):
        line[x] = line[lead + columns[x]]
    for x in range(lead + width, columns.size):
        line[x] = line[lead + columns[x]]


@helper
def _along(line: Array, weights: Array, parts: Array, y: int) -> None:
    """Filter `line`: by the cosine into the first of `parts`, by the sine into the second."""
    reach, size = weights.shape[1] - 1, np.uint64(parts.shape[2])
    for part in range(2):
        middle, weight = np.uint64(reach), weights[part, 0]
        for x in range(size):
            parts[part, y, x] = weight * line[x + middle]
    for i in range(1, reach, 2):  # the reach is a multiple of 4
        a, b = np.uint64(reach - i), np.uint64(reach + i)
        c, d = np.uint64(reach - i - 1), np.uint64(reach + i + 1)
        even, odd = weights[0, i], weights[1, i]
        even2, odd2 = weights[0, i + 1], weights[1, i + 1]
        for x in range(size):
            more = even * (line[x + b] + line[x + a]) + even2 * (line[x + d] + line[x + c])
            parts[0, y, x] += more
        for x in range(size):
            more = odd * (line[x + b] - line[x + a]) + odd2 * (line[x + d] - line[x + c])
            parts[1, y, x] += more


@helper
def _down(parts: Array, rows: Array, y: int, weights: Array, made: Array) -> None:
    """Filter from row to row, the complex numbers of `parts` by those of `weights`."""
    reach, width = weights.shape[1] - 1, parts.shape[2]
    for part in range(2):
        middle, weight = rows[y + reach], weights[0, 0]
        for x in range(width):
            made[part, x] = weight * parts[part, middle, x]
        for i in range(1, reach, 2):
            a, b = rows[y + reach - i], rows[y + reach + i]
            c, d = rows[y + reach - i - 1], rows[y + reach + i + 1]
            sign = np.float32(2 * part - 1)
            even, odd = weights[0, i], sign * weights[1, i]
            even2, odd2 = weights[0, i + 1], sign * weights[1, i + 1]
            for x in range(width):
                here = even * (parts[part, b, x] + parts[part, a, x])
                here += odd * (parts[1 - part, b, x] - parts[1 - part, a, x])
                here += even2 * (parts[part, d, x] + parts[part, c, x])
                here += odd2 * (parts[1 - part, d, x] - parts[1 - part, c, x])
                made[part, x] += here


@kernel(
    (
        *("const float32[:,:,::1]", "const float32[:,:,::1]", "const float32[:,:,::1]"),
        *("float32", "int64[::1]", "int64[::1]", "UniTuple(int64, 5)", "int64", "int64"),
        "float32[:,:,::1]",
    ),
    fastmath={"contract"},
)
def _filter(
    image: Array,
    smooth: Array,
    weights: Array,
    mean: float,
    rows: Array,
    columns: Array,
    where: tuple[int, int, int, int, int],
    start: int,
    stop: int,
    out: Array,
) -> None:
    height, wide = where[1], out.shape[2]
    line, made = np.empty(columns.size, np.float32), np.empty((2, wide), np.float32)
    parts = np.empty((2, height, wide), np.float32)
    for z in range(start, stop):
        for y in range(height):
            _put(image, z, y, columns, where, line)
            _along(line, weights[0], parts, y)
        for y in range(out.shape[1]):
            _down(parts, rows, y, weights[1], made)
            for x in range(wide):
                real = made[0, x] - mean * smooth[z, y, x]
                out[z, y, x] = sqrt(real * real + made[1, x] * made[1, x])
