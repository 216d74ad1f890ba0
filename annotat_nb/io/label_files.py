"""How integer images and their class table lie in TIFF and RAW files."""

from __future__ import annotations

import json
from contextlib import suppress
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from annotat_nb.io.atomic import atomic_write, sync_folder
from annotat_nb.io.errors import cannot_read
from annotat_nb.io.gate import check_memory
from annotat_nb.io.raw import BITS, SIZE, parse_raw_name
from annotat_nb.io.reader import read
from annotat_nb.io.tiff import open_tiff
from annotat_nb.io.tiff_scale import CLASSES, class_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from annotat_nb.operation import Array

_RAW = (".raw", ".b")
_TIFF = (".tif", ".tiff")
_UNSIGNED = {1: "uint8", 2: "uint16", 4: "uint32", 8: "uint64"}


def open_integers(path: Path, shape: tuple[int, ...] | None) -> Array:
    """Read the integers of `path` whole, (z, y, x), and refuse them unless they have `shape`."""
    volume = _read_raw(path, shape) if path.suffix.lower() in _RAW else read(path)
    if volume.dtype.kind == "f":
        cause = f"holds {volume.dtype} values, but labels are integers"
        raise cannot_read(path, cause, "save it as 8- or 16-bit integers")
    wanted = shape if shape is None or len(shape) == 3 else (1, *shape)
    if wanted is not None and tuple(wanted) != volume.shape:
        cause = f"has shape {volume.shape}, but the image has {tuple(wanted)}"
        raise cannot_read(path, cause, "choose the file that belongs to this image")
    check_memory(path, prod(volume.shape) * volume.dtype.itemsize, "the image")
    ids = np.array(volume.data)
    return ids.astype(np.uint8) if ids.dtype.kind == "b" else ids


def classes_of(path: Path) -> str:
    """Return the JSON of the class table saved in or beside `path`; empty when there is none."""
    if path.suffix.lower() in _TIFF:
        with open_tiff(path) as tif:
            return (class_text(tif.ome_metadata) if tif.is_ome else None) or ""
    beside = _table_beside(path)
    return beside.read_text("utf-8") if beside.is_file() else ""


def _read_raw(path: Path, shape: tuple[int, ...] | None) -> Any:
    guess = parse_raw_name(path.name)
    sides = guess.shape or shape
    if sides is None or not path.is_file():
        return read(path)
    # Labels are unsigned: the size of the file settles what the name leaves open.
    dtype = _UNSIGNED.get(path.stat().st_size // prod(sides), "uint8")
    return read(path, shape=sides, dtype=dtype)


def _write_tiff(
    target: Path, ids: Array, table: str, voxel_size: tuple[float, float, float], unit: str
) -> Path:
    from tifffile import imwrite

    metadata: dict[str, Any] = {"axes": "ZYX"}
    for axis, edge in zip("ZYX", voxel_size, strict=True):
        metadata[f"PhysicalSize{axis}"] = edge
        metadata[f"PhysicalSize{axis}Unit"] = "pixel" if unit == "px" else unit
    if table:
        metadata["CommentAnnotation"] = {"Namespace": CLASSES, "Value": table}
    with atomic_write(target) as file:
        imwrite(
            file,
            ids,
            ome=True,
            bigtiff=ids.nbytes > 2**31,
            photometric="minisblack",
            compression="zlib",
            metadata=metadata,
        )
    return target


def _write_raw(
    target: Path, ids: Array, table: str, voxel_size: tuple[float, float, float], unit: str
) -> Path:
    target = target.with_name(named_by_size(target, ids.shape, ids.dtype))
    little = ids.astype(ids.dtype.newbyteorder("<"), copy=False)
    with atomic_write(target) as file:
        for plane in little:
            file.write(np.ascontiguousarray(plane).data)
    _write_table_beside(target, table)
    return target


def named_by_size(target: Path, shape: tuple[int, ...], dtype: np.dtype[Any]) -> str:
    """Return the name of a RAW file with its size and bits in it."""
    guess = parse_raw_name(target.name)
    if guess.shape == shape and dtype.name in guess.dtypes:
        return target.name
    bare = BITS.sub("", SIZE.sub("", target.stem)).strip("_- ") or "labels"
    size = "x".join(str(side) for side in reversed(shape))
    return f"{bare}_{size}_{8 * dtype.itemsize}bits{target.suffix}"


def _table_beside(path: Path) -> Path:
    return path.with_suffix(".classes.json")


def _write_table_beside(target: Path, table: str) -> None:
    beside = _table_beside(target)
    if table and json.loads(table)["classes"]:
        with atomic_write(beside) as file:
            file.write(table.encode())
        return
    # A table left from earlier labels would name these wrongly.
    with suppress(FileNotFoundError):
        beside.unlink()
        sync_folder(target.parent)


WRITERS: dict[str, Callable[..., Path]] = {
    ".tif": _write_tiff,
    ".tiff": _write_tiff,
    ".raw": _write_raw,
}
"""What writes the files of each suffix."""
