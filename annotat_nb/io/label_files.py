"""How integer images and their class table are read and written: one format a file."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from annotat_nb.io.atomic_folder import restore_folder
from annotat_nb.io.boxes import BoxArray
from annotat_nb.io.class_table import ClassEntry, from_json
from annotat_nb.io.errors import ChoiceNeeded, cannot_read, cannot_write, check_place, writing
from annotat_nb.io.gate import check_memory
from annotat_nb.io.label_hdf5 import hdf5_classes, write_hdf5
from annotat_nb.io.label_nifti import nifti_classes, write_nifti
from annotat_nb.io.label_raw import raw_classes, write_raw
from annotat_nb.io.label_tiff import tiff_classes, write_tiff
from annotat_nb.io.label_zarr import write_zarr, zarr_classes
from annotat_nb.io.raw import parse_raw_name
from annotat_nb.io.reader import read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from annotat_nb.io.integer_image import IntegerImage, Kind
    from annotat_nb.volume import Volume

HDF5 = (".h5", ".hdf5")
_RAW = (".raw", ".b")
_UNSIGNED = {1: "uint8", 2: "uint16", 4: "uint32", 8: "uint64"}

WRITERS: dict[str, Callable[[Path, IntegerImage], Path]] = {
    ".tif": write_tiff,
    ".tiff": write_tiff,
    ".h5": write_hdf5,
    ".hdf5": write_hdf5,
    ".zarr": write_zarr,
    ".nii": write_nifti,
    ".nii.gz": write_nifti,
    ".raw": write_raw,
}
"""What writes the files of each suffix."""

_CLASSES: dict[str, Callable[[Path], str]] = {
    ".tif": tiff_classes,
    ".tiff": tiff_classes,
    ".zarr": zarr_classes,
    ".nii": nifti_classes,
    ".nii.gz": nifti_classes,
}


def write_integers(target: Path, image: IntegerImage) -> Path:
    """Write `image` in the format that the name of `target` asks for, and return its path."""
    suffix = ending(target, WRITERS)
    if not suffix:
        cause = f"{image.kind} cannot be saved as {target.suffix or 'a file without suffix'!r}"
        raise cannot_write(target, cause, f"use one of {', '.join(WRITERS)}")
    check_place(target)
    with writing(target):
        return WRITERS[suffix](target, image)


def ending(path: Path, suffixes: Iterable[str]) -> str:
    """Return the longest of `suffixes` that the name of `path` ends with; else nothing."""
    name = path.name.lower()
    return max((suffix for suffix in suffixes if name.endswith(suffix)), key=len, default="")


class Space(Protocol):
    """Knows what fits into memory, and where the rest goes; see `annotat_nb.room.Room`."""

    def fits(self, nbytes: float) -> bool: ...

    def new(self, name: str, shape: tuple[int, ...], dtype: Any) -> Any: ...

    def note(self, array: Any) -> None: ...


def open_integers(
    path: Path,
    shape: tuple[int, ...] | None,
    kind: Kind,
    dataset: str | None,
    space: Space | None = None,
) -> Any:
    """Open the integers of `path`, (z, y, x), and refuse them unless they have `shape`.

    Where the file holds several images, it is the one called `dataset`, else the one called `kind`.
    They are read whole, unless there is a `space` into which they do not fit: then they stay in
    the file.
    """
    restore_folder(path)
    volume = _open(path, shape, kind, dataset)
    if volume.dtype.kind == "f":
        cause = f"holds {volume.dtype} values, but {kind} are integers"
        raise cannot_read(path, cause, "save it as 8- or 16-bit integers")
    wanted = shape if shape is None or len(shape) == 3 else (1, *shape)
    if wanted is not None and tuple(wanted) != volume.shape:
        cause = f"has shape {volume.shape}, but the image has {tuple(wanted)}"
        raise cannot_read(path, cause, "choose the file that belongs to this image")
    nbytes = prod(volume.shape) * volume.dtype.itemsize
    if space is not None and not space.fits(nbytes) and volume.dtype.kind != "b":
        return BoxArray(volume.shape, volume.dtype, lambda box: volume.data[box])
    check_memory(path, nbytes, "the image")
    ids = np.array(volume.data)
    return ids.astype(np.uint8) if ids.dtype.kind == "b" else ids


def classes_of(path: Path, kind: Kind, dataset: str | None) -> tuple[ClassEntry, ...]:
    """Return the class table saved in or beside `path`; empty when there is none."""
    suffix = ending(path, (*_CLASSES, *HDF5))
    # A table may lie beside any image, as it does beside a RAW.
    read_table = _CLASSES.get(suffix, raw_classes)
    text = hdf5_classes(path, kind, dataset) if suffix in HDF5 else read_table(path)
    return from_json(path, text) if text else ()


def _open(path: Path, shape: tuple[int, ...] | None, kind: Kind, dataset: str | None) -> Volume:
    if ending(path, _RAW):
        return _open_raw(path, shape)
    try:
        return read(path, dataset=dataset)
    except ChoiceNeeded as choice:
        named = [c.value for c in choice.candidates if str(c.value).strip("/") == kind]
        if choice.keyword != "dataset" or not named:
            raise
        return read(path, dataset=named[0])


def _open_raw(path: Path, shape: tuple[int, ...] | None) -> Volume:
    guess = parse_raw_name(path.name)
    sides = guess.shape or shape
    if sides is None or not path.is_file():
        return read(path)
    # Labels are unsigned: the size of the file settles what the name leaves open.
    dtype = _UNSIGNED.get(path.stat().st_size // prod(sides), "uint8")
    return read(path, shape=sides, dtype=dtype)
