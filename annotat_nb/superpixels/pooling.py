"""A few numbers for each superpixel: what the values of its voxels are together."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from annotat_nb.kernels.cpu.pooling import Gathered
    from annotat_nb.operation import Array

Pooling = Literal["mean", "min", "max", "std"]


@dataclass(frozen=True, eq=False)
class Members:
    """Which superpixels reach into a box, and where in the box each of them is.

    Parameters
    ----------
    places
        The superpixels, as positions among all that are to be pooled, int64.
    slots
        Which of them each voxel of the box belongs to, int32, (z, y, x); -1: none of them.
    whole
        Whether each lies in the box with all its voxels.
    """

    places: Array
    slots: Array
    whole: Array
    _gathering: dict[Any, Gathering] = field(default_factory=dict, init=False, repr=False)

    @classmethod
    def of(cls, labels: Array, ids: Array, places: Array, whole: Array) -> Members:
        """Find the superpixels `ids`, which ascend, in `labels`, uint32, (z, y, x)."""
        from annotat_nb.kernels.cpu.pooling import find_slots

        return cls(places, find_slots(labels, ids), whole)

    def gathering(self, values: Any) -> Gathering:
        """Return what gathers channels that lie where `values` does; made once for each device."""
        if values.device not in self._gathering:
            self._gathering[values.device] = _gathering(self, values)
        return self._gathering[values.device]


class Gathering(Protocol):
    """Gathers the values of the superpixels of a box, on the device where the values are."""

    sizes: Array
    """Number of voxels of each superpixel, int64."""

    def pool(self, values: Any, /) -> Gathered:
        """Return sums, sums of squares, smallest and largest values of the superpixels."""


def _gathering(members: Members, values: Any) -> Gathering:
    count = members.places.size
    if isinstance(values, np.ndarray):
        from annotat_nb.kernels.cpu.pooling import Slots

        return Slots(members.slots, count)
    from annotat_nb.kernels.cuda.pooling import Slots as SlotsThere

    return SlotsThere(members.slots, count, values.device)


class Pool:
    """Gathers the values of superpixels from boxes that come one after another.

    Superpixels that lie in one box are finished with it; sums are kept only for the others, until
    all is gathered.

    Parameters
    ----------
    count
        Number of superpixels.
    channels
        How many values each voxel has.
    poolings
        What becomes of the values of one superpixel.

    Examples
    --------
    >>> pool = Pool(2, channels=1, poolings=("max", "mean"))
    >>> labels = np.array([[[4, 4, 7, 9]]], "uint32")
    >>> ids, all_whole = np.array([4, 7]), np.array([True, True])
    >>> members = Members.of(labels, ids, np.arange(2), all_whole)
    >>> pool.add(members, [np.array([[[1.0, 3.0, 2.0, 8.0]]], "float32")])
    >>> pool.rows("max").ravel().tolist(), pool.rows("mean").ravel().tolist()
    ([3.0, 2.0], [2.0, 2.0])
    """

    def __init__(self, count: int, channels: int, poolings: Sequence[Pooling]) -> None:
        self._rows = {pooling: np.empty((count, channels), np.float32) for pooling in poolings}
        self._parts: list[tuple[Array, list[_Sums]]] = []

    def add(self, members: Members, channels: Sequence[Any]) -> None:
        """Gather `channels`, each float32 (z, y, x), of the superpixels of a box.

        They are arrays, or tensors on any device, where they stay.
        """
        cut, parts = ~members.whole, []
        for number, values in enumerate(channels):
            sums = _Sums.of(values, members)
            self._finish(members.places[members.whole], number, sums.take(members.whole))
            parts.append(sums.take(cut))
        if cut.any():
            self._parts.append((members.places[cut], parts))

    def rows(self, pooling: Pooling) -> Array:
        """Return the pooled values, float32, (superpixels, channels)."""
        if self._parts:
            self._join()
        return self._rows[pooling]

    def _join(self) -> None:
        places = np.concatenate([own for own, _ in self._parts])
        known, slots = np.unique(places, return_inverse=True)
        for number, sums in enumerate(zip(*(parts for _, parts in self._parts), strict=True)):
            self._finish(known, number, _Sums.joined(sums, slots, known.size))
        self._parts = []

    def _finish(self, places: Array, channel: int, sums: _Sums) -> None:
        for pooling, rows in self._rows.items():
            rows[places, channel] = getattr(sums, pooling)


@dataclass(frozen=True, eq=False)
class _Sums:
    """What is known of the values of one channel in each superpixel."""

    sizes: Array
    sums: Array
    squares: Array
    min: Array
    max: Array

    @classmethod
    def of(cls, values: Any, members: Members) -> _Sums:
        gathering = members.gathering(values)
        return cls(gathering.sizes, *gathering.pool(values))

    @classmethod
    def joined(cls, parts: Sequence[_Sums], slots: Array, count: int) -> _Sums:
        def add(name: str) -> Array:
            values = np.concatenate([getattr(part, name) for part in parts])
            return np.bincount(slots, values, minlength=count)

        low, high = np.full(count, np.inf, np.float32), np.full(count, -np.inf, np.float32)
        np.minimum.at(low, slots, np.concatenate([part.min for part in parts]))
        np.maximum.at(high, slots, np.concatenate([part.max for part in parts]))
        return cls(add("sizes"), add("sums"), add("squares"), low, high)

    def take(self, chosen: Array) -> _Sums:
        fields = (self.sizes, self.sums, self.squares, self.min, self.max)
        return _Sums(*(values[chosen] for values in fields))

    @property
    def mean(self) -> Array:
        mean: Array = self.sums / self.sizes
        return mean

    @property
    def std(self) -> Array:
        deviation: Array = np.sqrt(np.maximum(self.squares / self.sizes - self.mean**2, 0))
        return deviation
