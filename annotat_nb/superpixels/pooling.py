"""A few numbers for each superpixel: what the values of its voxels are together."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np

from annotat_nb.kernels.threads import PLANES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from annotat_nb.blocks import Box
    from annotat_nb.operation import Array

Pooling = Literal["mean", "min", "max", "std"]
FIELDS = 4
"""What is known of the values of a superpixel: sum, sum of squares, minimum, maximum."""


@dataclass(frozen=True, eq=False)
class Members:
    """Which superpixels reach into a box, and where in the box each of them is.

    Parameters
    ----------
    box
        Where in the volume.
    places
        The superpixels, as positions among all that are to be pooled, int64.
    slots
        Which of them each voxel of the box belongs to, int32, (z, y, x); -1: none of them.
    whole
        Whether each lies in the box with all its voxels.
    """

    box: Box
    places: Array
    slots: Array
    whole: Array
    _gathering: dict[Any, Gathering] = field(default_factory=dict, init=False, repr=False)

    @classmethod
    def of(cls, labels: Array, box: Box, ids: Array, places: Array, whole: Array) -> Members:
        """Find the superpixels `ids`, which ascend, in `labels`, uint32, (z, y, x)."""
        from annotat_nb.kernels.cpu.pooling import find_slots

        return cls(box, places, find_slots(labels, ids), whole)

    @cached_property
    def slabs(self) -> list[slice]:
        """Which planes are summed up together: the same ones whatever the box."""
        from annotat_nb.kernels.cpu.pooling import slabs_of

        return slabs_of(self.box[0].start, len(self.slots))

    def gathering(self, values: Any) -> Gathering:
        """Return what gathers channels that lie where `values` does; made once for each device."""
        if values.device not in self._gathering:
            self._gathering[values.device] = _gathering(self, values)
        return self._gathering[values.device]

    @cached_property
    def keys(self) -> list[int]:
        """What puts the slabs of all boxes in the order in which they are summed up."""
        top, row, column = (side.start for side in self.box)
        first = top // PLANES
        return [((first + n) << 42) + (row << 21) + column for n in range(len(self.slabs))]


class Gathering(Protocol):
    """Gathers the values of the superpixels of a box, on the device where the values are."""

    sizes: Array
    """Number of voxels of each superpixel in each slab, (slabs, superpixels)."""
    cut: list[Array]
    """Superpixels, by their slots, of which other parts lie elsewhere, for each slab."""

    def pool(self, values: Any, /) -> tuple[Array, Array]:
        """Gather sums, sums of squares, smallest and largest values.

        First those of the superpixels, (`FIELDS`, superpixels), then those of their parts in `cut`,
        slab by slab, (`FIELDS`, parts).
        """


def _gathering(members: Members, values: Any) -> Gathering:
    slots, whole, slabs = members.slots, members.whole, members.slabs
    if isinstance(values, np.ndarray):
        from annotat_nb.kernels.cpu.pooling import Slots

        return Slots(slots, whole, slabs)
    from annotat_nb.kernels.cuda.pooling import Slots as SlotsThere

    return SlotsThere(slots, whole, slabs, values.device)


@dataclass(frozen=True, eq=False)
class Parts:
    """What is known of superpixels that lie in several boxes, each part in a slab of a box."""

    ids: Array
    """The superpixel of each part, int64."""
    keys: Array
    """In which order the parts are summed up, int64."""
    sizes: Array
    """Voxels of each part, int64."""
    values: Array
    """Of each channel, float64, (channels, `FIELDS`, parts)."""

    @classmethod
    def none(cls, channels: int) -> Parts:
        """Return no parts."""
        empty = np.empty(0, np.int64)
        return cls(empty, empty, empty, np.empty((channels, FIELDS, 0)))

    @classmethod
    def joined(cls, parts: Sequence[Parts]) -> Parts:
        """Return all parts."""
        names = ("ids", "keys", "sizes", "values")
        ids, keys, sizes, values = (
            np.concatenate([getattr(part, name) for part in parts], axis=-1) for name in names
        )
        return cls(ids, keys, sizes, values)

    def only(self, chosen: Array) -> Parts:
        """Return some of the parts."""
        return Parts(
            self.ids[chosen], self.keys[chosen], self.sizes[chosen], self.values[..., chosen]
        )


class Pool:
    """Gathers the values of superpixels from boxes that come one after another.

    Superpixels that lie in one box are finished with it; of the others, parts are kept until they
    are all there. Parts are planes of the volume, and summed up in an order of their own, so that
    the result is the same to the last bit however deep the boxes are and whenever they come.

    Parameters
    ----------
    ids
        The superpixels, int64, ascending.
    channels
        How many values each voxel has.
    poolings
        What becomes of the values of one superpixel.
    pending
        What `finish` of an earlier pool returned.

    Examples
    --------
    >>> pool = Pool(np.array([4, 7]), channels=1, poolings=("max", "mean"))
    >>> labels, box = np.array([[[4, 4, 7, 9]]], "uint32"), (slice(0, 1), slice(0, 1), slice(0, 4))
    >>> members = Members.of(labels, box, np.array([4, 7]), np.arange(2), np.array([True, True]))
    >>> pool.add(members, [np.array([[[1.0, 3.0, 2.0, 8.0]]], "float32")])
    >>> rest = pool.finish()
    >>> pool.rows("max").ravel().tolist(), pool.rows("mean").ravel().tolist()
    ([3.0, 2.0], [2.0, 2.0])
    """

    def __init__(
        self,
        ids: Array,
        channels: int,
        poolings: Sequence[Pooling],
        pending: Parts | None = None,
    ) -> None:
        self._ids = ids
        self._rows = {name: np.zeros((ids.size, channels), np.float32) for name in poolings}
        self._parts = [Parts.none(channels) if pending is None else pending]

    def add(self, members: Members, channels: Sequence[Any]) -> None:
        """Gather `channels`, each float32 (z, y, x), of the superpixels of a box.

        They are arrays, or tensors on any device, where they stay.
        """
        gathering, whole, kept = members.gathering(channels[0]), members.whole, []
        sizes, cut = gathering.sizes.sum(axis=0), gathering.cut
        for number, values in enumerate(channels):
            # Channels of one box may lie on several devices, when the memory of one is full.
            gathered, parts = members.gathering(values).pool(values)
            self._write(members.places[whole], number, sizes[whole], gathered[:, whole])
            kept.append(parts)
        keys = np.repeat(members.keys, [slots.size for slots in cut])
        own = self._ids[members.places[np.concatenate(cut)]]
        inside = np.concatenate([n[slots] for n, slots in zip(gathering.sizes, cut, strict=True)])
        self._parts.append(Parts(own, keys, inside, np.stack(kept)))

    def finish(self, done: Array | None = None) -> Parts:
        """Put the parts of superpixels together.

        Parameters
        ----------
        done
            For each superpixel, whether all its parts are there; None: of all of them.

        Returns
        -------
        Parts
            Those of the others.
        """
        parts = Parts.joined(self._parts)
        ids = self._ids if done is None else self._ids[done]
        here = np.isin(parts.ids, ids)
        self._join(parts.only(here))
        self._parts = [parts.only(~here)]
        return self._parts[0]

    def rows(self, pooling: Pooling) -> Array:
        """Return the pooled values, float32, (superpixels, channels), of those that are done."""
        return self._rows[pooling]

    def _join(self, parts: Parts) -> None:
        known, slots = np.unique(parts.ids, return_inverse=True)
        order = np.argsort(parts.keys, kind="stable")
        slots, places = slots[order], np.searchsorted(self._ids, known)
        sizes = np.bincount(slots, parts.sizes[order], known.size)
        for channel, values in enumerate(parts.values[..., order]):
            self._write(places, channel, sizes, _together(values, slots, known.size))

    def _write(self, places: Array, channel: int, sizes: Array, values: Array) -> None:
        for pooling, rows in self._rows.items():
            rows[places, channel] = _pooled(pooling, sizes, *values)


def _pooled(
    pooling: Pooling, sizes: Array, sums: Array, squares: Array, low: Array, high: Array
) -> Array:
    match pooling:
        case "min":
            return low
        case "max":
            return high
        case "mean":
            return sums / sizes
        case "std":
            return np.sqrt(np.maximum(squares / sizes - (sums / sizes) ** 2, 0))


def _together(values: Array, slots: Array, count: int) -> Array:
    """Put the parts of one channel together, (`FIELDS`, count); sums run in order."""
    sums, squares, lows, highs = values
    low, high = np.full(count, np.inf), np.full(count, -np.inf)
    np.minimum.at(low, slots, lows)
    np.maximum.at(high, slots, highs)
    return np.stack(
        [np.bincount(slots, sums, count), np.bincount(slots, squares, count), low, high]
    )
