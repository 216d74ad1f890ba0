"""Gather the values of superpixels."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from annotat_nb.kernels.compiling import kernel
from annotat_nb.kernels.threads import PLANES, over

if TYPE_CHECKING:
    from annotat_nb.operation import Array

    Gathered = tuple[Array, Array, Array, Array]  # sums, squares, lows and highs; see `pool`

FAR = 8
"""Numbers between the smallest and the largest id for each voxel, above which ids are sought."""


class Slots:
    """Which slot each voxel of a box belongs to; see `annotat_nb.kernels.cuda.pooling.Slots`.

    Parameters
    ----------
    slots
        Which slot each voxel belongs to, int32 below the number of slots, (z, y, x); negative:
        none.
    whole
        Of each slot, whether all its voxels are in the box.
    slabs
        Which planes are summed up together; see `slabs_of`.
    """

    def __init__(self, slots: Array, whole: Array, slabs: list[slice]) -> None:
        self._slots, self._slabs = slots, slabs
        self.sizes = count_slots(slots, whole.size, slabs)
        """Number of voxels of each slot in each slab, int32, (slabs, slots)."""
        self.cut = cut_of(self.sizes, whole)
        """Slots of which other parts lie elsewhere, for each slab."""

    def pool(self, values: Array) -> tuple[Array, Array]:
        """Gather the values of each slot.

        Returns
        -------
        gathered : ndarray
            What `pool` returns, float64, (4, slots).
        parts : ndarray
            The same of the parts in `cut`, slab by slab, (4, parts).
        """
        slabs = pool_slabs(np.ascontiguousarray(values), self._slots, self._slabs)
        pairs = zip(slabs, self.cut, strict=True)
        parts = [np.stack([part[cut - first] for part in own]) for (first, own), cut in pairs]
        return np.stack(joined(slabs, self.sizes.shape[1])), np.concatenate(parts, axis=1)


def cut_of(sizes: Array, whole: Array) -> list[Array]:
    """Return the slots that have voxels in each slab, but not all of them in the box."""
    return [np.flatnonzero(~whole & (inside > 0)) for inside in sizes]


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
    return joined(pool_slabs(values, slots, slabs_of(0, len(values))), count)


def slabs_of(first: int, depth: int) -> list[slice]:
    """Cut `depth` planes of a volume, from plane `first` on, at its multiples of `PLANES`."""
    edges = [max(0, at - first) for at in range(first // PLANES * PLANES, first + depth, PLANES)]
    return [slice(start, stop) for start, stop in pairwise([*edges, depth])]


def pool_slabs(values: Array, slots: Array, slabs: list[slice]) -> list[tuple[int, Gathered]]:
    """Gather the values of each slot slab by slab.

    Returns
    -------
    list
        For each slab the smallest slot in it, and what `pool` returns for the slots from there to
        the largest one in it.
    """
    parts = [(0, _nothing(0))] * len(slabs)

    def work(start: int, stop: int) -> None:
        for number in range(start, stop):
            parts[number] = _pool_slab(values[slabs[number]], slots[slabs[number]])

    over(len(slabs), work)
    return parts


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


def joined(parts: list[tuple[int, Gathered]], count: int) -> Gathered:
    """Put together what `pool_slabs` returned, in order."""
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
    if high - low > FAR * labels.size:
        return _sought(labels, ids)
    position = np.full(high - low + 1, -1, np.int32)
    position[ids - low] = np.arange(ids.size)
    slots = np.empty(labels.shape, np.int32)

    def work(start: int, stop: int) -> None:
        _find(labels[start:stop], low, high, position, slots[start:stop])

    over(len(labels), work)
    return slots


def _sought(labels: Array, ids: Array) -> Array:
    """Find each id by halving: a table of all numbers between the ids would be too large."""
    place = np.minimum(np.searchsorted(ids, labels), ids.size - 1)
    return np.where(ids[place] == labels, place, -1).astype(np.int32)


@kernel(("const uint32[:,:,:]", "int64", "int64", "const int32[::1]", "int32[:,:,::1]"))
def _find(labels: Array, low: int, high: int, position: Array, slots: Array) -> None:
    depth, height, width = labels.shape
    for z in range(depth):
        for y in range(height):
            for x in range(width):
                number = np.int64(labels[z, y, x])
                inside = low <= number <= high
                slots[z, y, x] = position[number - low] if inside else -1


def count_slots(slots: Array, count: int, slabs: list[slice]) -> Array:
    """Count the voxels of each slot in each slab: int32, (slabs, count); see `pool`."""
    sizes = np.zeros((len(slabs), count), np.int32)

    def work(start: int, stop: int) -> None:
        for number in range(start, stop):
            _count(slots[slabs[number]], sizes[number])

    over(len(slabs), work)
    return sizes


@kernel(("const int32[:,:,::1]", "int32[::1]"))
def _count(slots: Array, sizes: Array) -> None:
    for slot in slots.ravel():
        if slot >= 0:
            sizes[slot] += 1
