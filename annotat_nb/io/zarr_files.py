"""The files of a Zarr array, none of which may lie outside the folders that are allowed."""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager
from functools import lru_cache
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from annotat_nb.io.chunks import ChunkedSource
from annotat_nb.io.codecs import unpack
from annotat_nb.io.errors import AS_TIFF, cannot_read, reading
from annotat_nb.io.gate import LARGEST_RATIO, available_memory, check_stored
from annotat_nb.io.roots import allowed_roots, check_inside
from annotat_nb.io.stack import CACHE_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from annotat_nb.io.chunks import Load, Numbers
    from annotat_nb.io.zarr_meta import ZarrLayout
    from annotat_nb.operation import Array

_MISSING = 2**64 - 1


class ZarrFiles:
    """Reads the blocks of a Zarr array.

    Parameters
    ----------
    path
        The Zarr folder that was opened.
    folder
        The folder of the array in it.
    layout
        What its metadata say.
    remedy
        What helps against damage.
    """

    def __init__(self, path: Path, folder: Path, layout: ZarrLayout, remedy: str = AS_TIFF) -> None:
        self.path, self.folder, self.layout, self._remedy = path, folder, layout, remedy
        self._roots = allowed_roots(path)
        self._largest = prod(layout.blocks_per_file) * layout.packing.largest
        self._places = lru_cache(maxsize=64)(self._read_places)

    @contextmanager
    def opened(self) -> Iterator[Load]:
        """Give what loads a block; damage is one sentence."""
        with reading(self.path, self._remedy):
            yield self._whole if self.layout.index is None else self._shard_block

    def _whole(self, numbers: Numbers) -> Array | None:
        file = self._file(numbers)
        return None if file is None else self.layout.packing.decode(file.read_bytes())

    def _file(self, numbers: Numbers) -> Path | None:
        """Return the file with these numbers; None where it was never written."""
        file = self.folder / self.layout.file_of(numbers)
        place = check_inside(self.path, file, self._roots)
        try:
            status = place.stat()
        except FileNotFoundError:
            self._check_there()
            return None
        if not stat.S_ISREG(status.st_mode) or status.st_size > self._largest:
            raise ValueError(f"chunk {file.name} is larger than it can be")
        return place

    def _check_there(self) -> None:
        """Tell a block that was never written from a folder that is gone, as a share may be."""
        if not any((self.folder / name).exists() for name in ("zarr.json", ".zarray")):
            remedy = "bring the folder back, or open the image again"
            raise cannot_read(self.path, "is no longer there", remedy)

    def _shard_block(self, numbers: Numbers) -> Array | None:
        per_file = self.layout.blocks_per_file
        outer = tuple(n // count for n, count in zip(numbers, per_file, strict=True))
        inner = tuple(n % count for n, count in zip(numbers, per_file, strict=True))
        places = self._places(outer)
        offset, length = (_MISSING, 0) if places is None else map(int, places[inner])
        if offset == _MISSING:
            return None
        if length > self.layout.packing.largest:
            raise ValueError("a shard has a block larger than it can be")
        file = self._file(outer)
        return None if file is None else self.layout.packing.decode(_piece(file, offset, length))

    def _read_places(self, outer: Numbers) -> Array | None:
        """Read where the blocks of a shard lie: (offset, length) of each."""
        file, index = self._file(outer), self.layout.index
        if file is None or index is None:
            return None
        per_file = self.layout.blocks_per_file
        packed = 16 * prod(per_file) + 4 * index.is_checked
        start = file.stat().st_size - packed if index.at_end else 0
        data = _piece(file, start, packed)
        plain = unpack("crc32c", {}, data, packed) if index.is_checked else data
        return np.frombuffer(plain, "<u8").reshape(*per_file, 2)


def open_blocks(
    path: Path,
    folder: Path,
    layout: ZarrLayout,
    *,
    remedy: str = AS_TIFF,
    keep: int = CACHE_BYTES,
) -> ChunkedSource:
    """Open a Zarr array whose metadata were checked; no block of it is read yet.

    Parameters
    ----------
    path, folder, layout, remedy
        See `ZarrFiles`.
    keep
        Bytes of unpacked blocks to keep.
    """
    declared = prod(layout.shape) * layout.dtype.itemsize
    if declared > available_memory():
        check_stored(path, declared, _stored(folder, declared // LARGEST_RATIO + 1))
    files = ZarrFiles(path, folder, layout, remedy)
    return ChunkedSource(
        layout.shape,
        layout.dtype,
        layout.packing.chunks,
        opened=files.opened,
        fill=layout.fill,
        keep=keep,
    )


def _piece(file: Path, offset: int, length: int) -> bytes:
    with file.open("rb") as stream:
        stream.seek(offset)
        data = stream.read(length)
    if len(data) != length:
        raise ValueError(f"{file.name} ends too early")
    return data


def _stored(folder: Path, enough: int) -> int:
    """Add up the sizes of the files below `folder`, until that is `enough`."""
    found = 0
    for inner, _, names in os.walk(folder):
        for name in names:
            found += os.lstat(os.path.join(inner, name)).st_size  # noqa: PTH118 - os.walk
            if found >= enough:
                return found
    return found
