"""A copy of an image in blocks, for images whose files are read a page at a time."""

from __future__ import annotations

import json
import os
import shutil
from math import ceil
from typing import TYPE_CHECKING, Any

import numpy as np

from annotat_nb.io.atomic import atomic_write, sync_folder

if TYPE_CHECKING:
    from pathlib import Path

    from annotat_nb.progress import Progress
    from annotat_nb.volume import Volume

SIDE = 64
"""Voxels of a block along y and x, and at most along z."""
SLAB_BYTES = 2**28
LEAST_DEPTH = 8
FACTS, DONE = "image.json", "done.txt"


class BlockCopy:
    """The copy of `volume` in the folder `path`, as sharded Zarr; a slab is a shard.

    Slabs are written one after another, each noted once it is on the disk, so that a copy that
    was stopped goes on where it was.

    Parameters
    ----------
    path
        Folder of the copy.
    volume
        The image.
    digest
        What tells the image from another.
    """

    def __init__(self, path: Path, volume: Volume, digest: str) -> None:
        self._path, self._volume = path, volume
        self._facts = {
            "digest": digest,
            "source": _stamp(volume.source),
            "shape": list(volume.shape),
            "dtype": volume.dtype.str,
        }
        self._depth = slab_depth(volume)
        self._count = ceil(volume.shape[0] / self._depth)

    def open(self) -> Any | None:
        """Return the copy as a Zarr array; None unless it is whole and of this image."""
        import zarr

        if len(self._done()) < self._count or not self._is_ours():
            return None
        return zarr.open_array(str(self._path), mode="r")

    def write(self, report: Progress) -> Any:
        """Write the slabs that are missing, and return the copy.

        Parameters
        ----------
        report
            Called with what is being done and the share that is done, at every slice.

        Raises
        ------
        OSError
            If the disk refuses; the slabs that are written stay.
        """
        array, done = self._begin()
        for number in range(self._count):
            if number not in done:
                self._shard(number).unlink(missing_ok=True)  # what is broken is not to be read
                start = number * self._depth
                array[start : start + self._depth] = self._slab(start, report)
                self._note(number)
        return self.open()

    def _begin(self) -> tuple[Any, set[int]]:
        import zarr

        if self._is_ours():
            array = zarr.open_array(str(self._path), mode="r+")
            return array.with_config({"write_empty_chunks": True}), self._done()
        shutil.rmtree(self._path, ignore_errors=True)
        self._path.mkdir(mode=0o700)
        array = self._create(str(self._path))
        with atomic_write(self._path / FACTS) as file:
            file.write(json.dumps(self._facts).encode())
        return array, set()

    def _create(self, store: Any) -> Any:
        import zarr
        from zarr.codecs import Crc32cCodec, ZstdCodec

        depth, height, width = self._depth, *self._volume.shape[1:]
        shard = (depth, ceil(height / SIDE) * SIDE, ceil(width / SIDE) * SIDE)
        return zarr.create_array(
            store,
            shape=self._volume.shape,
            dtype=self._volume.dtype,
            chunks=(depth, SIDE, SIDE),
            shards=shard,
            compressors=[ZstdCodec(level=1), Crc32cCodec()],
            config={"write_empty_chunks": True},  # a slab without its file is a lost one
        )

    def _is_ours(self) -> bool:
        """Tell whether the folder holds, whole or in part, just what `write` would write."""
        from zarr.storage import MemoryStore

        try:
            facts = json.loads((self._path / FACTS).read_text())
            metadata = json.loads((self._path / "zarr.json").read_text())
        except (OSError, ValueError):
            return False
        wanted = json.loads(json.dumps(self._create(MemoryStore()).metadata.to_dict()))
        return bool(facts == self._facts and metadata == wanted)

    def _done(self) -> set[int]:
        """Return the slabs that are noted as written, and whose files are as they were then."""
        try:
            noted = set((self._path / DONE).read_text().split())
        except (OSError, ValueError):
            return set()
        return {number for number in range(self._count) if self._line(number) in noted}

    def _shard(self, number: int) -> Path:
        return self._path / "c" / str(number) / "0" / "0"

    def _line(self, number: int) -> str:
        try:
            size = self._shard(number).lstat().st_size
        except OSError:
            return ""
        return f"{number:08d}:{size:015d}"  # of one length, so that a torn line is none

    def _slab(self, start: int, report: Progress) -> Any:
        total, height, width = self._volume.shape
        slab = np.empty((min(self._depth, total - start), height, width), self._volume.dtype)
        for row in range(len(slab)):
            report(f"Copying slice {start + row + 1:,} of {total:,}", (start + row) / total)
            slab[row] = self._volume.data[start + row]
        return slab

    def _note(self, number: int) -> None:
        shard = self._shard(number)
        descriptor = os.open(shard, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        sync_folder(shard.parent)
        with (self._path / DONE).open("a") as file:
            file.write(f"\n{self._line(number)}\n")
            file.flush()
            os.fsync(file.fileno())


def _stamp(source: Path | None) -> list[int]:
    """Return size and time of the last change of what the image was read from."""
    if source is None or not source.exists():
        return []
    status = source.stat()
    return [status.st_size, status.st_mtime_ns]


def slab_depth(volume: Volume) -> int:
    """Return how many slices are copied at once: as many as 256 MB hold, but from 8 to 64."""
    bytes_per_slice = volume.shape[1] * volume.shape[2] * volume.dtype.itemsize
    return min(SIDE, max(LEAST_DEPTH, SLAB_BYTES // bytes_per_slice // LEAST_DEPTH * LEAST_DEPTH))
