"""Waterpixels: superpixels by a watershed from one marker in each cell of a grid."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from pydantic import Field

from annotat_nb.blocks import Block, pad_box, shape_of
from annotat_nb.superpixels.grid import Grid
from annotat_nb.superpixels.method import Notify, SuperpixelMethod, warn_user
from annotat_nb.superpixels.tiles import (
    Buffers,
    Range,
    divide,
    plan_tiles,
    range_of,
    read_steps,
    threads_for,
    with_help,
)

if TYPE_CHECKING:
    from annotat_nb.blocks import Box, Shape
    from annotat_nb.operation import Array
    from annotat_nb.progress import Report

TILE = {2: 512, 3: 128}
"""Side of the tiles that are flooded one by one, in voxels, for each number of dimensions."""

HALO = 2
"""Cells round a tile that are flooded with it, so that its border agrees with its neighbour's."""

STEPS_PER_UNIT = 256
"""The image, 0 to 255, is rounded to steps of 1/256: 8-bit images and most others lose nothing."""

HALVINGS = 2
"""Levels have steps of 1/64, much finer than the pull of the shape: few paths are level."""

LEVEL_BITS = 15
"""Where the levels of a large compactness do not fit, their steps are doubled until they do."""


class Waterpixels(SuperpixelMethod):
    """Superpixels that grow from the calmest spot of each grid cell to the nearest edges.

    The gradient is the morphological one (dilation minus erosion), on a scale of 0 to 255, plus
    `compactness` · 2 / `seed_spacing` for each voxel of distance to the cell's centre. The marker
    of a cell is the lowest spot of the gradient in its inner two thirds.

    The result does not depend on any order of work, nor on the device:

    - The image is rounded to integers, 256 for each of the 255 units that its range is scaled to;
      so is what is added for the distance. The sum, the *level* of a voxel, is rounded to 1/64 of
      a unit, or to a larger step where a large compactness would need more than 15 bits.
    - A path that starts at a marker has the marker's level, and no *hops*. Each further voxel
      raises it to its own level, if that is higher, and the hops begin anew at 0; else it adds a
      hop (32,768 of them count as one level). The *key* of a voxel is the lowest level, and with
      it the fewest hops, of all paths to it; a marker keeps its own.
    - A voxel belongs to the marker of the neighbour with the lowest key; if several have it, to
      the marker with the smallest id among theirs. A marker belongs to itself. Neighbours are the
      voxels that share a face; with `ndim` 2, of the same slice.

    The volume is flooded in tiles of whole cells, side by side from the first voxel, and each with
    two cells of context around it. Their size is part of the definition. Where tiles cut a part
    off its superpixel, it joins the neighbour that it shares most faces with.

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
        device: str = "cpu",
        notify: Notify = warn_user,
        out: Array | None = None,
    ) -> Array:
        depth, height, width = image.shape
        grid = Grid((depth, height, width), self.seed_spacing, self.ndim)
        tiles = plan_tiles(grid, TILE[self.ndim], HALO)
        work = _Flooding(image, grid, range_of(image, intensity_range), self.compactness)
        number = with_help(device, partial(work.number_on, device), work.number, notify)
        threads = threads_for(grid, tiles, device)
        return divide(grid, tiles, number, out=out, progress=progress, threads=threads)


@dataclass(eq=False)
class _Flooding:
    """Floods the tiles of one image."""

    image: Array
    grid: Grid
    intensity_range: Range
    compactness: float
    buffers: Buffers = field(default_factory=Buffers)

    TOP: ClassVar[int] = 255 * STEPS_PER_UNIT

    def __post_init__(self) -> None:
        distance = np.sqrt(np.arange(self.grid.most_squared + 1)) / 2
        slope = STEPS_PER_UNIT * self.compactness * 2 / self.grid.spacing
        self.pull = np.rint(slope * distance).astype(np.int32)
        """How much a voxel is raised, for each value of (2 · distance to the centre)²."""
        highest = int(self.TOP + self.pull[-1])
        self.halvings = max(HALVINGS, highest.bit_length() - LEVEL_BITS)
        """How often the raised gradient is halved to give levels."""

    def number(self, tile: Block) -> Array:
        """Return which cell of its padded box each voxel of a tile's core belongs to, uint32."""
        from annotat_nb.kernels.cpu import flood

        levels, markers = self._levels(tile.padded)
        keys = self.buffers.array("keys", levels.shape, np.int32)
        parents = self.buffers.array("parents", levels.shape, np.uint8)
        flood.spread_keys(levels, markers, keys)
        flood.find_parents(keys, markers, parents)
        ids = levels  # which are needed no more
        flood.spread_ids(parents, markers, ids)
        inside = ids[tuple(slice(side.start + 1, side.stop + 1) for side in self._inner(tile))]
        return inside.astype(np.uint32)

    def number_on(self, device: str, tile: Block) -> Array:
        """Return the same as `number`, computed on a graphics card."""
        from annotat_nb.kernels.cuda.flood import flood

        steps, first = self._steps(tile.padded)
        squares, middles = self.grid.squares(tile.padded), self.grid.middles(tile.padded)
        ids = flood(steps, first, squares, middles, self.pull, self.halvings, device)
        return np.ascontiguousarray(ids[self._inner(tile)])

    def _inner(self, tile: Block) -> Box:
        return Block(self.grid.voxels(tile.core), self.grid.voxels(tile.padded)).inner

    def _steps(self, cells: Box) -> tuple[Array, Shape]:
        """Read a box and the voxels next to it; return where in them the box begins, too."""
        box = self.grid.voxels(cells)
        wide = pad_box(box, (self.grid.ndim - 2, 1, 1), self.grid.shape)
        z, y, x = (side.start for side in Block(box, wide).inner)
        return read_steps(self.image, wide, self.intensity_range, self.TOP, self.buffers), (z, y, x)

    def _levels(self, cells: Box) -> tuple[Array, Array]:
        """Return the relief of the levels of a box of cells, and where their markers lie in it."""
        from annotat_nb.kernels.cpu import relief

        steps, first = self._steps(cells)
        shape = shape_of(self.grid.voxels(cells))
        levels = self.buffers.array("levels", relief.relief_shape(shape), np.uint16)
        relief.fill_gradient(steps, first, shape, self.grid.ndim - 2, levels)
        squares, (begins, ends) = self.grid.squares(cells), self.grid.middles(cells)
        markers = np.empty(np.prod(shape_of(cells)), np.int64)
        relief.find_markers(levels, begins, ends, squares, markers)
        relief.add_pull(squares, self.pull, self.halvings, levels)
        return levels, markers
