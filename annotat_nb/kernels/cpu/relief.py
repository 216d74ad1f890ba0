"""From an image to the relief that Waterpixels flood: grey steps, gradient, markers and levels.

A relief has one voxel more than the image before and behind each of its axes, and rows that are
filled up to whole vectors; what is not image is `WALL`. All numbers are integers, so that every
device finds the same relief.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from annotat_nb.kernels.compiling import helper, kernel

if TYPE_CHECKING:
    from annotat_nb.blocks import Shape
    from annotat_nb.operation import Array

WALL = 2**16 - 1
"""The level of what is not image; no voxel of an image is that high."""

ALIKE = 16
"""Steps of the gradient that make no difference to where a marker lies."""

VECTOR = 32
"""Rows of a relief hold a multiple of so many voxels, which processors take at one go."""

_INDICES = "UniTuple(int64[::1], 3)"


def relief_shape(shape: Shape) -> Shape:
    """Return the shape of the relief of an image of `shape`.

    Examples
    --------
    >>> relief_shape((1, 20, 40))
    (3, 22, 66)
    """
    depth, height, width = shape
    return depth + 2, height + 2, -(-width // VECTOR) * VECTOR + 2


@kernel(
    *(
        (f"const {dtype}[::1]", "float64", "float64", "float64", "uint16[::1]")
        for dtype in ("uint8", "uint16", "float32", "float64")
    )
)
def quantise(values: Array, low: float, scale: float, top: float, steps: Array) -> None:
    """Write ``(values - low) * scale``, limited to 0 to `top` and rounded, into `steps`.

    NaN and infinities give 0.
    """
    for i in range(values.size):
        value = np.float64(values[i])
        step = float((value - low) * scale)
        step = step if value < np.inf else 0.0
        step = step if step > 0 else 0.0
        step = step if step < top else top
        steps[i] = np.uint16(step + 0.5)


@helper
def _extremes(steps: Array, z: int, y: int, reach: int, highs: Array, lows: Array) -> None:
    """Find the extremes of each column of row (z, y) and the rows around it.

    They start at the second place of `highs` and `lows`; the places before and behind repeat
    the ends.
    """
    depth, height, width = steps.shape
    for x in range(width):
        highs[x + 1] = lows[x + 1] = steps[z, y, x]
    for near in range(max(z - reach, 0), min(z + reach + 1, depth)):
        for row in range(max(y - 1, 0), min(y + 2, height)):
            for x in range(width):
                highs[x + 1] = max(highs[x + 1], steps[near, row, x])
                lows[x + 1] = min(lows[x + 1], steps[near, row, x])
    highs[0], lows[0] = highs[1], lows[1]
    highs[width + 1], lows[width + 1] = highs[width], lows[width]


@kernel(
    (
        *("const uint16[:,:,::1]", "UniTuple(int64, 3)", "UniTuple(int64, 3)", "int64"),
        "uint16[:,:,::1]",
    )
)
def fill_gradient(steps: Array, first: Shape, shape: Shape, reach: int, relief: Array) -> None:
    """Write the morphological gradient, dilation minus erosion by 3 × 3 (× 3), into `relief`.

    Parameters
    ----------
    steps
        The image and, where there are any, the voxels next to it, (z, y, x).
    first
        Where the image begins in `steps`.
    shape
        Shape of the image.
    reach
        1 takes the slices before and behind into account; 0 does not.
    relief
        uint16, of `relief_shape`.
    """
    depth, height, width = shape
    highs = np.empty(steps.shape[2] + 2, np.uint16)
    lows = np.empty(steps.shape[2] + 2, np.uint16)
    high, low = highs[first[2] :], lows[first[2] :]
    relief[:] = WALL
    for z in range(depth):
        for y in range(height):
            _extremes(steps, z + first[0], y + first[1], reach, highs, lows)
            row = relief[z + 1, y + 1]
            for x in range(width):
                most = max(max(high[x], high[x + 1]), high[x + 2])
                row[x + 1] = most - min(min(low[x], low[x + 1]), low[x + 2])


@helper
def _lowest(relief: Array, begin: Shape, end: Shape, squares: tuple[Array, ...]) -> int:
    """Return where in `relief` the lowest voxel of a box lies; see `find_markers`."""
    _, height, width = relief.shape
    lowest, place = np.int64(2**62), 0
    for z in range(begin[0], end[0]):
        for y in range(begin[1], end[1]):
            aside = squares[0][z] + squares[1][y]
            for x in range(begin[2], end[2]):
                low = (np.int64(relief[z + 1, y + 1, x + 1]) + ALIKE // 2) // ALIKE
                rank = (low << 32) + aside + squares[2][x]
                if rank < lowest:
                    lowest, place = rank, ((z + 1) * height + y + 1) * width + x + 1
    return place


@kernel(("const uint16[:,:,::1]", _INDICES, _INDICES, _INDICES, "int64[::1]"))
def find_markers(
    relief: Array,
    begins: tuple[Array, ...],
    ends: tuple[Array, ...],
    squares: tuple[Array, ...],
    markers: Array,
) -> None:
    """Write where the lowest voxel of the middle of each cell lies in `relief`.

    Among equally low voxels the one nearest the centre of the cell counts, then the first.

    Parameters
    ----------
    relief
        The gradient.
    begins, ends
        The first voxel of the middle of each cell, and the one after its last, for z, y and x.
    squares
        (2 · distance)² of each voxel to the centre of its cell along z, y and x.
    markers
        One index for each cell, into the flat relief.
    """
    found = 0
    for z in range(begins[0].size):
        for y in range(begins[1].size):
            for x in range(begins[2].size):
                begin = (begins[0][z], begins[1][y], begins[2][x])
                end = (ends[0][z], ends[1][y], ends[2][x])
                markers[found] = _lowest(relief, begin, end, squares)
                found += 1


@kernel((_INDICES, "const int32[::1]", "int64", "uint16[:,:,::1]"))
def add_pull(squares: tuple[Array, ...], pull: Array, halvings: int, relief: Array) -> None:
    """Turn the gradient in `relief` into levels: add the pull of the shape, and round.

    Parameters
    ----------
    squares
        As in `find_markers`.
    pull
        What is added to a voxel, for each value that the sum of its three squares may have.
    halvings
        How often the sum is halved; it is rounded to the nearest integer, upwards in the middle.
    relief
        The gradient; afterwards the levels.
    """
    half = (1 << halvings) >> 1
    for z in range(squares[0].size):
        for y in range(squares[1].size):
            row = relief[z + 1, y + 1]
            near = pull[squares[0][z] + squares[1][y] :]
            for x in range(squares[2].size):
                row[x + 1] = (np.int64(row[x + 1]) + near[squares[2][x]] + half) >> halvings
