"""Label images: complete segmentations, and superpixels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from annotat_nb.annotation.runs import Runs, Values
from annotat_nb.blocks import pieces, whole
from annotat_nb.volume import plane_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from annotat_nb.blocks import Box, Shape
    from annotat_nb.operation import Array


class LabelImage:
    """An unsigned integer for each voxel of a volume.

    Parameters
    ----------
    data
        Array of unsigned integers, (z, y, x), or what reads like one.
    origin
        What made it, in words: ``"Apply"``, or the name of the file it was loaded from.
    counts
        How many voxels have each value, if that is known.
    """

    def __init__(
        self, data: Any, *, origin: str = "", counts: Mapping[int, int] | None = None
    ) -> None:
        if data.dtype.kind != "u" or data.ndim != 3:
            raise TypeError(
                f"a label image holds unsigned integers (z, y, x), got {data.dtype} {data.shape}"
            )
        self.data = data
        self.origin = origin
        self._counts = counts

    @property
    def shape(self) -> Shape:
        """Number of voxels, (z, y, x)."""
        depth, height, width = self.data.shape
        return depth, height, width

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return np.asarray(self.data, dtype=dtype, copy=copy)

    def slice(self, axis: str, index: int) -> Array:
        """Return slice `index` across `axis`, its rows and columns in (z, y, x) order."""
        found: Array = self.data[plane_of(axis, index)]
        return found

    @property
    def is_in_memory(self) -> bool:
        """Whether its voxels can be changed one by one; those on disk can only be read."""
        return isinstance(self.data, np.ndarray)

    def parts(self) -> Iterator[tuple[Box, Array]]:
        """Yield all of it, box by box, first to last: what lies on disk may be too large at once.

        Examples
        --------
        >>> label = LabelImage(np.ones((20, 9, 9), "uint8"))
        >>> sum(int(values.sum()) for _, values in label.parts())
        1620
        """
        for box in pieces(whole(self.shape)):
            yield box, np.asarray(self.data[box])

    @property
    def counts(self) -> Mapping[int, int]:
        """How many voxels have each value of up to 16 bits that occurs; counted once."""
        if self._counts is None:
            found = np.zeros(2**16, np.int64)
            for _, values in self.parts():
                here = np.bincount(values.ravel())
                found[: len(here)] += here
            self._counts = {int(n): int(found[n]) for n in np.flatnonzero(found)}
        return self._counts

    def relabel(self, table: Array) -> None:
        """Put ``table[value]`` in place of each value of up to 16 bits, where that is another."""
        for box, values in self.parts():
            found = table[values]
            if not np.array_equal(found, values):
                self.data[box] = found.astype(self.data.dtype)
        self._counts = None

    @property
    def largest(self) -> int:
        """The largest value."""
        return max(int(values.max()) for _, values in self.parts())

    @property
    def values(self) -> Array:
        """The values that there are, ascending."""
        depth, height, width = self.shape
        if (largest := self.largest) > depth * height * width:
            return np.unique(self.data)
        seen = np.zeros(largest + 1, bool)
        for _, values in self.parts():
            seen[values] = True
        return np.flatnonzero(seen)

    def center_of(self, value: int) -> tuple[int, int, int] | None:
        """Return the voxel at the mean place of those that have `value`; None where none has.

        Examples
        --------
        >>> LabelImage(np.eye(3, dtype="uint8")[None]).center_of(1)
        (0, 1, 1)
        """
        count, sums = 0, np.zeros(3)
        for box, values in self.parts():
            places = np.nonzero(values == value)
            count += len(places[0])
            sums += [p.sum() + p.size * side.start for p, side in zip(places, box, strict=True)]
        if not count:
            return None
        z, y, x = (sums / count).round().astype(int).tolist()
        return z, y, x

    def detach(self, largest: int = 0) -> None:
        """Go on with a copy, wide enough for the value `largest`, before voxels are written.

        The former array may be on its way to the disk.
        """
        needed = np.promote_types(self.data.dtype, np.min_scalar_type(largest))
        self.data, self._counts = np.array(self.data, dtype=needed), None

    def write(self, voxels: Runs, value: int) -> Values:
        """Set `voxels` to `value` and return what they were; `detach` comes first."""
        flat = voxels.flat()
        before = Values.pack(self.data.flat[flat])
        self.data.flat[flat] = value
        return before

    def write_values(self, voxels: Runs, values: Values) -> None:
        """Set each of `voxels` to its own value; `detach` comes first."""
        self.data.flat[voxels.flat()] = values.unpack()
