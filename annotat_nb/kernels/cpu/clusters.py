"""Clusters of voxels that are close in position and in grey value, one for each cell of a grid.

Sums are integers and distances have one order of operations, so that every device finds the same
clusters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from annotat_nb.kernels.compiling import helper, kernel

if TYPE_CHECKING:
    from annotat_nb.blocks import Shape
    from annotat_nb.operation import Array

NOWHERE = np.float32(1e18)
"""A coordinate so far away that no voxel is nearest to it; its square is still a number."""


@kernel(("const uint16[:,:,::1]", "const uint32[:,:,::1]", "int64[:,::1]"))
def add_up(steps: Array, labels: Array, sums: Array) -> None:
    """Add up the voxels of each cluster.

    Parameters
    ----------
    steps
        The quantised image, (z, y, x).
    labels
        The cluster of each voxel.
    sums
        What is written for each cluster: the sums of z, y, x and grey value, and the number of
        voxels, (clusters, 5).
    """
    depth, height, width = steps.shape
    sums[:] = 0
    for z in range(depth):
        for y in range(height):
            x = 0
            while x < width:
                label, first, total = labels[z, y, x], x, np.int64(0)
                while x < width and labels[z, y, x] == label:
                    total += steps[z, y, x]
                    x += 1
                count = x - first
                sums[label, 0] += count * z
                sums[label, 1] += count * y
                sums[label, 2] += count * (first + x - 1) // 2
                sums[label, 3] += total
                sums[label, 4] += count


@helper
def _lay_out(centres: Array, cells: tuple[Array, ...], counts: Shape) -> Array:
    """Return the centres of the cells before, at and after each voxel of each row of cells.

    Returns
    -------
    ndarray
        float32, (z and y of the row of cells; cell before, at, after; z, y, x, grey; x).
    """
    width, columns = cells[2].size, counts[2]
    laid = np.empty((counts[0], counts[1], 3, 4, width), np.float32)
    for z in range(counts[0]):
        for y in range(counts[1]):
            first = (z * counts[1] + y) * columns
            for side in range(3):
                for x in range(width):
                    cell = cells[2][x] + side - 1
                    inside = 0 <= cell < columns
                    for value in range(4):
                        centre = centres[first + cell, value] if inside else NOWHERE
                        laid[z, y, side, value, x] = centre
    return laid


@helper
def _compare(
    near: Array,
    row: tuple[Any, Any],
    values: Array,
    weight: float,
    least: Array,
    step: int,
    who: Array,
) -> None:
    """Note which voxels of a row are nearer to the centres `near` than to any before.

    Parameters
    ----------
    near
        Part of what `_lay_out` returned: (before, at, after; z, y, x, grey; x).
    row, values
        z and y of the row, and its grey values.
    weight
        What a squared difference in grey value counts, in squared voxels.
    least
        The squared distances so far.
    step
        How many cells the middle ones of `near` are further than those of the row.
    who
        How many cells further the nearest centre is.
    """
    for x in range(values.size):
        place, value, found, nearest = np.float32(x), values[x], who[x], least[x]
        for side in range(3):
            dz, dy = row[0] - near[side, 0, x], row[1] - near[side, 1, x]
            dx, grey = place - near[side, 2, x], value - near[side, 3, x]
            distance = dz * dz + dy * dy + dx * dx + grey * grey * weight
            found = np.int32(step + side - 1) if distance < nearest else found
            nearest = min(nearest, distance)
        least[x], who[x] = nearest, found


@kernel(
    (
        *("const uint16[:,:,::1]", "UniTuple(int64[::1], 3)", "UniTuple(int64, 3)"),
        *("const float32[:,::1]", "float32", "uint32[:,:,::1]"),
    )
)
def assign(
    steps: Array,
    cells: tuple[Array, ...],
    counts: Shape,
    centres: Array,
    weight: float,
    labels: Array,
) -> None:
    """Give each voxel to the nearest centre among those of its cell and the cells around it.

    Parameters
    ----------
    steps
        The quantised image, (z, y, x).
    cells
        The number of the cell in which each voxel lies along z, y and x.
    counts
        How many cells there are along z, y and x.
    centres
        z, y, x and grey value of each cluster, (clusters, 4).
    weight
        What a squared difference in grey value counts, in squared voxels.
    labels
        The cluster of each voxel is written here; among equally near ones the first.
    """
    depth, height, width = steps.shape
    laid = _lay_out(centres, cells, counts)
    values, least = np.empty(width, np.float32), np.empty(width, np.float32)
    who = np.empty(width, np.int32)
    for z in range(depth):
        for y in range(height):
            for x in range(width):
                values[x], least[x], who[x] = steps[z, y, x], np.inf, 0
            row, own = (np.float32(z), np.float32(y)), (cells[0][z], cells[1][y])
            for a in range(max(own[0] - 1, 0), min(own[0] + 2, counts[0])):
                for b in range(max(own[1] - 1, 0), min(own[1] + 2, counts[1])):
                    step = ((a - own[0]) * counts[1] + b - own[1]) * counts[2]
                    _compare(laid[a, b], row, values, weight, least, step, who)
            first = (own[0] * counts[1] + own[1]) * counts[2]
            for x in range(width):
                labels[z, y, x] = first + cells[2][x] + who[x]


@kernel(("const uint32[:,:,::1]", "boolean[::1]"))
def note(labels: Array, present: Array) -> None:
    """Note in `present`, for each label, that it occurs in `labels`, (z, y, x)."""
    for label in labels.reshape(labels.size):
        present[label] = True
