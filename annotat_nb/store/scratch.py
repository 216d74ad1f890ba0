"""An array on disk while it is being made: written and read box by box, in any order."""

from __future__ import annotations

import shutil
import weakref
from collections import OrderedDict
from itertools import product
from threading import RLock
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from annotat_nb.io.boxes import Box
    from annotat_nb.operation import Array

    Numbers = tuple[int, ...]

KEPT = 2**26
"""Bytes of blocks that were written in part, and wait in memory for the rest."""


class Scratch:
    """A Zarr array of zeros in a new folder, which goes with this object unless it is released.

    Blocks that are written whole go to the disk at once; of those written in part, the ones used
    last stay in memory. All is done under one lock, because Zarr loses what one of two threads
    writes into the same block.

    Parameters
    ----------
    folder
        Where to make it; there must be nothing yet.
    shape, dtype
        Of the array.
    chunks
        Edges of a block.
    """

    def __init__(self, folder: Path, shape: Numbers, dtype: np.dtype[Any], chunks: Numbers) -> None:
        import zarr
        from zarr.codecs import Crc32cCodec, ZstdCodec

        self.shape, self.dtype, self.chunks = shape, dtype, chunks
        self._array = zarr.create_array(
            str(folder),
            shape=shape,
            dtype=dtype,
            chunks=chunks,
            compressors=[ZstdCodec(level=1), Crc32cCodec()],
            config={"write_empty_chunks": True},  # a block without its file is a lost one
        )
        self._waiting: OrderedDict[Numbers, Array] = OrderedDict()
        self._bytes = 0
        self._lock = RLock()
        self._remove = weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)

    def release(self) -> None:
        """Leave the folder where it is, whatever becomes of this object."""
        self._remove.detach()

    def read(self, box: Box) -> Array:
        """Read a box, which has steps of 1 or more."""
        plain = tuple(slice(side.start, max(side.start, side.stop)) for side in box)
        with self._lock:
            found = np.array(self._array[plain])
            for numbers, inside, outside in self._parts(plain):
                if numbers in self._waiting:
                    found[outside] = self._waiting[numbers][inside]
        return found[tuple(slice(None, None, side.step) for side in box)]

    def write(self, box: Box, values: Array) -> None:
        """Write a box, which has steps of 1.

        Raises
        ------
        OSError
            If the disk refuses.
        """
        with self._lock:
            for numbers, inside, outside in self._parts(box):
                place = self._place(numbers)
                if values[outside].shape == tuple(side.stop - side.start for side in place):
                    self._forget(numbers)
                    self._array[place] = values[outside]
                else:
                    self._waiting_block(numbers)[inside] = values[outside]
            self._make_room(KEPT)

    def flush(self) -> None:
        """Write what waits in memory.

        Raises
        ------
        OSError
            If the disk refuses; what could not be written goes on waiting.
        """
        with self._lock:
            self._make_room(0)

    def _make_room(self, most: int) -> None:
        """Write the blocks used least until the others take no more than `most` bytes."""
        while self._bytes > most:
            numbers, block = next(iter(self._waiting.items()))
            self._array[self._place(numbers)] = block
            self._forget(numbers)

    def _waiting_block(self, numbers: Numbers) -> Array:
        if numbers not in self._waiting:
            block = np.array(self._array[self._place(numbers)])
            self._waiting[numbers] = block
            self._bytes += block.nbytes
        self._waiting.move_to_end(numbers)
        return self._waiting[numbers]

    def _forget(self, numbers: Numbers) -> None:
        block = self._waiting.pop(numbers, None)
        self._bytes -= 0 if block is None else block.nbytes

    def _place(self, numbers: Numbers) -> Box:
        """Return the box that a block covers."""
        starts = [number * edge for number, edge in zip(numbers, self.chunks, strict=True)]
        triples = zip(starts, self.chunks, self.shape, strict=True)
        return tuple(slice(start, min(start + edge, side)) for start, edge, side in triples)

    def _parts(self, box: Box) -> Iterator[tuple[Numbers, Box, Box]]:
        """Yield each block that `box` touches: its numbers, the part of it, the part of `box`."""
        pairs = zip(box, self.chunks, strict=True)
        ranges = [range(side.start // edge, -(-side.stop // edge)) for side, edge in pairs]
        for numbers in product(*ranges):
            meets = list(zip(self._place(numbers), box, strict=True))
            both = [(max(a.start, b.start), min(a.stop, b.stop)) for a, b in meets]
            yield (
                numbers,
                tuple(_moved(one, a.start) for one, (a, _) in zip(both, meets, strict=True)),
                tuple(_moved(one, b.start) for one, (_, b) in zip(both, meets, strict=True)),
            )


def _moved(side: tuple[int, int], origin: int) -> slice:
    return slice(side[0] - origin, side[1] - origin)
