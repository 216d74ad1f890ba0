"""The median of small windows, by exchanges."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from annotat_nb.kernels.compiling import helper, kernel
from annotat_nb.kernels.threads import over

if TYPE_CHECKING:
    from annotat_nb.kernels.mirror import Reading
    from annotat_nb.operation import Array

LARGEST = 27
"""The largest window that is done faster this way than with a histogram."""

LOAD, EXCHANGE = range(2)
"""Put a value into a place; put two places in order. They must stay: another file's kernels are
compiled with them, too, and those on disk would not notice."""


def select(image: Array, read: Reading, out: Array) -> None:
    """Find the medians of windows of at most `LARGEST` voxels.

    Half of the values and two more are ordered just so far that the smallest and the largest are
    known. Neither can be the median: both are forgotten, the next value takes their place, and so
    on until one is left (A. R. Smith, Implementing median filters in XC4000E FPGAs, 1996). The
    order of exchanges is the same for all windows, so that a row of them is done at once.

    Parameters
    ----------
    image
        float32, (z, y, x).
    read
        What is read of it.
    out
        Where the medians go, float32, (z, y, x).
    """
    source, tables = read.planes_of(image), (read.planes.table, read.rows.table, read.columns.table)
    sides = [table.size - extent + 1 for table, extent in zip(tables, out.shape, strict=True)]
    program, (place, _) = exchanges(int(np.prod(sides)))
    places = int(program[:, 1].max()) + 1

    def work(start: int, stop: int) -> None:
        _select(source, *tables, read.where, program, places, place, start, stop, out)

    over(len(out), work)


@lru_cache(maxsize=8)
def exchanges(size: int) -> tuple[Array, tuple[int, int]]:
    """Plan how to find the median of `size` values, at least 3.

    Returns
    -------
    steps : ndarray
        int64, (steps, 3): `LOAD` puts into place (1) value (2); `EXCHANGE` puts the smaller of
        the values in (1) and (2) into (1), the larger into (2).
    places : tuple of int
        Where the two values next to the middle are in the end; the same twice if `size` is odd.
    """
    places = list(range(size // 2 + 2))
    steps = [(LOAD, place, place) for place in places]
    for value in range(len(places), size + 1):
        steps += [(EXCHANGE, *pair) for pair in _to_both_ends(places)]
        spare, *places, _ = places
        if value < size:
            places.append(spare)
            steps.append((LOAD, spare, value))
    return np.array(steps, np.int64), (places[0], places[-1])


def _to_both_ends(places: list[int]) -> list[tuple[int, int]]:
    """Exchange until the smallest value is in the first of `places`, the largest in the last."""
    half = len(places) // 2
    pairs = list(zip(places[:half], reversed(places[-half:]), strict=True))
    pairs += [(places[0], other) for other in places[1 : len(places) - half]]
    pairs += [(other, places[-1]) for other in places[half:-1]]
    return pairs


@helper
def _exchange(values: Array, one: int, other: int) -> None:
    for x in range(values.shape[1]):
        a, b = values[one, x], values[other, x]
        values[one, x] = min(a, b)
        values[other, x] = max(a, b)


@helper
def _take(
    image: Array,
    planes: Array,
    rows: Array,
    columns: Array,
    where: tuple[int, int, int, int, int],
    high: int,
    lines: Array,
) -> None:
    """Take the rows that the windows of one row look at, mirrored at both ends."""
    top, _, left, width, lead = where
    first, start, plane, row = np.uint64(left), np.uint64(lead), 0, 0
    for line in range(lines.shape[0]):
        z, y = planes[plane], top + rows[row]
        for x in range(np.uint64(width)):
            lines[line, x + start] = image[z, y, x + first]
        for x in range(lead):
            lines[line, x] = image[z, y, left + columns[x]]
        for x in range(lead + width, columns.size):
            lines[line, x] = image[z, y, left + columns[x]]
        row += 1
        if row == high:
            plane, row = plane + 1, 0


@kernel(
    (
        *("const float32[:,:,::1]", "int64[::1]", "int64[::1]", "int64[::1]"),
        *("UniTuple(int64, 5)", "const int64[:,::1]", "int64", "int64", "int64", "int64"),
        "float32[:,:,::1]",
    )
)
def _select(
    image: Array,
    planes: Array,
    rows: Array,
    columns: Array,
    where: tuple[int, int, int, int, int],
    program: Array,
    places: int,
    place: int,
    start: int,
    stop: int,
    out: Array,
) -> None:
    depth, tall, wide = out.shape
    high, across = rows.size - tall + 1, columns.size - wide + 1
    lines = np.empty(((planes.size - depth + 1) * high, columns.size), np.float32)
    values = np.empty((places, wide), np.float32)
    for z in range(start, stop):
        for y in range(tall):
            _take(image, planes[z:], rows[y:], columns, where, high, lines)
            for step in range(program.shape[0]):
                one, other = program[step, 1], program[step, 2]
                if program[step, 0] == LOAD:
                    line, first = divmod(other, across)
                    for x in range(np.uint64(wide)):
                        values[one, x] = lines[line, x + np.uint64(first)]
                else:
                    _exchange(values, one, other)
            for x in range(wide):
                out[z, y, x] = values[place, x]
