"""Which voxels a filter reads: its neighbourhood, mirrored where the image ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from annotat_nb.blocks import Box
    from annotat_nb.operation import Array


@dataclass(frozen=True, eq=False, slots=True)
class Span:
    """What a filter reads along one axis.

    Parameters
    ----------
    first
        The first voxel that is read.
    count
        How many voxels are read, from `first` on.
    lead
        How many positions, mirrored ones, come before that of `first` itself.
    table
        Where each position lies among the voxels that are read, int64: from the reach of the
        filter before the first voxel that is wanted to its reach behind the last one.
    """

    first: int
    count: int
    lead: int
    table: Array


def span(side: slice, reach: int, extent: int) -> Span:
    """Tell what is read to filter the voxels of `side`, `reach` voxels to both sides.

    Parameters
    ----------
    side
        Voxels that are wanted, with start and stop.
    reach
        How far the filter looks, in voxels.
    extent
        Number of voxels of the image along the axis. Beyond them it is mirrored with its edge
        voxel repeated, as often as it takes.

    Examples
    --------
    >>> span(slice(0, 3), 2, 4).table
    array([1, 0, 0, 1, 2, 3, 3])
    """
    table = np.arange(side.start - reach, side.stop + reach) % (2 * extent)
    table = np.minimum(table, 2 * extent - 1 - table)
    first = int(table.min())
    count = int(table.max()) + 1 - first
    return Span(first, count, first - (side.start - reach), table - first)


@dataclass(frozen=True, eq=False, slots=True)
class Reading:
    """What a filter reads to compute a box: one `Span` for each axis.

    Parameters
    ----------
    planes, rows, columns
        What it reads along z, y and x.
    """

    planes: Span
    rows: Span
    columns: Span

    @classmethod
    def of(cls, box: Box, reach: int, ndim: int, shape: tuple[int, ...]) -> Reading:
        """Tell what is read of an image of `shape`; of each slice by itself if `ndim` is 2."""
        reaches = (reach if ndim == 3 else 0, reach, reach)
        return cls(*(span(*side) for side in zip(box, reaches, shape, strict=True)))

    @property
    def where(self) -> tuple[int, int, int, int, int]:
        """First row, rows, first column, columns, and columns that are mirrored before them."""
        rows, columns = self.rows, self.columns
        return rows.first, rows.count, columns.first, columns.count, columns.lead

    @property
    def box(self) -> Box:
        """All that is read."""
        z, y, x = (
            slice(side.first, side.first + side.count)
            for side in (self.planes, self.rows, self.columns)
        )
        return z, y, x

    def planes_of(self, image: Array) -> Array:
        """Return those planes of `image` that are read."""
        return image[self.planes.first : self.planes.first + self.planes.count]
