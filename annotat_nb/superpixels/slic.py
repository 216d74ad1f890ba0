"""SLIC: superpixels by local clustering."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from pydantic import Field

from annotat_nb.blocks import Block, shape_of
from annotat_nb.progress import stretch
from annotat_nb.superpixels.grid import Grid
from annotat_nb.superpixels.method import Notify, SuperpixelMethod, warn_user
from annotat_nb.superpixels.repair import reconnect
from annotat_nb.superpixels.tiles import (
    Buffers,
    Range,
    close_gaps,
    divide,
    plan_tiles,
    range_of,
    read_steps,
    threads_for,
    with_help,
)

if TYPE_CHECKING:
    from annotat_nb.blocks import Shape
    from annotat_nb.operation import Array
    from annotat_nb.progress import Report

TILE = {2: 512, 3: 128}
"""Side of the tiles that are clustered one by one, in voxels, for each number of dimensions."""

HALO = 1
"""Cells round a tile that are clustered with it: those to whose clusters its voxels may go."""

MENDED = 0.95
"""How far the work is when the ids are there, but some perhaps without a voxel."""

TOP = 65_280
"""The image is rounded to so many steps: 256 for each grey value of an 8-bit image."""


class Slic(SuperpixelMethod):
    """Superpixels of voxels that are close both in position and in grey value.

    At first each cell of a grid is a cluster. Then, `iterations` times, each voxel goes to the
    nearest cluster of its cell and the cells around it: the distance squared is that of the
    position to the mean position of the cluster, in units of `seed_spacing`, plus that of the grey
    value to its mean grey value, in units of `compactness`. In the end a superpixel is the largest
    connected part of a cluster; other parts join the neighbour that they share most faces with.

    Sums are integers and distances have one order of operations, so that the result depends
    neither on the order of work nor on the device. The volume is clustered in tiles of whole
    cells, side by side from the first voxel, and each with one cell of context around it. Their
    size is part of the definition.

    References
    ----------
    R. Achanta et al., SLIC Superpixels Compared to State-of-the-Art Superpixel Methods, IEEE
    Transactions on Pattern Analysis and Machine Intelligence 34, 2012.

    Examples
    --------
    >>> image = np.zeros((2, 21, 28), "uint8")
    >>> Slic(seed_spacing=7)(image).shape
    (2, 21, 28)
    """

    title: ClassVar[str] = "SLIC"

    compactness: float = Field(0.6, gt=0, le=100)
    """How much the position counts against the grey value, which is scaled to 0 to 1 whatever the
    type of the image, so that the same number serves 8-bit and 16-bit images. Larger values give
    rounder, more regular superpixels; smaller values follow weak edges more closely."""

    iterations: int = Field(10, ge=1, le=100)
    """How often voxels are given to the nearest cluster. More rounds let superpixels settle, and
    take longer; after 5 to 10 little changes. Annotat3D does one."""

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
        work = _Clustering(self, image, grid, range_of(image, intensity_range))
        number = with_help(device, partial(work.number_on, device), work.number, notify)
        threads = threads_for(grid, tiles, device)
        dividing, closing = stretch(progress, 0.0, MENDED), stretch(progress, MENDED, 1.0)
        labels = divide(grid, tiles, number, out=out, progress=dividing, threads=threads)
        close_gaps(labels, [grid.voxels(tile.core) for tile in tiles], work.present, closing)
        return labels

    @property
    def weight(self) -> float:
        """What a squared difference in grey value counts, in squared voxels."""
        return min((self.seed_spacing / (self.compactness * TOP)) ** 2, 1e20)


@dataclass(eq=False)
class _Clustering:
    """Clusters the tiles of one image."""

    method: Slic
    image: Array
    grid: Grid
    intensity_range: Range
    buffers: Buffers = field(default_factory=Buffers)

    def __post_init__(self) -> None:
        self.present = np.zeros(np.prod(self.grid.counts) + 1, bool)
        """For each id, whether its cluster has a voxel."""

    def number(self, tile: Block) -> Array:
        """Return which cluster of its padded box each voxel of a tile's core belongs to, uint32."""
        from annotat_nb.kernels.cpu import clusters as kernels

        steps, cells, counts = self._read(tile)
        labels = self.buffers.array("labels", steps.shape, np.uint32)
        z, y, x = (places.astype(np.uint32) for places in cells)
        labels[:] = ((z * counts[1])[:, None] + y)[..., None] * counts[2] + x
        count = int(np.prod(counts))
        sums, centres = np.empty((count, 5), np.int64), np.empty((count, 4), np.float32)
        for _ in range(self.method.iterations):
            kernels.add_up(steps, labels, sums)
            _move(centres, sums)
            kernels.assign(steps, cells, counts, centres, self.method.weight, labels)
        return self._connected(tile, labels)

    def number_on(self, device: str, tile: Block) -> Array:
        """Return the same as `number`, computed on a graphics card."""
        from annotat_nb.kernels.cuda.clusters import cluster

        steps, cells, counts = self._read(tile)
        method = self.method
        labels = cluster(steps, cells, counts, method.weight, method.iterations, device)
        return self._connected(tile, labels)

    def _read(self, tile: Block) -> tuple[Array, tuple[Array, ...], Shape]:
        """Return the quantised voxels of a padded box, the cells they lie in, and their number."""
        box = self.grid.voxels(tile.padded)
        steps = read_steps(self.image, box, self.intensity_range, TOP, self.buffers)
        return steps, self.grid.places(tile.padded), shape_of(tile.padded)

    def _connected(self, tile: Block, labels: Array) -> Array:
        """Return the clusters of a tile's core, each connected there, and note which there are."""
        from annotat_nb.kernels.cpu.clusters import note

        core, padded = self.grid.voxels(tile.core), self.grid.voxels(tile.padded)
        inside = np.ascontiguousarray(labels[Block(core, padded).inner])
        local, ids = reconnect(inside, self.grid.ndim), self.grid.ids(tile.padded).ravel()
        found = np.zeros(ids.size, bool)
        note(local, found)
        self.present[ids[found]] = True
        return local


def _move(centres: Array, sums: Array) -> None:
    """Put the centre of each cluster where the mean of its voxels is; none where it has none."""
    known = sums[:, 4] > 0
    centres[known] = sums[known, :4] / sums[known, 4:]
