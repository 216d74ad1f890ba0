"""Features that were computed, remembered by what they were computed with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import DTypeLike

    from annotat_nb.operation import Array
    from annotat_nb.room import Room

    Make = Callable[[Array], Array]

TOGETHER = 2**15
"""Rows that are read or written at once, which is how they lie together on disk."""
SPAN = 2**20
"""Rows that may be read to look a few of them up."""


class Rows:
    """A row for each number below a limit, in memory or on disk.

    Parameters
    ----------
    room
        Where to put them.
    name
        What they hold, in words.
    count
        The limit.
    columns
        Length of a row.
    dtype
        Type of a value.

    Examples
    --------
    >>> from annotat_nb.room import Room
    >>> squares = Rows(Room(), "squares", 10, 1, "int32")
    >>> squares.put(np.array([2, 7]), np.array([[4], [49]]))
    >>> squares.take(np.array([3, 7])).ravel().tolist()
    [0, 49]
    """

    def __init__(
        self, room: Room, name: str, count: int, columns: int, dtype: DTypeLike = np.float32
    ) -> None:
        # Rows in memory that are never written to take none.
        self._rows = room.new(name, (count, columns), dtype)

    @property
    def columns(self) -> int:
        """Length of a row."""
        return int(self._rows.shape[1])

    def between(self, start: int, stop: int) -> Array:
        """Return the rows from `start` up to `stop`; perhaps the very ones, not to be changed."""
        rows: Array = self._rows[start:stop]
        return rows

    def write(self, start: int, rows: Array) -> None:
        """Put `rows` in place of those from `start` on."""
        self._rows[start : start + len(rows)] = rows

    def take(self, numbers: Array) -> Array:
        """Return the rows of `numbers`, which ascend."""
        found = np.empty((numbers.size, self.columns), self._rows.dtype)
        for part, start, stop in _together(numbers):
            found[part] = self._rows[start:stop][numbers[part] - start]
        return found

    def put(self, numbers: Array, rows: Array) -> None:
        """Put `rows` in place of those of `numbers`, which ascend."""
        for part, start, stop in _together(numbers):
            here = self._rows[start:stop]
            here[numbers[part] - start] = rows[part]
            if not isinstance(self._rows, np.ndarray):
                self._rows[start:stop] = here

    def look_up(self, numbers: Array, of: Make = lambda rows: rows) -> Array:
        """Return ``of`` the rows of `numbers`, in any order and of any shape.

        Parameters
        ----------
        numbers
            Each below the limit.
        of
            Makes what is wanted, (rows, ...), from (rows, columns).
        """
        if not numbers.size:
            return of(self._rows[:0])[numbers]
        low, high = int(numbers.min()), int(numbers.max())
        if high - low < SPAN:
            near: Array = of(self.between(low, high + 1))[numbers - low]
            return near
        known, place = np.unique(numbers, return_inverse=True)
        found: Array = of(self.take(known))[place.reshape(numbers.shape)]
        return found


def _together(numbers: Array) -> Iterator[tuple[slice, int, int]]:
    """Cut ascending numbers where their rows lie apart: which, and from where to where."""
    if not numbers.size:
        return
    first, last = int(numbers[0]), int(numbers[-1])
    edges = np.arange(first // TOGETHER, last // TOGETHER + 2) * TOGETHER
    places = np.searchsorted(numbers, edges)
    for begin, end in zip(places[:-1].tolist(), places[1:].tolist(), strict=True):
        if begin < end:
            yield slice(begin, end), int(numbers[begin]), int(numbers[end - 1]) + 1


class FewRows:
    """Rows of a few numbers; those of all others are NaN.

    Parameters
    ----------
    numbers
        int64, ascending.
    rows
        Their rows, float32.
    """

    def __init__(self, numbers: Array, rows: Array) -> None:
        missing = np.full((1, rows.shape[1]), np.nan, np.float32)
        self._numbers, self._rows = numbers, np.concatenate([rows, missing])

    @property
    def columns(self) -> int:
        """Length of a row."""
        return int(self._rows.shape[1])

    def look_up(self, numbers: Array, of: Make = lambda rows: rows) -> Array:
        """Return ``of`` the rows of `numbers`; see `Rows.look_up`."""
        place = np.searchsorted(self._numbers, numbers)
        found = np.append(self._numbers, -1)[place] == numbers
        return of(self._rows)[np.where(found, place, self._numbers.size)]


class Known:
    """A set of numbers that mostly follow each other: few ranges stand for all of them.

    Examples
    --------
    >>> known = Known()
    >>> known.add(np.array([4, 5, 9]))
    >>> known.missing(np.array([3, 4, 9])).tolist()
    [3]
    """

    def __init__(self) -> None:
        self._starts = self._stops = np.empty(0, np.int64)

    def missing(self, numbers: Array) -> Array:
        """Return which of `numbers`, which ascend, are not in the set."""
        place = np.searchsorted(self._starts, numbers, side="right")
        missing: Array = numbers[numbers >= np.append(0, self._stops)[place]]
        return missing

    def add(self, numbers: Array) -> None:
        """Add `numbers`, which ascend and differ."""
        if not numbers.size:
            return
        first = np.flatnonzero(np.diff(numbers, prepend=-2) != 1)
        last = np.append(first[1:], numbers.size) - 1
        starts = np.append(self._starts, numbers[first])
        stops = np.append(self._stops, numbers[last] + 1)
        order = np.argsort(starts, kind="stable")
        starts, stops = starts[order], np.maximum.accumulate(stops[order])
        apart = starts[1:] > stops[:-1]
        self._starts = starts[np.append(True, apart)]
        self._stops = stops[np.append(apart, True)]


class DenseTable:
    """The columns of a feature for some of the numbers below a limit: superpixels.

    Parameters
    ----------
    room
        Where to put the rows.
    count
        The limit.
    columns
        Length of a row.
    """

    def __init__(self, room: Room, count: int, columns: int) -> None:
        self._known, self._rows = Known(), Rows(room, "features", count, columns)

    def missing(self, samples: Array) -> Array:
        """Return which of `samples`, which ascend, are not in the table."""
        return self._known.missing(samples)

    def extend(self, samples: Array, rows: Array) -> None:
        """Add the rows, float32 (samples, columns), of samples that ascend."""
        self._rows.put(samples, rows)
        self._known.add(samples)

    def take(self, samples: Array) -> Array:
        """Return the rows of `samples`, which ascend, all of which are in the table."""
        return self._rows.take(samples)


@dataclass
class SparseTable:
    """The columns of a feature for a few of very many numbers: marked voxels.

    It is asked as `DenseTable` is.
    """

    samples: Array
    """Flat voxel indices, ascending."""
    rows: Array
    """float32, (samples, columns)."""

    @classmethod
    def empty(cls, columns: int) -> SparseTable:
        """Return a table of `columns` columns without samples."""
        return cls(np.empty(0, np.int64), np.empty((0, columns), np.float32))

    def missing(self, samples: Array) -> Array:
        return np.setdiff1d(samples, self.samples)

    def extend(self, samples: Array, rows: Array) -> None:
        merged = np.concatenate([self.samples, samples])
        order = np.argsort(merged)
        self.samples, self.rows = merged[order], np.concatenate([self.rows, rows])[order]

    def take(self, samples: Array) -> Array:
        rows: Array = self.rows[np.searchsorted(self.samples, samples)]
        return rows
