"""Arrays on disk, as Zarr: written whole or not at all, and checked before they are used."""

from __future__ import annotations

import json
import shutil
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

from annotat_nb.io.atomic import sync_folder
from annotat_nb.io.atomic_folder import sync_tree

if TYPE_CHECKING:
    from pathlib import Path

    from annotat_nb.operation import Array

CHECKSUM = "checksum.txt"
CODECS = {"bytes", "zstd", "crc32c"}
"""What our own arrays are packed with; no other codec is ever asked to unpack anything."""


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
    import zarr

    try:
        _check_metadata(path / "zarr.json", shape)
        expected = int((path / CHECKSUM).read_text())
        stored = zarr.open_array(str(path), mode="r")
        data = np.asarray(stored) if stored.dtype == np.dtype(dtype) else None
    except Exception:  # noqa: BLE001 - whatever a damaged file leads to, it is only a result
        return None
    return data if data is not None and checksum(data) == expected else None


def _check_metadata(path: Path, shape: tuple[int, ...]) -> None:
    metadata: dict[str, Any] = json.loads(path.read_text())
    if tuple(metadata["shape"]) != shape:
        raise ValueError("it has another shape")
    if not {codec["name"] for codec in metadata["codecs"]} <= CODECS:
        raise ValueError("it is packed in another way")
