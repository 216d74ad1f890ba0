"""Arrays on disk, as Zarr: written whole or not at all, and checked before they are used."""

from __future__ import annotations

import shutil
import zlib
from typing import TYPE_CHECKING

import numpy as np

from annotat_nb.io.atomic import sync_folder
from annotat_nb.io.atomic_folder import sync_tree
from annotat_nb.io.zarr_files import open_blocks
from annotat_nb.io.zarr_meta import layout_v3, load_json

if TYPE_CHECKING:
    from pathlib import Path

    from annotat_nb.operation import Array

CHECKSUM = "checksum.txt"


def checksum(data: Array) -> int:
    """Return the CRC-32 of all values, in order."""
    found = 0
    for plane in data:
        found = zlib.crc32(plane.tobytes(), found)
    return found


def write_array(path: Path, data: Array) -> None:
    """Write `data` to a new folder `path`: aside first, synced, then renamed.

    Raises
    ------
    OSError
        If it cannot be written; nothing is left at `path`.
    """
    import zarr

    part = path.with_name(f"{path.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    zarr.save_array(str(part), data)
    (part / CHECKSUM).write_text(str(checksum(data)))
    sync_tree(part)
    part.rename(path)
    sync_folder(path.parent)


def read_array(path: Path, shape: tuple[int, ...], dtype: str) -> Array | None:
    """Read an array if it is all there, undamaged, of this shape and type; None otherwise."""
    try:
        expected = int((path / CHECKSUM).read_text())
        layout = layout_v3(path, load_json(path, path / "zarr.json"))
        if (layout.shape, layout.dtype) != (shape, np.dtype(dtype)):
            return None
        data = open_blocks(path, path, layout).read(tuple(slice(0, side) for side in shape))
    except Exception:  # noqa: BLE001 - whatever a damaged file leads to, it is only a result
        return None
    return data if checksum(data) == expected else None
