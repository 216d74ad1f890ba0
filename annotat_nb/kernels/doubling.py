"""How windows are made of windows half as large, row after row."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from annotat_nb.operation import Array

LOAD, JOIN, GIVE = range(3)
"""Remember an input row; join two rows that are remembered; an output row is there.

Kernels of several files are compiled with these numbers: they must stay as they are, since what is
kept on disk would not notice; see `annotat_nb.kernels.compiling`.
"""


CACHE = 2**23
"""Bytes that mostly stay in the cache of a processor until they are read again."""


@dataclass(frozen=True, eq=False, slots=True)
class Steps:
    """What to do with the rows of an image to join the `size` rows from each of them on.

    Parameters
    ----------
    memory
        How many rows must be remembered meanwhile.
    table
        One line for each step, int64, (steps, 4): what to do, and with which rows. `LOAD` puts
        into remembered row (1) input row (2). `JOIN` puts into (1) what (2) and (3) are together.
        `GIVE` tells that output row (1) is in remembered row (2).
    """

    memory: int
    table: Array


@lru_cache(maxsize=256)
def steps(count: int, size: int, *, overlap: bool) -> Steps:
    """Plan how to join `size` neighbours: 2, 4, 8 … of them first, and those that make up `size`.

    Every window is joined in the same order, wherever it is: sums have the same rounding errors.

    Parameters
    ----------
    count
        Number of input rows; `size` − 1 more than there are output rows.
    size
        Rows in a window, at least 3.
    overlap
        Whether a row may count twice, as for the largest value, but not for a sum.

    Examples
    --------
    >>> plan = steps(3, 3, overlap=False)
    >>> plan.table[plan.table[:, 0] == JOIN].tolist()
    [[1, 2, 0, 1], [1, 3, 1, 0], [1, 5, 0, 2]]
    """
    levels = size.bit_length()
    starts = list(accumulate(((1 << level) + 1 for level in range(levels)), initial=0))

    def place(level: int, first: int) -> int:
        return starts[level] + first % ((1 << level) + 1)

    parts, result, table = _parts(size, overlap=overlap), starts[-1], []
    for last in range(count):
        table.append((LOAD, place(0, last), last, 0))
        for level in range(1, levels):
            half, first = 2 ** (level - 1), last + 1 - 2**level
            if first >= 0:
                joined = (place(level - 1, first), place(level - 1, first + half))
                table.append((JOIN, place(level, first), *joined))
        row = last + 1 - size
        if row >= 0:
            one, *others = (place(level, row + offset) for level, offset in reversed(parts))
            for other in others:
                table.append((JOIN, result, one, other))
                one = result
            table.append((GIVE, row, result, 0))
    return Steps(result + 1, np.array(table, np.int64))


@dataclass(frozen=True, eq=False, slots=True)
class Slab:
    """Some output planes in a row, and what has to be there for them.

    Parameters
    ----------
    first, last
        Input planes that are made for them, from `first` up to `last`; earlier ones are there.
    places
        In which place of the ring each of the planes lies that are joined for them, int64.
    table
        How these are joined, as in `Steps`.
    """

    first: int
    last: int
    places: Array
    table: Array


def slabs(planes: Array, size: int, weight: int, *, overlap: bool) -> tuple[int, int, list[Slab]]:
    """Divide the planes of an image so that those needed at once stay in the processor's cache.

    Parameters
    ----------
    planes
        Which input plane lies at each position, mirrored at both ends, int64.
    size
        Planes in a window.
    weight
        Bytes that a plane takes.
    overlap
        As for `steps`.

    Returns
    -------
    ring, memory : int
        How many planes are kept at once, each in place of an earlier one, plane i at i modulo
        `ring`; and how many rows are remembered.
    parts : list of Slab
        What is done, in this order.
    """
    count, made, ring, found = planes.size - size + 1, 0, 1, []
    height = CACHE // weight - size + 1
    if height < 2 * size:  # more would be done twice than the cache saves
        height = count
    for start in range(0, count, height):
        read = planes[start : start + height + size - 1]
        top = max(made, int(read.max()) + 1)
        ring = max(ring, top - int(read.min()))
        plan = steps(read.size, size, overlap=overlap)
        table = plan.table + np.where(plan.table[:, :1] == GIVE, (0, start, 0, 0), 0)
        found.append(Slab(made, top, read, table))
        made = top
    return ring, plan.memory, [replace(slab, places=slab.places % ring) for slab in found]


def _parts(size: int, *, overlap: bool) -> list[tuple[int, int]]:
    """Return level and offset of the parts that make up `size` rows, the largest first."""
    if overlap:
        level = size.bit_length() - 1
        return [(level, 0), (level, size - 2**level)]
    parts, offset = [], 0
    for level in reversed(range(size.bit_length())):
        if size >> level & 1:
            parts.append((level, offset))
            offset += 2**level
    return parts
