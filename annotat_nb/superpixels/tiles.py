"""What the methods share: reading tiles, scaling intensities, dividing a volume tile by tile."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from threading import Event, Lock, local
from typing import TYPE_CHECKING, Any

import numpy as np

from annotat_nb.blocks import Block, plan_blocks, shape_of
from annotat_nb.kernels.threads import each, processors
from annotat_nb.progress import counted, stretch
from annotat_nb.superpixels.seams import Seams
from annotat_nb.volume import Volume

if TYPE_CHECKING:
    from annotat_nb.blocks import Box, Shape
    from annotat_nb.operation import Array
    from annotat_nb.progress import Report
    from annotat_nb.superpixels.grid import Grid
    from annotat_nb.superpixels.method import Notify

Range = tuple[float, float]

MOST_CELLS = {2: 250, 3: 36}
"""Largest side of a tile in cells: with 2 more on either side, 16 bits then number them."""

BYTES = 16
"""About how many bytes a voxel takes while its tile is divided."""

MEMORY = 2**31
"""Bytes that the tiles which are divided at once may take; one tile may take more."""

DIVIDED = 0.8
"""How far the work is when all tiles are divided and mending begins, which takes a fiftieth of the
time in memory, but up to half of it where labels lie on disk."""

Number = Callable[[Block], "Array"]
"""Returns which cell of a tile's padded box each voxel of its core belongs to, from 0, uint32."""


def range_of(image: Array, intensity_range: Range | None) -> Range:
    """Return `intensity_range`, measured slab by slab where it is None."""
    return Volume(image).intensity_range if intensity_range is None else intensity_range


def plan_tiles(grid: Grid, side: int, halo: int) -> list[Block]:
    """Cut the grid into tiles of about `side` voxels, `halo` cells around each; boxes count cells.

    Examples
    --------
    >>> from annotat_nb.superpixels.grid import Grid
    >>> tiles = plan_tiles(Grid((8, 80, 160), 8, 3), 128, 2)
    >>> [(tile.core[2], tile.padded[2]) for tile in tiles]
    [(slice(0, 16, None), slice(0, 18, None)), (slice(16, 20, None), slice(14, 20, None))]
    """
    cells = min(max(2, side // grid.spacing), MOST_CELLS[grid.ndim])
    flat = grid.ndim == 2
    core, context = (1 if flat else cells, cells, cells), (0 if flat else halo, halo, halo)
    return list(plan_blocks(grid.counts, context, core=core))


def read_steps(image: Array, box: Box, intensity_range: Range, top: int, buffers: Buffers) -> Array:
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
    >>> read_steps(image, box, (5.0, 9.0), 100, Buffers()).tolist()
    [[[0, 50, 0, 100]]]
    """
    from annotat_nb.kernels.cpu.relief import quantise

    values = np.asarray(image[box])
    steps = buffers.array("steps", values.shape, np.uint16)
    low, scale = scale_of(intensity_range, top)
    quantise(plain(values).ravel(), low, scale, float(top), steps.ravel())
    return steps


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


class Buffers(local):
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


def threads_for(grid: Grid, tiles: list[Block], device: str) -> int:
    """Return how many tiles are divided at once: with large cells, not many fit in memory."""
    if device != "cpu":
        return 2  # one is read while the other is divided
    largest = max(np.prod(shape_of(grid.voxels(tile.padded))) for tile in tiles)
    return max(1, min(processors(), int(MEMORY // (largest * BYTES))))


def with_help(device: str, helped: Number, number: Number, notify: Notify) -> Number:
    """Return `helped`, which works on `device`, giving way to `number` where it cannot go on.

    Both give the same, to the last bit. For the processor itself, it is `number`. `notify` is told
    when the memory of the device is full, or it fails.
    """
    if device == "cpu":
        return number
    given_up, giving_up = Event(), Lock()

    def either(tile: Block) -> Array:
        if not given_up.is_set():
            try:
                return helped(tile)
            except RuntimeError as error:
                cause = _cause(error)
            with giving_up:  # tiles are divided by several threads
                if not given_up.is_set():
                    notify(f"The graphics card {cause}, so the processor made the superpixels")
                given_up.set()
        return number(tile)

    return either


def _cause(error: RuntimeError) -> str:
    """Say why a device failed, and give back the memory that its own programs hold."""
    from annotat_nb.kernels.cuda import devices

    if devices.is_full(error):
        devices.release()
    return devices.cause_of(error)


def divide(
    grid: Grid,
    tiles: list[Block],
    number: Number,
    *,
    out: Array | None,
    progress: Report | None,
    threads: int,
) -> Array:
    """Divide a volume tile by tile and mend what the tiles' borders cut.

    Parameters
    ----------
    grid
        The cells, each of which gives one superpixel.
    tiles
        What `plan_tiles` returned.
    number
        Divides one tile.
    out
        Where the ids are written, uint32, (z, y, x); None makes an array.
    progress
        Receives the share that is done.
    threads
        How many tiles are divided at once.
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

    each(len(tiles), work, done=stretch(progress, 0.0, DIVIDED), threads=threads)
    seams.mend(labels, stretch(progress, DIVIDED, 1.0))
    return labels


def close_gaps(labels: Array, boxes: list[Box], present: Array, report: Report) -> None:
    """Number superpixels anew, in place, if some ids have no voxel.

    Parameters
    ----------
    labels
        Ids, (z, y, x).
    boxes
        Boxes that together are the volume.
    present
        For each id, from 0, whether it has a voxel; 0 does not matter.
    report
        Receives the share that is done.
    """
    if present[1:].all():
        report(1.0)
        return
    present[0] = False
    numbers = np.cumsum(present, dtype=np.uint32)
    for box in counted(boxes, report):
        labels[box] = np.take(numbers, labels[box])
