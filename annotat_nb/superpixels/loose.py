"""Parts that were cut off from their superpixels, and the neighbours they go to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from annotat_nb.blocks import pad_box, shape_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from annotat_nb.blocks import Box
    from annotat_nb.operation import Array
    from annotat_nb.superpixels.grid import Grid

    Beside = tuple[Array, Array, Array]


@dataclass(frozen=True, eq=False)
class Loose:
    """Voxels of a tile that belong to parts which lose their id."""

    core: Box
    voxels: Array
    """(z, y, x) of each, (3, n)."""
    flats: Array
    """Their flat indices in the volume."""
    parts: Array
    """Which part of the volume each of them belongs to."""
    beside: Beside
    """Neighbours with another id: the part they are beside, their flat index, and their id."""


def loose_at(grid: Grid, core: Box, voxels: Array, parts: Array, labels: Array) -> Loose:
    """Return voxels of a tile that must change, and what lies beside them.

    Parameters
    ----------
    grid
        The cells.
    core
        The tile, in voxels.
    voxels
        (z, y, x) of each, (3, n).
    parts
        Which part of the volume each of them belongs to.
    labels
        Ids of the volume.
    """
    beside = _beside(grid, core, voxels, parts, labels)
    return Loose(core, voxels, grid.flat(voxels), parts, beside)


def _beside(grid: Grid, core: Box, voxels: Array, parts: Array, labels: Array) -> Beside:
    """Return the neighbours of `voxels` that have another id; see `Loose`."""
    box = pad_box(core, (grid.ndim - 2, 1, 1), grid.shape)
    block = np.asarray(labels[box])
    own, found = block[tuple(voxels - corner_of(box))], []
    for axis in range(3 - grid.ndim, 3):
        for step in (-1, 1):
            near = voxels.copy()
            near[axis] += step
            inside = (near[axis] >= 0) & (near[axis] < grid.shape[axis])
            near = near[:, inside]
            ids = block[tuple(near - corner_of(box))]
            other = ids != own[inside]
            found.append((parts[inside][other], grid.flat(near[:, other]), ids[other]))
    of, flats, ids = map(np.concatenate, zip(*found, strict=True))
    return of, flats, ids


def corner_of(box: Box) -> Array:
    """Return the (z, y, x) of the first voxel of a box, (3, 1)."""
    return np.array([[side.start] for side in box])


def voxels_of(box: Box, places: Array) -> Array:
    """Return the (z, y, x) in the volume of flat indices in a box, (3, n)."""
    voxels: Array = np.stack(np.unravel_index(places, shape_of(box))) + corner_of(box)
    return voxels


def heirs_of(owners: Array, settled: Array, loose: list[Loose]) -> Array:
    """Return the id of each part once all loose ones have that of a neighbour."""
    from annotat_nb.kernels.cpu.contacts import settle

    flats = np.concatenate([each.flats for each in loose])
    parts = np.concatenate([each.parts for each in loose])
    of, near, ids = map(np.concatenate, zip(*(each.beside for each in loose), strict=True))
    # What lies beside is another loose part, or the one settled part of an id.
    order = np.argsort(flats)
    place = order[np.minimum(np.searchsorted(flats, near, sorter=order), flats.size - 1)]
    known, numbers = np.unique(ids, return_inverse=True)
    other = np.where(flats[place] == near, parts[place], owners.size + numbers)
    pairs, lengths = np.unique(np.stack([of, other], axis=1), axis=0, return_counts=True)
    heirs = np.concatenate([owners, known])
    settled = np.concatenate([settled, np.ones(known.size, bool)])
    settle(heirs, settled, np.column_stack([pairs, lengths]))
    return heirs


def rewrite(labels: Any, loose: Iterable[Loose], heirs: Array) -> None:
    """Write the ids that loose parts have inherited into `labels`."""
    for each in loose:
        block = np.asarray(labels[each.core])
        block[tuple(each.voxels - corner_of(each.core))] = heirs[each.parts]
        if not isinstance(labels, np.ndarray):
            labels[each.core] = block
