"""Mend the superpixels that the borders of tiles have cut."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from annotat_nb.blocks import Block, pad_box, shape_of
from annotat_nb.progress import counted, stretch
from annotat_nb.superpixels.loose import corner_of, heirs_of, loose_at, rewrite, voxels_of
from annotat_nb.superpixels.repair import find_parts, largest_parts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from annotat_nb.blocks import Box
    from annotat_nb.operation import Array
    from annotat_nb.progress import Report
    from annotat_nb.superpixels.grid import Grid
    from annotat_nb.superpixels.loose import Loose

NEAR = 2
"""Cells round its own in which a superpixel that its tile holds whole is looked for first."""

STAGES = (0.0, 0.1, 0.4, 1.0)
"""How far mending is when what is whole is found, what is cut off is found, and it is given away:
where labels lie on disk, most of the time goes into writing them again."""


@dataclass(frozen=True, eq=False)
class _Pieces:
    """What the superpixels in question consist of within one tile."""

    tile: int
    offset: int
    """How many pieces there were before."""
    owners: Array
    """Their ids."""
    spans: Array
    """As `find_parts` returns them; flat indices count voxels of the tile."""


class Seams:
    """Makes superpixels connected again after tiles were divided one by one.

    The rule is that of `annotat_nb.superpixels.repair.reconnect`, over the whole volume. A
    superpixel that is not whole in its own tile has a part that reaches the border of a tile, or
    that lies in another tile: only such parts are looked at, and what their superpixels have in
    the tile of their cell. Cells at the border are always looked at, since most are among them.

    Parameters
    ----------
    grid
        The cells, each of which gives one superpixel.
    tiles
        The tiles, in cells; each divided so that a superpixel is connected in its padded box.
    """

    def __init__(self, grid: Grid, tiles: list[Block]) -> None:
        self._grid, self._tiles = grid, tiles
        self._cores = [grid.voxels(tile.core) for tile in tiles]
        self._side = tuple(each.stop - each.start for each in tiles[0].core)
        self._lock = Lock()
        self._pieces: list[_Pieces] = []
        self._count = 0
        self._open: dict[tuple[object, ...], tuple[Array, Array]] = {}
        self._same: list[Array] = []

    def add(self, tile: int, local: Array, ids: Array) -> None:
        """Look at one tile; several threads may call it.

        Parameters
        ----------
        tile
            Its number.
        local
            A number for each voxel of its core, uint32, (z, y, x).
        ids
            The id of the superpixel that each number stands for, uint32.
        """
        faces = list(self._faces(self._cores[tile]))
        if not faces:
            return
        chosen = self._outer(self._tiles[tile])
        for face, _ in faces:
            chosen[local[face]] = True
        parts, owners, spans = find_parts(local, chosen, self._grid.ndim)
        offset = self._note(tile, ids[owners], spans)
        for face, name in faces:
            self._join(name, parts[face] + offset, ids[local[face]])

    def _outer(self, tile: Block) -> Array:
        """Return which cells of a padded box are not its own, or lie at a face to another tile."""
        outer = np.ones(shape_of(tile.padded), bool)
        sides = zip(tile.inner, tile.core, self._grid.counts, strict=True)
        inner = tuple(
            slice(at.start + (side.start > 0), at.stop - (side.stop < count))
            for at, side, count in sides
        )
        outer[inner if self._grid.ndim == 3 else (slice(None), *inner[1:])] = False
        return outer.ravel()

    def _faces(self, core: Box) -> Iterator[tuple[tuple[Any, ...], tuple[object, ...]]]:
        """Yield the faces of a tile that meet another tile, and a name that both have for them."""
        for axis in range(3 - self._grid.ndim, 3):
            beside = tuple(side.start for number, side in enumerate(core) if number != axis)
            for edge, index in ((core[axis].start, 0), (core[axis].stop, -1)):
                if 0 < edge < self._grid.shape[axis]:
                    yield (*(slice(None),) * axis, index), (axis, edge, beside)

    def _note(self, tile: int, owners: Array, spans: Array) -> int:
        """Remember the pieces of a tile; return how many there were before."""
        with self._lock:
            offset = self._count
            self._pieces.append(_Pieces(tile, offset, owners, spans))
            self._count += len(owners)
        return offset

    def _join(self, name: tuple[object, ...], pieces: Array, ids: Array) -> None:
        """Note which pieces on both sides of a face are one, once both are there."""
        with self._lock:
            other = self._open.pop(name, None)
            if other is None:
                self._open[name] = pieces, ids
                return
        same = ids == other[1]
        pairs = np.stack([pieces[same], other[0][same]], axis=1)
        new = np.any(np.diff(pairs, axis=0, prepend=-1) != 0, axis=1)  # most repeat the one before
        self._same.append(np.unique(pairs[new], axis=0).astype(np.int64))

    def mend(self, labels: Array, report: Report) -> None:
        """Give what is cut off from its superpixel in `labels` to its neighbours, in place."""
        if self._same:
            self._mend(labels, *(stretch(report, *ends) for ends in pairwise(STAGES)))
        report(1.0)

    def _mend(self, labels: Array, finding: Report, looking: Report, writing: Report) -> None:
        for id_ in counted(self._missing().tolist(), finding):
            self._find_whole(id_, labels)
        part_of, owners, spans = self._parts()
        settled = largest_parts(owners, spans)
        loose = [
            each
            for pieces in counted(self._pieces, looking)
            if (each := self._loose(pieces, part_of, settled, labels)) is not None
        ]
        if loose:
            rewrite(labels, counted(loose, writing), heirs_of(owners, settled, loose))

    def _missing(self) -> Array:
        """Return the ids in question of which nothing is noted in the tile of their cell."""
        known = np.concatenate([pieces.owners for pieces in self._pieces])
        tiles = np.repeat([p.tile for p in self._pieces], [len(p.owners) for p in self._pieces])
        return np.setdiff1d(known, known[self._tile_of(self._cell_of(known)) == tiles])

    def _cell_of(self, ids: Array) -> tuple[Array, ...]:
        return np.unravel_index(ids.astype(np.int64) - 1, self._grid.counts)

    def _tile_of(self, cells: tuple[Array, ...]) -> Array:
        """Return the numbers of the tiles in which cells lie."""
        counts = [-(-n // side) for n, side in zip(self._grid.counts, self._side, strict=True)]
        places = tuple(cell // side for cell, side in zip(cells, self._side, strict=True))
        tiles: Array = np.ravel_multi_index(places, counts)
        return tiles

    def _find_whole(self, id_: int, labels: Array) -> None:
        """Note the piece of a superpixel in the tile of its cell; there it is whole, or nowhere."""
        cell = self._cell_of(np.array(id_))
        tile = int(self._tile_of(cell))
        core = self._cores[tile]
        own = [slice(int(place), int(place) + 1) for place in cell]
        near = self._grid.voxels(pad_box((own[0], own[1], own[2]), (NEAR,) * 3, self._grid.counts))
        window = _common(near, core)
        voxels = _where(labels, window, id_)
        if _reaches_out(voxels, window, core):
            voxels = _where(labels, core, id_)
        flat = np.ravel_multi_index(tuple(voxels - corner_of(core)), shape_of(core))
        if flat.size:
            self._note(tile, np.array([id_], np.uint32), np.array([[flat.size], [flat.min()]]))

    def _parts(self) -> tuple[Array, Array, Array]:
        """Put the pieces of all tiles together to parts of the volume.

        Returns
        -------
        part_of : ndarray
            Which part each piece belongs to.
        owners, spans : ndarray
            As `find_parts` returns them, for the volume.
        """
        from annotat_nb.kernels.cpu.parts import unite

        roots = np.arange(self._count)
        unite(roots, np.concatenate(self._same))
        known, part_of = np.unique(roots, return_inverse=True)
        owners = np.concatenate([pieces.owners for pieces in self._pieces])[known]
        sizes, firsts = np.zeros(known.size, np.int64), np.full(known.size, np.iinfo(np.int64).max)
        for pieces in self._pieces:
            mine = part_of[pieces.offset :][: len(pieces.owners)]
            np.add.at(sizes, mine, pieces.spans[0])
            voxels = voxels_of(self._cores[pieces.tile], pieces.spans[1])
            np.minimum.at(firsts, mine, self._grid.flat(voxels))
        return part_of, owners, np.stack([sizes, firsts])

    def _loose(
        self, pieces: _Pieces, part_of: Array, settled: Array, labels: Array
    ) -> Loose | None:
        """Find the voxels of a tile that must change, and what lies beside them."""
        from annotat_nb.kernels.cpu.parts import collect

        mine = part_of[pieces.offset :][: len(pieces.owners)]
        chosen = np.flatnonzero(~settled[mine])
        if not chosen.size:
            return None
        sizes, firsts = pieces.spans[:, chosen]
        core, places = self._cores[pieces.tile], np.empty(sizes.sum(), np.int64)
        block = np.asarray(labels[core])
        collect(block, np.ascontiguousarray(firsts), self._grid.ndim == 2, places)
        voxels = voxels_of(core, places)
        return loose_at(self._grid, core, voxels, np.repeat(mine[chosen], sizes), labels)


def _common(one: Box, other: Box) -> Box:
    z, y, x = (
        slice(max(a.start, b.start), min(a.stop, b.stop)) for a, b in zip(one, other, strict=True)
    )
    return z, y, x


def _where(labels: Array, box: Box, id_: int) -> Array:
    """Return the (z, y, x) in the volume of the voxels of a superpixel in a box, (3, n)."""
    return np.argwhere(np.asarray(labels[box]) == id_).T + corner_of(box)


def _reaches_out(voxels: Array, window: Box, core: Box) -> bool:
    """Return whether voxels lie where a window ends and the box around it goes on."""
    return any(
        (a.start > b.start and (places == a.start).any())
        or (a.stop < b.stop and (places == a.stop - 1).any())
        for places, a, b in zip(voxels, window, core, strict=True)
    )
