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

    def ids(self, cells: Box) -> Array:
        """Return the ids of the cells in a box, from 1, uint32."""
        z, y, x = np.ogrid[cells]
        _, rows, columns = self.counts
        return ((z * rows + y) * columns + x + 1).astype(np.uint32)

    def starts(self, cells: Box) -> tuple[Array, ...]:
        """Return where the cells of a box begin, counted from the box's first voxel."""
        sides = zip(self.edges, cells, strict=True)
        return tuple(edges[side] - edges[side.start] for edges, side in sides)

    def distances(self, cells: Box) -> tuple[Array, Array]:
        """Return each voxel's distance to the centre of its cell, and whether it is central.

        Returns
        -------
        distance : ndarray
            float32, in voxels, of the box's shape.
        central : ndarray
            True where the voxel lies in its cell shrunk by `SHRUNK`.
        """
        offsets, insides = zip(*map(_offsets, self.edges, cells), strict=True)
        z, y, x = np.ix_(*offsets)
        central = np.logical_and.outer(np.logical_and.outer(*insides[:2]), insides[2])
        return np.sqrt(z**2 + y**2 + x**2), central


def _offsets(edges: Array, side: slice) -> tuple[Array, Array]:
    first, stop = edges[side], edges[side.start + 1 : side.stop + 1]
    widths = stop - first
    centres = np.repeat((first + stop - 1) / 2, widths)
    offset = np.abs(np.arange(first[0], stop[-1]) - centres).astype(np.float32)
    # A cell of one or two voxels must keep at least one.
    reach = np.maximum(np.repeat(widths, widths) * SHRUNK / 2, 0.5)
    return offset, offset <= reach
