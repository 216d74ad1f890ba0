"""Labels without a header: size and bits in the name, the class table beside."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np

from annotat_nb.io.atomic import atomic_write, sync_folder
from annotat_nb.io.raw import BITS, SIZE, parse_raw_name

if TYPE_CHECKING:
    from pathlib import Path

    from annotat_nb.io.integer_image import IntegerImage


def write_raw(target: Path, image: IntegerImage) -> Path:
    """Write `image` under a name that says its size, and return its path."""
    ids = image.data
    target = target.with_name(named_by_size(target, ids.shape, ids.dtype))
    with atomic_write(target) as file:
        for plane in image.planes():
            file.write(np.ascontiguousarray(plane, ids.dtype.newbyteorder("<")).data)
    _write_classes(target, image)
    return target


def raw_classes(path: Path) -> str:
    """Return the JSON of the class table beside `path`; empty when there is none."""
    beside = _beside(path)
    return beside.read_text("utf-8") if beside.is_file() else ""


def named_by_size(target: Path, shape: tuple[int, ...], dtype: np.dtype[Any]) -> str:
    """Return the name of a RAW file with its size and bits in it."""
    guess = parse_raw_name(target.name)
    if guess.shape == shape and dtype.name in guess.dtypes:
        return target.name
    bare = BITS.sub("", SIZE.sub("", target.stem)).strip("_- ") or "labels"
    size = "x".join(str(side) for side in reversed(shape))
    return f"{bare}_{size}_{8 * dtype.itemsize}bits{target.suffix}"


def _beside(path: Path) -> Path:
    return path.with_suffix(".classes.json")


def _write_classes(target: Path, image: IntegerImage) -> None:
    beside = _beside(target)
    if image.classes:
        with atomic_write(beside) as file:
            file.write(image.table.encode())
        return
    # A table left from earlier labels would name these wrongly.
    with suppress(FileNotFoundError):
        beside.unlink()
        sync_folder(target.parent)
