"""Where the trees of a label begin."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from annotat_nb.operation import Array


def seed_nodes(
    inside: Array, steps: Sequence[float], steepness: Array | None = None
) -> NDArray[np.int64]:
    """Return which of the voxels inside are seeds, counted among them, ascending.

    Parameters
    ----------
    inside
        Which voxels of a box are to have seeds, (z, y, x).
    steps
        Sides of the cells of a grid that begins at the corner of the box, along z, y and x.
    steepness
        Each cell has its seed where this is smallest, and, among equals, nearest its centre; None:
        nearest its centre. What hangs together through faces and meets no seed of a cell gets one
        next to its middle.

    Examples
    --------
    >>> inside = np.array([[[1, 1, 1, 0, 1]]], bool)
    >>> seed_nodes(inside, (1, 1, 5))
    array([2, 3])
    """
    cells, distances = _grid(inside, steps)
    keys = [distances] if steepness is None else [steepness[inside], distances]
    return _with_islands(_lowest(cells, keys), inside)


def _grid(inside: Array, steps: Sequence[float]) -> tuple[NDArray[np.int64], Array]:
    """Return the cell of each voxel inside, and its squared distance to the cell's centre."""
    cells, distances = np.zeros((1, 1, 1), np.int64), np.zeros((1, 1, 1))
    for axis, (extent, step) in enumerate(zip(inside.shape, steps, strict=True)):
        places = np.arange(extent)
        along = (places / step).astype(np.int64)
        offsets = places - ((along + 0.5) * step - 0.5)
        shape = [-1 if axis == other else 1 for other in range(3)]
        cells = cells * (int(along[-1]) + 1) + along.reshape(shape)
        distances = distances + (offsets**2).reshape(shape)
    return cells[inside], distances[inside]


def _lowest(groups: NDArray[np.int64], keys: list[Array]) -> NDArray[np.int64]:
    """Return the first item of each group with the smallest keys, the earlier keys first."""
    chosen = np.arange(len(groups))
    for key in keys:
        best = np.full(groups.max() + 1, np.inf)
        np.minimum.at(best, groups[chosen], key[chosen])
        chosen = chosen[key[chosen] == best[groups[chosen]]]
    _, first = np.unique(groups[chosen], return_index=True)
    return np.sort(chosen[first])


def _with_islands(seeds: NDArray[np.int64], inside: Array) -> NDArray[np.int64]:
    """Add a seed to each part that has none."""
    from scipy import ndimage

    parts, count = ndimage.label(inside)
    parts = parts[inside].astype(np.int64) - 1
    has_seed = np.zeros(count, bool)
    has_seed[parts[seeds]] = True
    items = np.flatnonzero(~has_seed[parts])
    if not len(items):
        return seeds
    places = np.stack(np.nonzero(inside))[:, items]
    part = parts[items]
    sizes = np.maximum(np.bincount(part), 1)
    middles = np.stack([np.bincount(part, along) / sizes for along in places])
    more = _lowest(part, [((places - middles[:, part]) ** 2).sum(0)])
    return np.sort(np.concatenate([seeds, items[more]]))
