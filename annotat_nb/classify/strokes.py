"""Which marks belong to one stroke, so that whole strokes can be kept apart."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from annotat_nb.blocks import Shape
    from annotat_nb.classify.marks import Marks
    from annotat_nb.operation import Array

REACH = 4
"""Voxels within which marks of a class are of one stroke: nearer ones resemble each other."""
_HALF = np.array([step for step in product((-1, 0, 1), repeat=3) if step > (0, 0, 0)])
"""The neighbours of a cell on one side; the others have it as their neighbour."""


def strokes_of(marks: Marks, shape: Shape) -> Array:
    """Number the strokes that marks are of: int64, for each mark one.

    Marks of a class that lie at most `REACH` voxels apart along every axis are of one stroke, and
    so on from mark to mark; those more than twice as far apart are not neighbours.

    Parameters
    ----------
    marks
        The marked voxels.
    shape
        That of the volume.

    Examples
    --------
    >>> from annotat_nb.classify import Marks
    >>> marks = Marks(np.array([1, 2, 30, 31, 32]), np.array([0, 0, 0, 0, 1]))
    >>> strokes_of(marks, (1, 1, 40)).tolist()
    [0, 0, 1, 1, 2]
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    keys, steps = _cells(marks, shape)
    cells, own = np.unique(keys, return_inverse=True)
    pairs = [_meeting(cells, step) for step in steps]
    one, other = np.concatenate(pairs, axis=1)
    graph = coo_array((np.ones(one.size, bool), (one, other)), shape=(cells.size, cells.size))
    strokes: Array = connected_components(graph, directed=False)[1].astype(np.int64)[own]
    return strokes


def _cells(marks: Marks, shape: Shape) -> tuple[Array, Array]:
    """Return the cell of each mark, its class included, and the steps to neighbouring cells."""
    places = np.stack(np.unravel_index(marks.voxels, shape)) // REACH + 1
    grid = np.array(shape) // REACH + 3  # a margin keeps the ends of two rows apart
    strides = np.array([grid[1] * grid[2], grid[2], 1])
    own = strides @ places + marks.labels.astype(np.int64) * grid.prod()
    return own, _HALF @ strides


def _meeting(cells: Array, step: int) -> Array:
    """Return the places in `cells`, ascending, of those that are `step` apart, (2, pairs)."""
    wanted = cells + step
    found = np.minimum(np.searchsorted(cells, wanted), cells.size - 1)
    is_there = cells[found] == wanted
    return np.stack([np.flatnonzero(is_there), found[is_there]])


def strokes_of_rarest(strokes: Array, targets: Array) -> int:
    """Return of how many strokes the class is that has the fewest."""
    return min(np.unique(strokes[targets == label]).size for label in np.unique(targets))


def parts_by_stroke(strokes: Array, targets: Array, count: int) -> Array:
    """Divide samples into `count` parts: each stroke whole, and each class in every part.

    Each class must have as many strokes at least.

    Examples
    --------
    >>> strokes, targets = np.array([0, 0, 0, 1, 2, 3, 4]), np.array([0, 0, 0, 0, 0, 7, 7])
    >>> parts_by_stroke(strokes, targets, 2).tolist()
    [0, 0, 0, 1, 1, 0, 1]
    """
    parts = np.empty(len(targets), np.int64)
    for label in np.unique(targets):
        own = targets == label
        _, kinds, sizes = np.unique(strokes[own], return_inverse=True, return_counts=True)
        parts[own] = _shared_out(sizes, count)[kinds]
    return parts


def _shared_out(sizes: Array, count: int) -> Array:
    """Put things of these sizes, the largest first, where there is the least as yet."""
    place, loads = np.empty(sizes.size, np.int64), np.zeros(count)
    for each in np.argsort(-sizes, kind="stable"):
        place[each] = loads.argmin()
        loads[place[each]] += sizes[each]
    return place
