"""Results on disk: written whole or not at all, and checked before they are used."""

from __future__ import annotations

import shutil
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

from annotat_nb.io.zarr_files import open_blocks
from annotat_nb.io.zarr_meta import layout_v3, load_json
from annotat_nb.store.stored import StoredArray

if TYPE_CHECKING:
    from pathlib import Path

    from annotat_nb.operation import Array

CHECKSUM = "checksum.txt"
"""Earlier versions left the CRC-32 of all values here, and no sizes of files."""


def checksum(data: Array) -> int:
    """Return the CRC-32 of all values, in order."""
    found = 0
    for plane in data:
        found = zlib.crc32(plane.tobytes(), found)
    return found


def write_array(path: Path, data: Any) -> None:
    """Write `data` to a new folder `path`: aside first, synced, then renamed.

    An array that is on disk already is only moved there, unless it was settled elsewhere.

    Raises
    ------
    OSError
        If it cannot be written; nothing is left at `path`.
    """
    if isinstance(data, StoredArray) and data.settle(path):
        return
    part = path.with_name(f"{path.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    array = StoredArray.create(part, data.shape, data.dtype)
    array.fill(data)
    array.settle(path)


def read_array(path: Path, shape: tuple[int, ...], dtype: str) -> StoredArray | Array | None:
    """Open an array if it is all there, of this shape and type; None otherwise."""
    if (path / CHECKSUM).exists():
        return _read_whole(path, shape, dtype)
    return StoredArray.reopen(path, shape, dtype)


def _read_whole(path: Path, shape: tuple[int, ...], dtype: str) -> Array | None:
    """Read an array of an earlier version, undamaged."""
    try:
        expected = int((path / CHECKSUM).read_text())
        layout = layout_v3(path, load_json(path, path / "zarr.json"))
        if (layout.shape, layout.dtype) != (shape, np.dtype(dtype)):
            return None
        data = open_blocks(path, path, layout).read(tuple(slice(0, side) for side in shape))
    except Exception:  # noqa: BLE001 - whatever a damaged file leads to, it is only a result
        return None
    return data if checksum(data) == expected else None
