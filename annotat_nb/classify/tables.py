"""Features that were computed, remembered by what they were computed with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from annotat_nb.operation import Array


class Table(Protocol):
    """The columns of one feature for those samples that were asked for so far."""

    def missing(self, samples: Array) -> Array:
        """Return which of `samples`, which ascend, are not in the table."""

    def extend(self, samples: Array, rows: Array) -> None:
        """Add the rows, float32 (samples, columns), of samples that are not in the table."""

    def take(self, samples: Array) -> Array:
        """Return the rows of `samples`, all of which are in the table."""


class DenseTable:
    """A row for each number below a limit: superpixels.

    Parameters
    ----------
    count
        The limit.
    columns
        Length of a row.
    """

    def __init__(self, count: int, columns: int) -> None:
        self._known = np.zeros(count, bool)
        # Pages that are never written to take no memory.
        self._rows = np.zeros((count, columns), np.float32)

    def missing(self, samples: Array) -> Array:
        missing: Array = samples[~self._known[samples]]
        return missing

    def extend(self, samples: Array, rows: Array) -> None:
        self._rows[samples], self._known[samples] = rows, True

    def take(self, samples: Array) -> Array:
        rows: Array = self._rows[samples]
        return rows


@dataclass
class SparseTable:
    """Rows for a few of very many numbers: marked voxels."""

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
