"""Gather the values of superpixels, and look up what was found for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from annotat_nb.kernels.compiling import kernel
from annotat_nb.kernels.threads import over

if TYPE_CHECKING:
    from annotat_nb.operation import Array

if TYPE_CHECKING:
    Gathered = tuple[Array, Array, Array, Array]  # sums, squares, lows and highs; see `pool`

PLANES = 4
"""Planes whose values are summed up together, so that sums do not depend on the threads."""


class Slots:
    """Which slot each voxel of a box belongs to; see `annotat_nb.kernels.cuda.pooling.Slots`.

    Parameters
    ----------
    slots
        Which slot each voxel belongs to, int32 below `count`, (z, y, x); negative: none.
    count
        Number of slots.
    """

    def __init__(self, slots: Array, count: int) -> None:
        self._slots, self._count = slots, count
        self.sizes = count_slots(slots, count)
        """Number of voxels of each slot, int64."""

    def pool(self, values: Array) -> Gathered:
        """Gather the values of each slot; see `pool`."""
        return pool(np.ascontiguousarray(values), self._slots, self._count)


def pool(values: Array, slots: Array, count: int) -> Gathered:
    """Gather the values of each slot.

    Parameters
    ----------
    values
        float32, (z, y, x).
    slots
        Which slot each voxel belongs to, int32 below `count`, (z, y, x); negative: none.
    count
        Number of slots.

    Returns
    -------
    sums, squares : ndarray
        Sum of the values and of their squares, float64, (count,).
    lows, highs : ndarray
        Smallest and largest value, float32, (count,); inf and -inf where a slot has no voxel.
    """
    slabs = [slice(start, start + PLANES) for start in range(0, len(values), PLANES)]
    parts = [(0, _nothing(0))] * len(slabs)

    def work(start: int, stop: int) -> None:
        for number in range(start, stop):
            parts[number] = _pool_slab(values[slabs[number]], slots[slabs[number]])

    over(len(slabs), work)
    return _joined(parts, count)


def _nothing(count: int) -> Gathered:
    lows = np.full(count, np.inf, np.float32)
    return np.zeros(count), np.zeros(count), lows, -lows


def _pool_slab(values: Array, slots: Array) -> tuple[int, Gathered]:
    """Return the smallest slot in a slab, and what is gathered for the slots from there on."""
    first, last = _range(slots)
    gathered = _nothing(max(0, last - first + 1))
    if last >= 0:
        _pool(values, slots, first, *gathered)
    return first, gathered


def _joined(parts: list[tuple[int, Gathered]], count: int) -> Gathered:
    sums, squares, lows, highs = whole = _nothing(count)
    for first, (sum_, square, low, high) in parts:
        span = slice(first, first + len(sum_))
        sums[span] += sum_
        squares[span] += square
        np.minimum(lows[span], low, out=lows[span])
        np.maximum(highs[span], high, out=highs[span])
    return whole


@kernel(("const int32[:,:,::1]",))
def _range(slots: Array) -> tuple[int, int]:
    """Return the smallest slot that is not negative, and the largest, or -1."""
    first, last = np.int32(2**31 - 1), np.int32(-1)
    for slot in slots.ravel():
        first = min(first, slot if slot >= 0 else first)
        last = max(last, slot)
    return int(first), int(last)


@kernel(
    (
        *("const float32[:,:,::1]", "const int32[:,:,::1]"),
        *("int64", "float64[::1]", "float64[::1]", "float32[::1]", "float32[::1]"),
    )
)
def _pool(
    values: Array, slots: Array, first: int, sums: Array, squares: Array, lows: Array, highs: Array
) -> None:
    depth, height, width = values.shape
    for z in range(depth):
        for y in range(height):
            row, places = values[z, y], slots[z, y]
            x = 0
            while x < width:
                slot = places[x]
                total, square = 0.0, 0.0
                low = high = row[x]
                while x < width and places[x] == slot:
                    value = row[x]
                    total += value
                    square += np.float64(value) * value
                    low, high = min(low, value), max(high, value)
                    x += 1
                if slot >= 0:
                    place = slot - first
                    sums[place] += total
                    squares[place] += square
                    lows[place] = min(lows[place], low)
                    highs[place] = max(highs[place], high)


def find_slots(labels: Array, ids: Array) -> Array:
    """Return the position of each voxel's id among `ids`, which ascend; -1 where it is none.

    Parameters
    ----------
    labels
        uint32, (z, y, x).
    ids
        The ids to find, at least one.

    Returns
    -------
    ndarray
        int32, of the shape of `labels`.
    """
    low, high = int(ids[0]), int(ids[-1])
    position = np.full(high - low + 1, -1, np.int32)
    position[ids - low] = np.arange(ids.size)
    slots = np.empty(labels.shape, np.int32)

    def work(start: int, stop: int) -> None:
        _find(labels[start:stop], low, high, position, slots[start:stop])

    over(len(labels), work)
    return slots


@kernel(("const uint32[:,:,:]", "int64", "int64", "const int32[::1]", "int32[:,:,::1]"))
def _find(labels: Array, low: int, high: int, position: Array, slots: Array) -> None:
    depth, height, width = labels.shape
    for z in range(depth):
        for y in range(height):
            for x in range(width):
                number = np.int64(labels[z, y, x])
                inside = low <= number <= high
                slots[z, y, x] = position[number - low] if inside else -1


def count_slots(slots: Array, count: int) -> Array:
    """Count the voxels of each slot: int64, (count,); see `pool`."""
    sizes = np.zeros(count, np.int64)
    _count(slots, sizes)
    return sizes


@kernel(("const int32[:,:,::1]", "int64[::1]"))
def _count(slots: Array, sizes: Array) -> None:
    for slot in slots.ravel():
        if slot >= 0:
            sizes[slot] += 1


def look_up(ids: Array, table: Array, out: Array) -> None:
    """Write ``table[ids]`` into `out`.

    Parameters
    ----------
    ids
        uint32, (z, y, x), each below the length of `table`.
    table
        What each id becomes: uint8, uint16, int16 or int32.
    out
        Of the type of `table` and the shape of `ids`.
    """
    over(len(ids), lambda start, stop: _look_up(ids[start:stop], table, out[start:stop]))


@kernel(
    *(
        ("const uint32[:,:,:]", f"const {kind}[::1]", f"{kind}[:,:,::1]")
        for kind in ("uint8", "uint16", "int16", "int32")
    )
)
def _look_up(ids: Array, table: Array, out: Array) -> None:
    depth, height, width = ids.shape
    for z in range(depth):
        for y in range(height):
            for x in range(width):
                out[z, y, x] = table[ids[z, y, x]]


def grow_boxes(ids: Array, first: int, starts: Array, stops: Array) -> None:
    """Grow the bounding box of each id so that it holds its voxels in `ids`.

    Parameters
    ----------
    ids
        uint32, (z, y, x): planes of a volume.
    first
        Number of the first of these planes.
    starts, stops
        int32, (largest id + 1, 3), z y x; changed in place.
    """
    _grow_boxes(ids, first, starts, stops)


@kernel(("const uint32[:,:,:]", "int64", "int32[:,::1]", "int32[:,::1]"))
def _grow_boxes(ids: Array, first: int, starts: Array, stops: Array) -> None:
    depth, height, width = ids.shape
    for z in range(depth):
        for y in range(height):
            x = 0
            while x < width:
                number, begin = ids[z, y, x], x
                while x < width and ids[z, y, x] == number:
                    x += 1
                start, stop = starts[number], stops[number]
                start[0], stop[0] = min(start[0], z + first), max(stop[0], z + first + 1)
                start[1], stop[1] = min(start[1], y), max(stop[1], y + 1)
                start[2], stop[2] = min(start[2], begin), max(stop[2], x)
