"""Images that are mapped into memory, read with foresight and care."""

from __future__ import annotations

import mmap
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from annotat_nb.io.cost import cost
from annotat_nb.io.errors import cannot_read
from annotat_nb.io.stack import NativeOrder

if TYPE_CHECKING:
    from annotat_nb.blocks import Shape
    from annotat_nb.operation import Array

DISK_PAGE = 4096
SPARSE = 8
"""From this many bytes passed over for each byte used, reading ahead is a waste."""


class MappedImage:
    """A (z, y, x) array mapped from a file, which tells the system what will be read.

    Reading a row of each slice, as XZ does, would otherwise read megabytes ahead for each row.

    Parameters
    ----------
    data
        The mapped array, in C order; of either byte order.
    """

    ndim = 3

    def __init__(self, data: np.memmap[Any, Any]) -> None:
        self._data = data
        self._map: mmap.mmap = data._mmap  # type: ignore[attr-defined]  # numpy has no other way
        self._advice = mmap.MADV_NORMAL
        self._size, self._path = self._map.size(), Path(str(data.filename))
        self.shape: Shape = (data.shape[0], data.shape[1], data.shape[2])
        self.dtype = data.dtype.newbyteorder("=")
        self.chunks = (1, 1, max(1, min(DISK_PAGE // data.dtype.itemsize, data.shape[2])))

    def __len__(self) -> int:
        return self.shape[0]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return np.asarray(self[:], dtype)

    def __getitem__(self, key: Any) -> Any:
        if self._map.size() < self._size:  # reading what is gone would end the process
            cause = "became shorter while it was open"
            raise cannot_read(self._path, cause, "open it again, from a whole copy")
        self._advise(key)
        return np.asarray(self._data[key], self.dtype)

    def _advise(self, key: Any) -> None:
        first = key[0] if isinstance(key, tuple) and key else key
        depth = len(range(self.shape[0])[first]) if isinstance(first, slice) else 1
        passed = depth * prod(self.shape[1:])
        advice = mmap.MADV_RANDOM if passed > SPARSE * cost(self, key) else mmap.MADV_NORMAL
        if advice != self._advice:
            self._map.madvise(advice)
            self._advice = advice


def mapping(data: Any) -> np.memmap[Any, Any] | None:
    """Return the mapped array behind `data`; None if it is none, or not in C order."""
    found = data.mapped if isinstance(data, NativeOrder) else data
    is_plain = isinstance(found, np.memmap) and found.ndim == 3 and found.flags.c_contiguous
    return cast("np.memmap[Any, Any]", found) if is_plain else None
