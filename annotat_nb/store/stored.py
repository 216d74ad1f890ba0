"""Arrays on disk that read like those in memory: made box by box, then kept as they are."""

from __future__ import annotations

import shutil
import weakref
from contextlib import contextmanager
from itertools import product
from math import ceil
from threading import RLock
from typing import TYPE_CHECKING, Any

import numpy as np

from annotat_nb.blocks import BLOCK
from annotat_nb.io.atomic import sync_folder
from annotat_nb.io.atomic_folder import sync_tree
from annotat_nb.io.boxes import BoxArray, full_key, split_key
from annotat_nb.io.errors import reading
from annotat_nb.io.zarr_files import open_blocks
from annotat_nb.io.zarr_meta import layout_v3, load_json
from annotat_nb.store.errors import WorkspaceError
from annotat_nb.store.scratch import Scratch

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from annotat_nb.io.boxes import Box, Source
    from annotat_nb.io.zarr_meta import ZarrLayout
    from annotat_nb.operation import Array

SIZES = "sizes.txt"
"""Here stands, line by line, how many bytes the file of each block has; -1 where there is none."""
AGAIN = "generate the superpixels again, or press Apply again"
KEPT = 2**25
"""Bytes of unpacked blocks that are kept for the next reading."""
ROWS = 2**15
"""Rows in a block of a table."""


class StoredArray(BoxArray):
    """An array in blocks on disk.

    It is made with `create`, where it can be written until it is settled, or with `reopen`.

    Parameters
    ----------
    folder
        Where it lies.
    source
        What reads it.
    """

    def __init__(self, folder: Path, source: Source) -> None:
        super().__init__(source.shape, source.dtype, self._read, chunks=source.chunks)
        self.folder, self._source = folder, source
        self._moving = RLock()

    @classmethod
    def create(cls, folder: Path, shape: tuple[int, ...], dtype: np.dtype[Any]) -> StoredArray:
        """Make an array of zeros; its folder goes with it unless it is settled.

        Raises
        ------
        OSError
            If the disk refuses.

        Examples
        --------
        >>> import tempfile
        >>> from pathlib import Path
        >>> place = Path(tempfile.mkdtemp())
        >>> array = StoredArray.create(place / "new", (3, 4, 5), np.dtype("uint8"))
        >>> array[1] = 7
        >>> _ = array.settle(place / "label")
        >>> int(array[1:, 0, 0].sum())
        7
        """
        return cls(folder, Scratch(folder, shape, dtype, chunks_of(shape)))

    @classmethod
    def reopen(cls, folder: Path, shape: tuple[int, ...], dtype: str) -> StoredArray | None:
        """Return a settled array if no file of it is missing or of another size; else None.

        What is damaged inside a file shows when that is read, as a `ReadError`.
        """
        try:
            layout = layout_v3(folder, load_json(folder, folder / "zarr.json"))
            noted = (folder / SIZES).read_text().split()
            if (layout.shape, layout.dtype) != (shape, np.dtype(dtype)):
                return None
            return cls(folder, _opened(folder, layout)) if noted == _sizes(folder, layout) else None
        except Exception:  # noqa: BLE001 - whatever a damaged file leads to, it is only a result
            return None

    def __setitem__(self, key: Any, values: Any) -> None:
        """Write integers and slices of step 1.

        Raises
        ------
        WorkspaceError
            If the disk refuses.
        """
        keys = full_key(key, self.ndim)
        box = tuple(split_key(one, side)[0] for one, side in zip(keys, self.shape, strict=True))
        sides = [side.stop - side.start for side in box]
        wanted = [n for n, one in zip(sides, keys, strict=True) if isinstance(one, slice)]
        with saying_what_the_disk_refuses(self.folder):
            self._write(box, np.broadcast_to(values, wanted).reshape(sides))

    def fill(self, data: Any) -> None:
        """Write all of `data`, an array of the same shape or what reads like one, by blocks.

        Raises
        ------
        OSError
            If the disk refuses.
        """
        pairs = list(zip(self.shape, chunks_of(self.shape), strict=True))
        for starts in product(*(range(0, side, edge) for side, edge in pairs)):
            triples = zip(starts, pairs, strict=True)
            box = tuple(slice(at, min(at + edge, side)) for at, (side, edge) in triples)
            self._write(box, np.asarray(data[box]))

    def settle(self, path: Path) -> bool:
        """Bring all of it to the disk, move it to `path`, and keep it there as it is.

        Returns
        -------
        bool
            Whether it lies there: not if it was settled elsewhere, where it stays.

        Raises
        ------
        OSError
            If the disk refuses; it can be tried again.
        """
        with self._moving:
            if isinstance(self._source, Scratch):
                self._source.flush()
                layout = layout_v3(self.folder, load_json(self.folder, self.folder / "zarr.json"))
                (self.folder / SIZES).write_text("\n".join(_sizes(self.folder, layout)))
                sync_tree(self.folder)
                self.folder.rename(path)
                self._source.release()
                self.folder, self._source = path, _opened(path, layout)
            sync_folder(path.parent)
            return self.folder == path

    def remove_in_the_end(self) -> None:
        """Remove the folder once nobody uses this object any more."""
        weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)

    def _write(self, box: Box, values: Array) -> None:
        if not isinstance(self._source, Scratch):
            raise ValueError("this array is settled: it is not written any more")
        self._source.write(box, values)

    def _read(self, box: Box) -> Array:
        with reading(self.folder, AGAIN):
            with self._moving:  # who reads while the folder gets its name would find zeros
                source = self._source
                if isinstance(source, Scratch):
                    return source.read(box)
            return source.read(box)


def chunks_of(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return the edges of the blocks of an image, or of a table (rows, columns)."""
    edges = BLOCK if len(shape) == len(BLOCK) else (ROWS, *shape[1:])
    return tuple(min(edge, side) for edge, side in zip(edges, shape, strict=True))


@contextmanager
def saying_what_the_disk_refuses(folder: Path) -> Iterator[None]:
    """Make one sentence of it, for an array in `folder` of a workspace."""
    try:
        yield
    except OSError as error:
        raise WorkspaceError(
            f"{folder.parent.parent.name}: what is computed cannot be written "
            f"({error.strerror or error}); free some space and try again: nothing of what was "
            "there is lost"
        ) from error


def _opened(folder: Path, layout: ZarrLayout) -> Source:
    return open_blocks(folder, folder, layout, remedy=AGAIN, keep=KEPT)


def _sizes(folder: Path, layout: ZarrLayout) -> list[str]:
    pairs = zip(layout.shape, layout.file_chunks, strict=True)
    numbers = product(*(range(ceil(side / edge)) for side, edge in pairs))
    return [_size(folder / layout.file_of(each)) for each in numbers]


def _size(file: Path) -> str:
    try:
        return str(file.lstat().st_size)
    except FileNotFoundError:
        return "-1"
