"""Which voxels of a slice a stroke of the brush marks.

The rule, shared with the canvas in the browser: a disk of radius r covers dy² + dx² ≤ r² around
an integer point, and the points of a stroke are joined by Bresenham's lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray

Points = Sequence[tuple[int, int]] | NDArray[np.integer]


AT_ONCE = 2**20
"""Row spans that are worked on at a time: a long stroke of a wide brush has many millions."""


def disk_half_widths(radius: int, depth: int = 0) -> NDArray[np.intp]:
    """Return how far a disk reaches left and right of its centre, for each of its rows.

    Parameters
    ----------
    radius
        Radius in voxels, 0 or more; 0 is a single voxel and 1 is five.
    depth
        Distance, up to `radius`, from the middle of a ball: the disk is where a slice cuts it.

    Returns
    -------
    (2 * n + 1,) integers, for the rows -n to n; n is the radius of the disk.

    Examples
    --------
    >>> disk_half_widths(2)
    array([0, 1, 2, 1, 0])
    """
    if radius != int(radius) or radius < 0:
        raise ValueError(f"a brush radius is a whole number of voxels from 0, got {radius}")
    squared = int(radius) ** 2 - int(depth) ** 2
    rows = range(-isqrt(squared), isqrt(squared) + 1)
    return np.array([isqrt(squared - dy**2) for dy in rows], dtype=np.intp)


def line_points(points: Points) -> NDArray[np.intp]:
    """Join `points`, (n, 2) as (y, x), by Bresenham's lines and return every voxel on the way.

    Examples
    --------
    >>> line_points([(0, 0), (1, 3)]).tolist()
    [[0, 0], [0, 1], [1, 2], [1, 3]]
    """
    corners = _checked(points)
    moves = np.diff(corners, axis=0)
    steps = np.abs(moves).max(axis=1, initial=0)
    segment = np.repeat(np.arange(len(moves)), steps)
    step = (np.arange(steps.sum()) - np.repeat(np.cumsum(steps) - steps, steps))[:, None]
    length = steps[segment][:, None]
    # Bresenham's decision variable in closed form: the minor axis rounds half up.
    offset = np.sign(moves[segment]) * (
        (2 * np.abs(moves[segment]) * step + length) // (2 * length)
    )
    return np.concatenate([corners[segment] + offset, corners[-1:]])


def stroke_voxels(
    points: Points, radius: int, shape: tuple[int, int], *, depth: int = 0
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the voxels of a slice that a stroke marks.

    Time and memory grow with the stroke, not with the slice.

    Parameters
    ----------
    points
        (n, 2) integers, (y, x) in voxels; they may lie outside the slice.
    radius
        Brush radius in voxels.
    shape
        Rows and columns of the slice.
    depth
        How many slices from the stroke the slice lies: the brush is a ball.

    Returns
    -------
    Rows and columns of the voxels, each voxel once, row by row.

    Examples
    --------
    >>> rows, columns = stroke_voxels([(4, 4)], 1, (10, 10))
    >>> list(zip(rows.tolist(), columns.tolist()))
    [(3, 4), (4, 3), (4, 4), (4, 5), (5, 4)]
    """
    centres, half_widths = line_points(points), disk_half_widths(radius, depth)
    at_once = max(1, AT_ONCE // len(half_widths))
    starts, stops = np.zeros(0, np.intp), np.zeros(0, np.intp)
    for begin in range(0, len(centres), at_once):
        more = _spans(centres[begin : begin + at_once], half_widths, shape)
        starts, stops = _merged(np.append(starts, more[0]), np.append(stops, more[1]))
    rows, columns = np.divmod(_counted(starts, stops), shape[1] + 1)
    return rows, columns


def _checked(points: ArrayLike) -> NDArray[np.intp]:
    corners = np.asarray(points)
    if corners.ndim != 2 or corners.shape[1] != 2 or not len(corners):
        raise ValueError(f"a stroke is (n, 2) points (y, x) with n ≥ 1, got shape {corners.shape}")
    if corners.dtype.kind not in "iu":
        raise TypeError(f"points of a stroke are integers, got {corners.dtype}; round them first")
    return corners.astype(np.intp)


def _spans(
    centres: NDArray[np.intp], half_widths: NDArray[np.intp], shape: tuple[int, int]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return where the rows of all disks start and stop, in rows one longer than the slice's.

    The voxel more keeps the end of a row from touching the beginning of the next.
    """
    height, width = shape
    radius = len(half_widths) // 2
    rows = (centres[:, :1] + np.arange(-radius, radius + 1)).ravel()
    first = np.clip(centres[:, 1:] - half_widths, 0, width).ravel()
    stop = np.clip(centres[:, 1:] + half_widths + 1, 0, width).ravel()
    inside = (rows >= 0) & (rows < height) & (stop > first)
    base = rows[inside] * (width + 1)
    return base + first[inside], base + stop[inside]


def _merged(
    starts: NDArray[np.intp], stops: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Join spans that overlap or touch; what is left is in order and apart."""
    order = np.argsort(starts, kind="stable")
    starts, reach = starts[order], np.maximum.accumulate(stops[order])
    begins = np.ones(len(starts), bool)
    begins[1:] = starts[1:] > reach[:-1]
    first = np.flatnonzero(begins)
    return starts[first], reach[np.append(first[1:], len(starts))[: len(first)] - 1]


def _counted(starts: NDArray[np.intp], stops: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return all numbers from each start to before its stop."""
    lengths = stops - starts
    shift = np.repeat(starts - (np.cumsum(lengths) - lengths), lengths)
    counted: NDArray[np.intp] = np.arange(len(shift)) + shift
    return counted
