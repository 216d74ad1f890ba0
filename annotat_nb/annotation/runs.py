"""Sets of voxels, stored as runs of consecutive flat indices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from annotat_nb.volume import axis_number

if TYPE_CHECKING:
    from annotat_nb.blocks import Shape
    from annotat_nb.operation import Array

Flat = NDArray[np.int64]


@dataclass(frozen=True, eq=False, slots=True)
class Runs:
    """Voxels of a (z, y, x) volume: each run is `lengths` voxels from flat index `starts` on.

    Runs are in ascending order and do not overlap.

    Examples
    --------
    >>> runs = Runs.from_flat(np.array([4, 5, 9]))
    >>> runs.starts.tolist(), runs.lengths.tolist(), runs.size
    ([4, 9], [2, 1], 3)
    """

    starts: Flat
    lengths: Flat

    @classmethod
    def from_flat(cls, flat: Array) -> Self:
        """Pack ascending, distinct flat indices."""
        flat = np.asarray(flat, np.int64)
        first = np.flatnonzero(np.diff(flat, prepend=-2) != 1)
        lengths = np.diff(first, append=len(flat))
        return cls(flat[first], lengths.astype(np.int64))

    @classmethod
    def from_plane(cls, rows: Array, columns: Array, shape: Shape, axis: str, index: int) -> Self:
        """Pack distinct voxels of slice `index` across `axis` of a volume of `shape`."""
        position = [rows, columns]
        position.insert(axis_number(axis), np.full(len(rows), index))
        return cls.from_flat(np.sort(np.ravel_multi_index((*position,), shape)))

    @classmethod
    def from_bytes(cls, raw: bytes) -> Self:
        """Read what `to_bytes` wrote."""
        gaps, lengths = np.frombuffer(raw, "<i8").reshape(2, -1)
        if len(gaps) and (gaps[0] < 0 or gaps[1:].min(initial=0) < 0 or lengths.min() < 1):
            raise ValueError("runs are out of order")
        starts = np.cumsum(gaps)
        if np.any(starts[1:] < starts[:-1] + lengths[:-1]):
            raise ValueError("runs overlap")
        return cls(starts, lengths.astype(np.int64))

    def to_bytes(self) -> bytes:
        """Pack as little-endian 64-bit gaps between starts, then lengths: both compress well."""
        return np.stack([np.diff(self.starts, prepend=0), self.lengths]).astype("<i8").tobytes()

    @property
    def size(self) -> int:
        """Number of voxels."""
        return int(self.lengths.sum())

    @property
    def nbytes(self) -> int:
        """Memory that the runs take, in bytes."""
        return self.starts.nbytes + self.lengths.nbytes

    def flat(self) -> Flat:
        """Unpack to ascending flat indices."""
        ends = np.cumsum(self.lengths)
        shift = np.repeat(self.starts - (ends - self.lengths), self.lengths)
        flat: Flat = np.arange(self.size, dtype=np.int64) + shift
        return flat

    def inside(self, shape: Shape) -> bool:
        """Tell whether every voxel exists in a volume of `shape`."""
        count = shape[0] * shape[1] * shape[2]
        return not len(self.starts) or bool(self.starts[-1] + self.lengths[-1] <= count)


NO_VOXELS = Runs(np.zeros(0, np.int64), np.zeros(0, np.int64))


@dataclass(frozen=True, eq=False, slots=True)
class Values:
    """One integer for each voxel of some `Runs`, stored as values and how often each repeats."""

    values: Flat
    counts: Flat

    @classmethod
    def pack(cls, values: Array) -> Self:
        """Pack one integer for each voxel."""
        values = np.asarray(values, np.int64)
        first = np.flatnonzero(np.diff(values, prepend=values[:1] - 1))
        return cls(values[first], np.diff(first, append=len(values)).astype(np.int64))

    @property
    def nbytes(self) -> int:
        """Memory that the values take, in bytes."""
        return self.values.nbytes + self.counts.nbytes

    def unpack(self) -> Flat:
        """Give one integer for each voxel."""
        return np.repeat(self.values, self.counts)
