"""The grid of cells that gives each superpixel its place."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from annotat_nb.superpixels.method import count_cells

if TYPE_CHECKING:
    from annotat_nb.blocks import Box, Shape
    from annotat_nb.operation import Array

SHRUNK = 2 / 3
"""Share of a cell's width in which its marker lies."""


@dataclass(frozen=True)
class Grid:
    """Cells of about `spacing` voxels a side that fill `shape`; 2D cells are one slice thick.

    Boxes of cells are given in cells, (z, y, x).
    """

    shape: Shape
    spacing: int
    ndim: int

    @cached_property
    def counts(self) -> Shape:
        """Number of cells, (z, y, x)."""
        depth, height, width = (count_cells(extent, self.spacing) for extent in self.shape)
        return (depth if self.ndim == 3 else self.shape[0], height, width)

    @cached_property
    def edges(self) -> tuple[Array, ...]:
        """First voxel of every cell, and the end of the last one, along z, y and x."""
        pairs = zip(self.shape, self.counts, strict=True)
        return tuple(np.arange(count + 1) * extent // count for extent, count in pairs)

    def voxels(self, cells: Box) -> Box:
        """Return the box of voxels that a box of cells covers."""
        z, y, x = (
            slice(int(edges[side.start]), int(edges[side.stop]))
            for edges, side in zip(self.edges, cells, strict=True)
        )
        return z, y, x

    def flat(self, voxels: Array) -> Array:
        """Return the flat indices of voxels in the volume; (z, y, x) of each, (3, n)."""
        flats: Array = np.ravel_multi_index(tuple(voxels), self.shape)
        return flats

    def ids(self, cells: Box) -> Array:
        """Return the ids of the cells in a box, from 1, uint32."""
        z, y, x = np.ogrid[cells]
        _, rows, columns = self.counts
        return ((z * rows + y) * columns + x + 1).astype(np.uint32)

    def places(self, cells: Box) -> tuple[Array, ...]:
        """Return the number of the cell, within a box of cells, of each voxel along z, y and x."""
        widths = (np.diff(edges)[side] for edges, side in zip(self.edges, cells, strict=True))
        return tuple(np.repeat(np.arange(width.size), width) for width in widths)

    @cached_property
    def _offsets(self) -> tuple[Array, ...]:
        """Twice the distance of each voxel to the centre of its cell along z, y and x."""
        return tuple(map(_offsets, self.edges))

    @cached_property
    def _middles(self) -> tuple[tuple[Array, Array], ...]:
        """Where the middle of each cell begins and ends along z, y and x."""
        return tuple(map(_middles, self.edges))

    @property
    def most_squared(self) -> int:
        """The largest sum of three `squares`."""
        return int(sum(offsets.max() ** 2 for offsets in self._offsets))

    def squares(self, cells: Box) -> tuple[Array, ...]:
        """Return (2 · distance)² of each voxel to the centre of its cell along z, y and x."""
        box = self.voxels(cells)
        return tuple(offsets[side] ** 2 for offsets, side in zip(self._offsets, box, strict=True))

    def middles(self, cells: Box) -> tuple[tuple[Array, ...], tuple[Array, ...]]:
        """Return where the middles of the cells of a box begin and end, from the box's first voxel.

        The middle is the cell shrunk by `SHRUNK`.
        """
        sides = list(zip(self._middles, cells, self.voxels(cells), strict=True))
        begins = tuple(begin[side] - box.start for (begin, _), side, box in sides)
        return begins, tuple(end[side] - box.start for (_, end), side, box in sides)


def _offsets(edges: Array) -> Array:
    widths = np.diff(edges)
    twice = np.repeat(edges[:-1] + edges[1:] - 1, widths)  # the centre of each voxel's cell
    offsets: Array = np.abs(2 * np.arange(edges[-1]) - twice)
    return offsets


def _middles(edges: Array) -> tuple[Array, Array]:
    twice = edges[:-1] + edges[1:] - 1  # the centres
    # A cell of one or two voxels must keep at least one.
    width = np.maximum(np.diff(edges) * SHRUNK, 1)
    begin, end = np.ceil((twice - width) / 2), np.floor((twice + width) / 2) + 1
    return begin.astype(np.int64), end.astype(np.int64)
