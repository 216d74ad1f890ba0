"""What the methods share: reading tiles, scaling intensities, dividing a volume tile by tile."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from threading import Lock, local
from typing import TYPE_CHECKING, Any

import numpy as np

from annotat_nb.blocks import Block, plan_blocks, shape_of
from annotat_nb.kernels.threads import each, processors
from annotat_nb.superpixels.seams import Seams
from annotat_nb.volume import Volume

if TYPE_CHECKING:
    from collections.abc import Callable

    from annotat_nb.blocks import Box, Shape
    from annotat_nb.operation import Array
    from annotat_nb.superpixels.grid import Grid
    from annotat_nb.superpixels.method import Report

Range = tuple[float, float]

HALO = 2
"""Cells round a tile that are divided with it, so that its border agrees with its neighbour's."""

MOST_CELLS = {2: 250, 3: 36}
"""Largest side of a tile in cells: with the halo, 16 bits then number them."""

MEMORY = 2**31
"""Bytes that the tiles which are divided at once may take; one tile may take more."""


def range_of(image: Array, intensity_range: Range | None) -> Range:
    """Return `intensity_range`, measured slab by slab where it is None."""
    return Volume(image).intensity_range if intensity_range is None else intensity_range


def plan_tiles(grid: Grid, side: int) -> list[Block]:
    """Cut the grid into tiles of about `side` voxels; their boxes count cells.

    Examples
    --------
    >>> from annotat_nb.superpixels.grid import Grid
    >>> tiles = plan_tiles(Grid((8, 80, 160), 8, 3), 128)
    >>> [(tile.core[2], tile.padded[2]) for tile in tiles]
    [(slice(0, 16, None), slice(0, 18, None)), (slice(16, 20, None), slice(14, 20, None))]
    """
    cells = min(max(2, side // grid.spacing), MOST_CELLS[grid.ndim])
    flat = grid.ndim == 2
    core, halo = (1 if flat else cells, cells, cells), (0 if flat else HALO, HALO, HALO)
    return list(plan_blocks(grid.counts, halo, core=core))


def read_steps(image: Array, box: Box, intensity_range: Range, top: int, scratch: Scratch) -> Array:
    """Read `box` of `image` as integers from 0 to `top`, its range divided into equal steps.

    What is not finite counts as the lowest intensity; what lies outside the range, as its ends.

    Returns
    -------
    ndarray
        uint16, (z, y, x).

    Examples
    --------
    >>> image = np.array([[[5.0, 7.0, np.nan, 9.0]]])
    >>> box = (slice(1), slice(1), slice(4))
    >>> read_steps(image, box, (5.0, 9.0), 100, Scratch()).tolist()
    [[[0, 50, 0, 100]]]
    """
    from annotat_nb.kernels.cpu.relief import quantise

    values = np.asarray(image[box])
    steps = scratch.array("steps", values.shape, np.uint16)
    low, scale = scale_of(intensity_range, top)
    quantise(plain(values).ravel(), low, scale, float(top), steps.ravel())
    return steps


def read_scaled(image: Array, box: Box, intensity_range: Range) -> Array:
    """Read `box` of `image` as float32 scaled to 0-1; what is not finite becomes 0.

    Examples
    --------
    >>> image = np.array([[[5.0, 7.0, np.nan, 9.0]]])
    >>> read_scaled(image, (slice(1), slice(1), slice(4)), (5.0, 9.0)).tolist()
    [[[0.0, 0.5, 0.0, 1.0]]]
    """
    low, high = intensity_range
    values = np.asarray(image[box], dtype=np.float64)
    values = np.where(np.isfinite(values), values, low)
    if high <= low:
        return np.zeros(values.shape, np.float32)
    scaled: Array = ((values - low) / (high - low)).astype(np.float32)
    return scaled


def scale_of(intensity_range: Range, top: int) -> tuple[float, float]:
    """Return what to subtract from an intensity, and what to multiply by, for 0 to `top`."""
    low, high = map(float, intensity_range)
    with np.errstate(over="ignore"):
        extent = np.float64(high) - low
        scale = top / extent if extent > 0 else 0.0
    return low, float(min(scale, np.finfo(float).max))


def plain(values: Array) -> Array:
    """Return `values` as one of the few types that kernels read, without loss where one is."""
    if values.dtype in (np.uint8, np.uint16, np.float32, np.float64):
        return np.ascontiguousarray(values)
    small = values.dtype.itemsize <= 2
    return np.ascontiguousarray(values, np.float32 if small else np.float64)


class Scratch(local):
    """Arrays that a thread uses again for one tile after the other."""

    def __init__(self) -> None:
        self._kept: dict[str, Array] = {}

    def array(self, name: str, shape: Shape, dtype: Any) -> Array:
        """Return the array of this name, with whatever it held before."""
        size = int(np.prod(shape))
        kept = self._kept.get(name)
        if kept is None or kept.size < size:
            kept = self._kept[name] = np.empty(size, dtype)
        return kept[:size].reshape(shape)


def place_for(shape: Shape, out: Array | None) -> Array:
    """Return `out`, or an array for the ids where it is None.

    Raises
    ------
    TypeError
        If `out` does not hold uint32 of this shape.
    """
    if out is None:
        return np.empty(shape, np.uint32)
    if out.dtype != np.uint32 or tuple(out.shape) != shape:
        raise TypeError(f"out must be uint32 of shape {shape}, got {out.dtype} {tuple(out.shape)}")
    return out


def _guard(labels: Any) -> AbstractContextManager[object]:
    """Return what to hold while writing: a block of a file may hold voxels of several tiles."""
    return nullcontext() if isinstance(labels, np.ndarray) else Lock()


def divide(
    grid: Grid,
    tiles: list[Block],
    number: Callable[[Block], Array],
    out: Array | None,
    progress: Report | None,
    bytes_per_voxel: int,
) -> Array:
    """Divide a volume tile by tile, on all processors, and mend what the tiles' borders cut.

    Parameters
    ----------
    grid
        The cells, each of which gives one superpixel.
    tiles
        What `plan_tiles` returned.
    number
        Returns, for each voxel of a tile's core, which cell of its padded box it belongs to:
        uint32, from 0.
    out
        Where the ids are written, uint32, (z, y, x); None makes an array.
    progress
        Receives the share that is done.
    bytes_per_voxel
        What `number` takes for each voxel of a padded box.
    """
    labels = place_for(grid.shape, out)
    seams = Seams(grid, tiles)
    writing = _guard(labels)

    def work(index: int) -> None:
        tile = tiles[index]
        local, ids = number(tile), grid.ids(tile.padded).ravel()
        with writing:
            labels[grid.voxels(tile.core)] = np.take(ids, local)
        seams.add(index, local, ids)

    largest = max(np.prod(shape_of(grid.voxels(tile.padded))) for tile in tiles)
    at_once = max(1, int(MEMORY // (largest * bytes_per_voxel)))
    each(len(tiles), work, done=progress, threads=min(processors(), at_once))
    seams.mend(labels)
    return labels
