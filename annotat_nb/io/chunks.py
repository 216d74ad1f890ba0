"""Arrays stored in blocks, each decoded whole."""

from __future__ import annotations

import os
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from annotat_nb.io.stack import CACHE_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from annotat_nb.io.boxes import Box
    from annotat_nb.operation import Array

    Numbers = tuple[int, ...]
    Load = Callable[[Numbers], Array | None]

FEW = 4
"""Up to so many blocks are decoded one after the other."""


class ChunkedSource:
    """An array in blocks, of which the ones used last are kept.

    Parameters
    ----------
    shape
        Number of values along each axis.
    dtype
        Type of a value.
    chunks
        Edges of a block; the last ones may reach over the edge.
    opened
        Opens the file and gives what loads a block by its numbers along the axes, from several
        threads; None where a block was never written.
    fill
        The value of what was never written.
    keep
        Bytes of blocks to keep.
    """

    def __init__(
        self,
        shape: Numbers,
        dtype: np.dtype[Any],
        chunks: Numbers,
        *,
        opened: Callable[[], AbstractContextManager[Load]],
        fill: Any,
        keep: int = CACHE_BYTES,
    ) -> None:
        self.shape, self.dtype, self.chunks = shape, dtype, chunks
        self._opened, self._fill = opened, fill
        self._kept = _LastUsed(keep)

    def read(self, box: Box, /) -> Array:
        """Read a box, which has steps of 1 or more."""
        out = np.empty([len(range(*side.indices(2**63))) for side in box], self.dtype)
        parts = [list(_parts(side, edge)) for side, edge in zip(box, self.chunks, strict=True)]
        with self._opened() as load:

            def place(touched: tuple[tuple[int, slice, slice], ...]) -> None:
                numbers, inside, outside = zip(*touched, strict=True)
                block = self._block(numbers, load)
                out[outside] = self._fill if block is None else block[inside]

            _each(place, list(product(*parts)))
        return out

    def _block(self, numbers: Numbers, load: Load) -> Array | None:
        kept = self._kept.get(numbers)
        if kept is not None:
            return kept
        block = load(numbers)
        if block is not None:
            self._kept.put(numbers, block)
        return block


def _parts(side: slice, edge: int) -> list[tuple[int, slice, slice]]:
    """Split an axis at the blocks: number of the block, part of it, where that goes."""
    start, stop, step = side.start, side.stop, side.step or 1
    count, found = len(range(start, stop, step)), []
    for number in range(start // edge, -(-stop // edge)):
        low = max(0, -(-(number * edge - start) // step))
        high = min(count, -(-((number + 1) * edge - start) // step))
        if low < high:
            inside = start + low * step - number * edge
            taken = slice(inside, inside + (high - low - 1) * step + 1, step)
            found.append((number, taken, slice(low, high)))
    return found


def _each(place: Callable[[Any], None], jobs: list[Any]) -> None:
    if len(jobs) <= FEW:
        for job in jobs:
            place(job)
        return
    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        for _ in pool.map(place, jobs):
            pass


class _LastUsed:
    """Keeps the arrays used last, up to a number of bytes."""

    def __init__(self, room: int) -> None:
        self._room, self._used = room, 0
        self._arrays: OrderedDict[Numbers, Array] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Numbers) -> Array | None:
        with self._lock:
            if key in self._arrays:
                self._arrays.move_to_end(key)
            return self._arrays.get(key)

    def put(self, key: Numbers, array: Array) -> None:
        with self._lock:
            if key in self._arrays or array.nbytes > self._room:
                return
            self._arrays[key] = array
            self._used += array.nbytes
            while self._used > self._room:
                self._used -= self._arrays.popitem(last=False)[1].nbytes
