"""One number for each superpixel: the mean, smallest or largest value of its voxels."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from annotat_nb.operation import Array

Pooling = Literal["mean", "min", "max"]


@dataclass(frozen=True, eq=False)
class Groups:
    """Which voxels of a box belong to which of the wanted superpixels."""

    span: slice
    """The wanted superpixels that can occur, as positions in the list of the wanted."""
    voxels: Array
    """Flat positions in the box of the voxels that are wanted."""
    members: Array
    """The superpixel of each of these voxels, counted from the start of `span`."""

    @classmethod
    def of(cls, labels: Array, wanted: Array) -> Groups:
        """Group the voxels of `labels` by the ids `wanted`, which ascend."""
        labels = labels.ravel()
        low, high = int(labels.min()), int(labels.max())
        start, stop = np.searchsorted(wanted, (low, high + 1))
        place = np.full(high - low + 1, -1, np.int64)
        place[wanted[start:stop] - low] = np.arange(stop - start)
        members = place[labels - labels.dtype.type(low)]
        voxels = np.flatnonzero(members >= 0)
        return cls(slice(int(start), int(stop)), voxels, members[voxels])

    @cached_property
    def order(self) -> Array:
        """The order that brings the voxels of each superpixel together."""
        return np.argsort(self.members, kind="stable")

    @cached_property
    def starts(self) -> Array:
        """Where each superpixel that occurs begins in that order."""
        return np.flatnonzero(np.diff(self.members[self.order], prepend=-1))

    def sums(self, values: Array | None = None) -> Array:
        """Sum `values`, or count voxels, for each superpixel of `span`."""
        return np.bincount(self.members, values, minlength=self.span.stop - self.span.start)


class Pool:
    """Gathers values of superpixels from boxes that come one after another.

    Parameters
    ----------
    ids
        The superpixels to gather, ascending; others are passed over.
    channels
        How many values each voxel has.
    pooling
        What becomes of the values of one superpixel.

    Examples
    --------
    >>> pool = Pool(np.array([4, 7]), channels=1, pooling="max")
    >>> pool.add(np.array([4, 4, 7, 9]), np.array([[1.0, 3.0, 2.0, 8.0]]))
    >>> pool.rows().ravel().tolist()
    [3.0, 2.0]
    """

    def __init__(self, ids: Array, channels: int, pooling: Pooling) -> None:
        start = {"mean": 0.0, "min": np.inf, "max": -np.inf}[pooling]
        self._ids, self._pooling = ids, pooling
        self._totals = np.full((channels, ids.size), start)
        self._sizes = np.zeros(ids.size, np.int64)

    def add(self, labels: Array, values: Array) -> None:
        """Gather `values`, (channels, ...), of the voxels of superpixels `labels`, (...)."""
        groups = Groups.of(labels, self._ids)
        if not groups.voxels.size:
            return
        gather = self._add_sums if self._pooling == "mean" else self._add_extremes
        gather(groups, values.reshape(len(values), -1)[:, groups.voxels])

    def _add_sums(self, groups: Groups, values: Array) -> None:
        self._sizes[groups.span] += groups.sums()
        for total, channel in zip(self._totals, values, strict=True):
            total[groups.span] += groups.sums(channel)

    def _add_extremes(self, groups: Groups, values: Array) -> None:
        extreme = np.minimum if self._pooling == "min" else np.maximum
        present = groups.span.start + groups.members[groups.order[groups.starts]]
        found = extreme.reduceat(values[:, groups.order], groups.starts, axis=1)
        self._totals[:, present] = extreme(self._totals[:, present], found)

    def rows(self) -> Array:
        """Return the pooled values, (superpixels, channels), float32."""
        pooled = self._totals / self._sizes if self._pooling == "mean" else self._totals
        return np.ascontiguousarray(pooled.T, dtype=np.float32)
