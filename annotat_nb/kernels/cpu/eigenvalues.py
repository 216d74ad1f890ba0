"""Eigenvalues of symmetric 2 × 2 and 3 × 3 matrices, one at each voxel."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING

import numpy as np

from annotat_nb.kernels.compiling import helper, kernel

if TYPE_CHECKING:
    from annotat_nb.operation import Array


def eigenvalues(components: Array, z: int, out: Array) -> None:
    """Compute the eigenvalues of the symmetric matrices of one plane, the largest first.

    Parameters
    ----------
    components
        float32, (3, rows, columns): xx, yy and xy; or (6, rows, columns): xx, yy, xy, zz, xz and
        yz.
    z
        The plane.
    out
        Where they go, float32, (2 or 3, z, y, x).
    """
    if len(components) == 3:
        _of_two_dimensions(components, z, out)
    else:
        _of_three_dimensions(components, z, out)


@kernel(("const float32[:,:,::1]", "int64", "float32[:,:,:,::1]"))
def _of_two_dimensions(components: Array, z: int, out: Array) -> None:
    _, height, width = components.shape
    for y in range(height):
        for x in range(width):
            xx, yy = np.float64(components[0, y, x]), np.float64(components[1, y, x])
            xy = np.float64(components[2, y, x])
            spread = sqrt((xx - yy) * (xx - yy) + 4 * xy * xy)
            out[0, z, y, x] = (xx + yy + spread) / 2
            out[1, z, y, x] = (xx + yy - spread) / 2


# Without its mean m and scaled by p, a symmetric matrix has the characteristic polynomial
# b³ − 3 b = 2 r (O. K. Smith, Eigenvalues of a symmetric 3 × 3 matrix, Communications of the ACM
# 4, 1961). For r from 0 to 1 the largest root lies between √3 and 2, where three of Newton's steps
# find it to the last digits; the two others solve a quadratic equation. A negative r is that of
# the negated matrix. Each step is a loop of its own that writes one row: with more of them the
# compiler does not do several voxels at once.


@helper
def _normalise(rows: Array) -> None:
    """From xx, yy, xy, zz, xz and yz make m (row 6), p (row 7) and r (row 8)."""
    width = rows.shape[1]
    for x in range(width):
        rows[6, x] = (rows[0, x] + rows[1, x] + rows[3, x]) / 3
    for i in (0, 1, 3):
        for x in range(width):
            rows[i, x] -= rows[6, x]
    for x in range(width):
        xx, yy, zz = rows[0, x], rows[1, x], rows[3, x]
        xy, xz, yz = rows[2, x], rows[4, x], rows[5, x]
        square = xx * xx + yy * yy + zz * zz + 2 * (xy * xy + xz * xz + yz * yz)
        rows[7, x] = sqrt(square / 6)
    for x in range(width):
        xx, yy, zz = rows[0, x], rows[1, x], rows[3, x]
        xy, xz, yz = rows[2, x], rows[4, x], rows[5, x]
        det = xx * (yy * zz - yz * yz) - xy * (xy * zz - yz * xz) + xz * (xy * yz - yy * xz)
        rows[8, x] = det / 2
    for x in range(width):
        p = rows[7, x]
        rows[8, x] /= max(p * p * p, 1e-300)


@helper
def _solve(rows: Array) -> None:
    """Find the largest root (row 0), and half the distance of the others (row 1)."""
    width = rows.shape[1]
    for x in range(width):
        t = min(abs(rows[8, x]), 1.0)
        b = 1.7320508 + t * (0.3213884 - t * 0.0534392)
        b -= (b * (b * b - 3) - 2 * t) / (3 * b * b - 3)
        b -= (b * (b * b - 3) - 2 * t) / (3 * b * b - 3)
        b -= (b * (b * b - 3) - 2 * t) / (3 * b * b - 3)
        rows[0, x] = b
    for x in range(width):
        rows[1, x] = sqrt(max(3 - 0.75 * rows[0, x] * rows[0, x], 0.0))
    for x in range(width):
        rows[7, x] = rows[7, x] if rows[8, x] >= 0 else -rows[7, x]


@kernel(("const float32[:,:,::1]", "int64", "float32[:,:,:,::1]"))
def _of_three_dimensions(components: Array, z: int, out: Array) -> None:
    _, height, width = components.shape
    rows = np.empty((9, width))
    for y in range(height):
        for i in range(6):
            for x in range(width):
                rows[i, x] = components[i, y, x]
        _normalise(rows)
        _solve(rows)
        for x in range(width):
            one, other = rows[0, x], -rows[0, x] / 2 - rows[1, x]
            out[0, z, y, x] = rows[6, x] + max(rows[7, x] * one, rows[7, x] * other)
        for x in range(width):
            out[1, z, y, x] = rows[6, x] + rows[7, x] * (rows[1, x] - rows[0, x] / 2)
        for x in range(width):
            one, other = rows[0, x], -rows[0, x] / 2 - rows[1, x]
            out[2, z, y, x] = rows[6, x] + min(rows[7, x] * one, rows[7, x] * other)
