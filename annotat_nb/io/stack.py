"""Arrays that read their slices when they are asked for."""

from __future__ import annotations

import operator
from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from annotat_nb.operation import Array

CACHE_BYTES = 2**28


class SliceStack:
    """A read-only (z, y, x) array whose slices are read on demand; the last ones are kept.

    Parameters
    ----------
    shape
        Number of voxels, (z, y, x).
    dtype
        Type of a voxel.
    take
        Reads slice z, (y, x). It may be called from several threads at once.
    cache_bytes
        Bytes of slices to keep; at least one slice is kept.

    Examples
    --------
    >>> stack = SliceStack((3, 2, 2), np.dtype("uint8"), lambda z: np.full((2, 2), z, "uint8"))
    >>> stack[1:, 0, 1]
    array([1, 2], dtype=uint8)
    """

    ndim = 3

    def __init__(
        self,
        shape: tuple[int, int, int],
        dtype: np.dtype[Any],
        take: Callable[[int], Array],
        *,
        cache_bytes: int = CACHE_BYTES,
    ) -> None:
        self.shape = shape
        self.dtype = dtype
        self.chunks = (1, *shape[1:])
        """What is decoded at once, as for HDF5 datasets and Zarr arrays."""
        self._take = take
        self._kept: OrderedDict[int, Array] = OrderedDict()
        self._keep = max(1, cache_bytes // max(1, shape[1] * shape[2] * dtype.itemsize))
        self._lock = Lock()

    def __len__(self) -> int:
        return self.shape[0]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        whole: Array = self[:]
        return whole if dtype is None else whole.astype(dtype, copy=False)

    def __getitem__(self, key: Any) -> Any:
        first, rest = _split(key)
        if not isinstance(first, slice):
            return self._slice(self._position(first))[rest]
        numbers = range(*first.indices(len(self)))
        sample = np.empty(self.shape[1:], np.bool_)[rest]
        out = np.empty((len(numbers), *sample.shape), self.dtype)
        for row, number in enumerate(numbers):
            out[row] = self._slice(number)[rest]
        return out

    def _position(self, index: Any) -> int:
        number = operator.index(index)
        if not -len(self) <= number < len(self):
            raise IndexError(f"slice {number} is outside 0 … {len(self) - 1}")
        return number % len(self)

    def _slice(self, number: int) -> Array:
        with self._lock:
            if number in self._kept:
                self._kept.move_to_end(number)
                return self._kept[number]
        image = self._read(number)
        with self._lock:
            self._kept[number] = image
            while len(self._kept) > self._keep:
                self._kept.popitem(last=False)
        return image

    def _read(self, number: int) -> Array:
        image = np.ascontiguousarray(self._take(number), self.dtype)
        if image.shape != self.shape[1:]:
            raise ValueError(f"slice {number} is {image.shape}, expected {self.shape[1:]}")
        image.setflags(write=False)
        return image


class NativeOrder:
    """A mapped array whose pieces come out in the byte order and alignment of this machine.

    Examples
    --------
    >>> NativeOrder(np.arange(3, dtype=">u2"))[1:].dtype.isnative
    True
    """

    def __init__(self, data: Array) -> None:
        self.mapped = data
        self.shape = data.shape
        self.ndim = data.ndim
        self.dtype = data.dtype.newbyteorder("=")

    def __len__(self) -> int:
        return len(self.mapped)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return np.array(self.mapped, dtype or self.dtype)

    def __getitem__(self, key: Any) -> Array:
        return np.array(self.mapped[key], self.dtype)


def native(data: Array) -> Array | NativeOrder:
    """Return `data` itself where numeric code can use it directly, else wrapped to convert."""
    return data if data.dtype.isnative and data.flags.aligned else NativeOrder(data)


def _split(key: Any) -> tuple[Any, tuple[Any, ...]]:
    keys = key if isinstance(key, tuple) else (key,)
    if Ellipsis in keys:
        at = keys.index(Ellipsis)
        keys = (*keys[:at], *(slice(None),) * (4 - len(keys)), *keys[at + 1 :])
    return (keys[0], keys[1:]) if keys else (slice(None), ())
