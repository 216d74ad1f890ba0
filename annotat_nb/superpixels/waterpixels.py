"""Waterpixels: superpixels by a watershed from one marker in each cell of a grid."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from pydantic import Field

from annotat_nb.blocks import Block, pad_box, plan_blocks
from annotat_nb.superpixels.grid import Grid
from annotat_nb.superpixels.method import Report, SuperpixelMethod
from annotat_nb.superpixels.tiles import Range, range_of, read_scaled, reconnect

if TYPE_CHECKING:
    from annotat_nb.blocks import Box
    from annotat_nb.operation import Array

TILE = {2: 1024, 3: 128}
"""Side of the tiles that are flooded one by one, in voxels, for each number of dimensions."""

HALO = 2
"""Cells round a tile that are flooded with it, so that its border agrees with its neighbour's."""

LEVELS_PER_UNIT = 16
"""The gradient, 0 to 255, is flooded in steps of 1/16, finer than the pull of the shape."""


class Waterpixels(SuperpixelMethod):
    """Superpixels that grow from the calmest spot of each grid cell to the nearest edges.

    The gradient is the morphological one (dilation minus erosion), on a scale of 0 to 255, plus
    `compactness` · 2 / `seed_spacing` for each voxel of distance to the cell's centre. The marker
    of a cell is the lowest spot of the gradient in its inner two thirds.

    References
    ----------
    V. Machairas et al., Waterpixels, IEEE Transactions on Image Processing 24, 2015.

    Examples
    --------
    >>> image = np.zeros((2, 21, 28), "uint8")
    >>> int(Waterpixels(seed_spacing=7)(image).max())
    24
    """

    title: ClassVar[str] = "Waterpixels"

    compactness: float = Field(10.0, ge=0, le=1e6)
    """How much the shape counts against the edges. Larger values give rounder, more regular
    superpixels; smaller values follow weak edges more closely. Edges are measured on a scale of
    0 to 255 whatever the type of the image: users of Annotat3D know numbers about 1000 times
    larger for 16-bit images."""

    def __call__(
        self,
        image: Array,
        /,
        *,
        intensity_range: tuple[float, float] | None = None,
        progress: Report | None = None,
    ) -> Array:
        depth, height, width = image.shape
        grid = Grid((depth, height, width), self.seed_spacing, self.ndim)
        whole_range = range_of(image, intensity_range)
        labels = np.empty(grid.shape, np.uint32)
        tiles = self._plan(grid)
        for done, tile in enumerate(tiles, 1):
            labels[grid.voxels(tile.core)] = self._flood(image, grid, tile, whole_range)
            if progress:
                progress(done / len(tiles))
        floods = [slice(z, z + 1) for z in range(depth)] if self.ndim == 2 else [slice(None)]
        if len(tiles) > len(floods):
            for part in floods:
                labels[part] = reconnect(labels[part], self.ndim)
        return labels

    def _plan(self, grid: Grid) -> list[Block]:
        """Cut the grid into tiles; their boxes count cells."""
        side = max(1, TILE[self.ndim] // self.seed_spacing)
        flat = self.ndim == 2
        core, halo = (1 if flat else side, side, side), (0 if flat else HALO, HALO, HALO)
        return list(plan_blocks(grid.counts, halo, core=core))

    def _flood(self, image: Array, grid: Grid, tile: Block, whole_range: Range) -> Array:
        """Return the ids of the voxels in the core of `tile`."""
        from skimage.segmentation import watershed

        gradient = self._gradient(image, grid.voxels(tile.padded), whole_range)
        distance, central = grid.distances(tile.padded)
        levels = gradient + self.compactness * 2 / self.seed_spacing * distance
        markers = _markers(gradient, distance, central, grid.starts(tile.padded))
        basins = watershed(np.rint(levels * LEVELS_PER_UNIT).astype(np.int32), markers)
        core, padded = grid.voxels(tile.core), grid.voxels(tile.padded)
        ids: Array = grid.ids(tile.padded).ravel()[basins[Block(core, padded).inner] - 1]
        return ids

    def _gradient(self, image: Array, box: Box, whole_range: Range) -> Array:
        from scipy import ndimage

        reach = (1 if self.ndim == 3 else 0, 1, 1)
        depth, height, width = image.shape
        padded = pad_box(box, reach, (depth, height, width))
        values = 255 * read_scaled(image, padded, whole_range)
        size = tuple(2 * r + 1 for r in reach)
        gradient = ndimage.maximum_filter(values, size) - ndimage.minimum_filter(values, size)
        inside: Array = gradient[Block(box, padded).inner]
        return inside


def _markers(gradient: Array, distance: Array, central: Array, starts: tuple[Array, ...]) -> Array:
    """Mark the lowest central voxel of each cell with the cell's number in the tile, from 1.

    Among equally low voxels the one nearest the centre counts, then the first. Level, distance
    and position share one integer, so that a minimum over each cell finds the voxel.
    """
    level = np.rint(gradient * LEVELS_PER_UNIT).astype(np.int64)
    nearness = np.rint(distance * 4).astype(np.int64)
    position = np.arange(gradient.size).reshape(gradient.shape)
    key = np.where(central, (level << 48) | (nearness << 32) | position, np.iinfo(np.int64).max)
    for axis, first in enumerate(starts):
        key = np.minimum.reduceat(key, first, axis=axis)
    markers = np.zeros(gradient.size, np.int32)
    markers[key.ravel() & (2**32 - 1)] = np.arange(1, key.size + 1)
    return markers.reshape(gradient.shape)
