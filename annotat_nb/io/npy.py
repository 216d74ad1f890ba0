"""Arrays saved by numpy."""

from __future__ import annotations

import zipfile
from math import prod
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from annotat_nb.io.axes import guessed_axes
from annotat_nb.io.boxes import array_as_zyx
from annotat_nb.io.choices import Image, candidates_of, no_choice, only_one
from annotat_nb.io.errors import cannot_read, printable
from annotat_nb.io.gate import check_dtype, check_file, check_memory, check_ratio
from annotat_nb.volume import Volume

if TYPE_CHECKING:
    from pathlib import Path

    from annotat_nb.io.errors import Candidate
    from annotat_nb.io.options import Options
    from annotat_nb.operation import Array

_COPY = "copy or save it again"
Header = tuple[tuple[int, ...], bool, np.dtype[Any]]


def read_npy(path: Path, options: Options) -> Volume:
    """Map a ``.npy`` file."""
    options.refuse(path, "dataset", "shape", "dtype")
    size = check_file(path)
    with path.open("rb") as file:
        shape, is_fortran, dtype = _header(file)
        offset = file.tell()
    _check(path, shape, dtype, size - offset)
    data = np.memmap(path, dtype, "r", offset, shape, "F" if is_fortran else "C")
    return _volume(path, data, options)


def read_npz(path: Path, options: Options) -> Volume:
    """Read one array of an ``.npz`` file into memory."""
    options.refuse(path, "shape", "dtype")
    size = check_file(path)
    images = _images(path)
    name = options.dataset if options.dataset is not None else only_one(path, images)
    if name not in [image.name for image in images]:
        raise no_choice(path, f"has no array {printable(name)[:100]!r}", images)
    with zipfile.ZipFile(path) as archive:
        entry = archive.getinfo(f"{name}.npy")
        check_ratio(path, entry.file_size, size)
        check_memory(path, entry.file_size, "the image")
        with archive.open(entry) as file:
            shape, is_fortran, dtype = _header(file)
            _check(path, shape, dtype, entry.file_size - file.tell())
            data = np.frombuffer(file.read(), dtype, prod(shape))
    return _volume(path, data.reshape(shape, order="F" if is_fortran else "C"), options)


def npz_datasets(path: Path) -> tuple[Candidate, ...]:
    """List the arrays of an ``.npz`` file that can be images."""
    check_file(path)
    return candidates_of(_images(path))


def _images(path: Path) -> list[Image]:
    found = []
    with zipfile.ZipFile(path) as archive:
        for entry in archive.infolist():
            if entry.filename.endswith(".npy"):
                with archive.open(entry) as file:
                    shape, _, dtype = _header(file)
                found.append(Image(entry.filename.removesuffix(".npy"), shape, dtype))
    return [image for image in found if image.is_image]


def _header(file: IO[bytes]) -> Header:
    from numpy.lib import format as npy

    version = npy.read_magic(file)
    read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, is_fortran, dtype = read(file)
    return shape, is_fortran, dtype


def _check(path: Path, shape: tuple[int, ...], dtype: np.dtype[Any], stored: int) -> None:
    check_dtype(path, None if dtype.itemsize > 8 and dtype.kind == "f" else dtype)
    if len(shape) < 2 or min(shape) < 1:
        raise cannot_read(path, f"has the shape {shape}", "an image has two axes or more")
    if prod(shape) * dtype.itemsize > stored:
        raise cannot_read(path, "ends before its last value: it is truncated", _COPY)


def _volume(path: Path, data: Array, options: Options) -> Volume:
    found = array_as_zyx(path, data, guessed_axes(data.shape, data.dtype), options)
    return Volume(found, voxel_size=options.voxel_size or (1.0, 1.0, 1.0), name=path.name)
