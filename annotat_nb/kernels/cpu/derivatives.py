"""First and second derivatives of an image: what of them does not depend on its orientation."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING

import numpy as np

from annotat_nb.blocks import shape_of
from annotat_nb.kernels.compiling import helper, kernel
from annotat_nb.kernels.cpu.eigenvalues import eigenvalues
from annotat_nb.kernels.mirror import Reading
from annotat_nb.kernels.threads import over

if TYPE_CHECKING:
    from annotat_nb.blocks import Box
    from annotat_nb.operation import Array

_Where = tuple[int, int, int, int, int]


def gradient_magnitude(image: Array, ndim: int, box: Box) -> Array:
    """Compute the length of the gradient by central differences, (f(x + 1) − f(x − 1)) / 2.

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
    source, out = _source(image, ndim, box), np.empty(shape_of(box), np.float32)
    over(len(out), lambda start, stop: _steepness(*source, start, stop, out))
    return out


def laplacian(image: Array, ndim: int, box: Box) -> Array:
    """Add up the second derivatives, f(x + 1) − 2 f(x) + f(x − 1), along all axes.

    Parameters and what is returned are those of `gradient_magnitude`.
    """
    source, out = _source(image, ndim, box), np.empty(shape_of(box), np.float32)
    over(len(out), lambda start, stop: _curvature(*source, start, stop, out))
    return out


def hessian_eigenvalues(image: Array, ndim: int, box: Box) -> tuple[Array, ...]:
    """Compute the eigenvalues of the matrix of second derivatives, the largest first.

    Those along one axis are as in `laplacian`, those along two are
    (f(x + 1, y + 1) − f(x + 1, y − 1) − f(x − 1, y + 1) + f(x − 1, y − 1)) / 4.

    Returns
    -------
    eigenvalues : tuple of ndarray
        `ndim` images like the one of `gradient_magnitude`.
    """
    source, out = _source(image, ndim, box), np.empty((ndim, *shape_of(box)), np.float32)

    def work(start: int, stop: int) -> None:
        components = np.empty((3 if ndim == 2 else 6, *out.shape[2:]), np.float32)
        for z in range(start, stop):
            _hessian(*source, z, components)
            eigenvalues(components, z, out)

    over(out.shape[1], work)
    return tuple(out)


def shape_index(image: Array, box: Box) -> Array:
    """Compute (2 / π) arctan((λ₂ + λ₁) / (λ₂ − λ₁)) of the eigenvalues λ₁ ≥ λ₂, slice by slice.

    Where they are closer than 10⁻⁸ it is 0. Parameters and what is returned are those of
    `gradient_magnitude`.
    """
    high, low = hessian_eigenvalues(image, 2, box)
    spread = high - low
    found = np.zeros_like(high)
    np.arctan2(-(high + low), spread, out=found, where=spread >= 1e-8)
    found *= np.float32(2 / np.pi)
    return found


def _source(image: Array, ndim: int, box: Box) -> tuple[Array, Array, Array, Array, _Where]:
    """Return the planes that are read, and which of them are next to each plane of `box`."""
    read = Reading.of(box, 1, ndim, image.shape)
    sides = np.arange(3) if ndim == 3 else np.zeros(3, np.int64)
    planes = read.planes.table[np.arange(box[0].stop - box[0].start)[:, None] + sides]
    return read.planes_of(image), planes, read.rows.table, read.columns.table, read.where


# In what follows, `lines` are the rows next to the one that is computed, mirrored at both ends:
# number 3 j + i is that of the plane z + j − 1 and the row y + i − 1. In 2D the three planes are
# the same one. See `moments` on why there are no views.


@helper
def _gather(
    image: Array,
    planes: Array,
    rows: Array,
    columns: Array,
    where: _Where,
    z: int,
    y: int,
    lines: Array,
) -> None:
    top, _, left, width, lead = where
    first, start = np.uint64(left), np.uint64(lead)
    for line in range(9):
        plane, row = planes[z, line // 3], top + rows[y + line % 3]
        for x in range(np.uint64(width)):
            lines[line, x + start] = image[plane, row, x + first]
        for x in range(lead):
            lines[line, x] = image[plane, row, left + columns[x]]
        for x in range(lead + width, columns.size):
            lines[line, x] = image[plane, row, left + columns[x]]


_SOURCE = (
    *("const float32[:,:,::1]", "int64[:,::1]", "int64[::1]", "int64[::1]"),
    "UniTuple(int64, 5)",
)


@kernel((*_SOURCE, "int64", "int64", "float32[:,:,::1]"))
def _steepness(
    image: Array,
    planes: Array,
    rows: Array,
    columns: Array,
    where: _Where,
    start: int,
    stop: int,
    out: Array,
) -> None:
    lines = np.empty((9, columns.size))
    for z in range(start, stop):
        for y in range(out.shape[1]):
            _gather(image, planes, rows, columns, where, z, y, lines)
            for x in range(out.shape[2]):
                along_x = lines[4, x + 2] - lines[4, x]
                along_y = lines[5, x + 1] - lines[3, x + 1]
                along_z = lines[7, x + 1] - lines[1, x + 1]
                square = along_x * along_x + along_y * along_y + along_z * along_z
                out[z, y, x] = sqrt(square) / 2


@kernel((*_SOURCE, "int64", "int64", "float32[:,:,::1]"))
def _curvature(
    image: Array,
    planes: Array,
    rows: Array,
    columns: Array,
    where: _Where,
    start: int,
    stop: int,
    out: Array,
) -> None:
    lines = np.empty((9, columns.size))
    for z in range(start, stop):
        for y in range(out.shape[1]):
            _gather(image, planes, rows, columns, where, z, y, lines)
            for x in range(out.shape[2]):
                twice = 2 * lines[4, x + 1]
                along_x = lines[4, x] - twice + lines[4, x + 2]
                along_y = lines[3, x + 1] - twice + lines[5, x + 1]
                along_z = lines[1, x + 1] - twice + lines[7, x + 1]
                out[z, y, x] = along_x + along_y + along_z


@helper
def _mixed(lines: Array, first: int, step: int, out: Array, which: int, y: int) -> None:
    """Differentiate along x and across the lines `first` and `first` + `step`."""
    for x in range(out.shape[2]):
        high = lines[first + step, x + 2] - lines[first + step, x]
        out[which, y, x] = (high - (lines[first, x + 2] - lines[first, x])) / 4


@kernel((*_SOURCE, "int64", "float32[:,:,::1]"))
def _hessian(
    image: Array,
    planes: Array,
    rows: Array,
    columns: Array,
    where: _Where,
    z: int,
    out: Array,
) -> None:
    """Compute the components of plane `z` that `eigenvalues` takes."""
    lines = np.empty((9, columns.size))
    for y in range(out.shape[1]):
        _gather(image, planes, rows, columns, where, z, y, lines)
        for x in range(out.shape[2]):
            out[0, y, x] = lines[4, x] - 2 * lines[4, x + 1] + lines[4, x + 2]
        for x in range(out.shape[2]):
            out[1, y, x] = lines[3, x + 1] - 2 * lines[4, x + 1] + lines[5, x + 1]
        _mixed(lines, 3, 2, out, 2, y)
        if out.shape[0] == 6:
            for x in range(out.shape[2]):
                out[3, y, x] = lines[1, x + 1] - 2 * lines[4, x + 1] + lines[7, x + 1]
            _mixed(lines, 1, 6, out, 4, y)
            for x in range(out.shape[2]):
                high = lines[8, x + 1] - lines[6, x + 1]
                out[5, y, x] = (high - (lines[2, x + 1] - lines[0, x + 1])) / 4
