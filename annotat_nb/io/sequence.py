"""A folder or a pattern of slice images, read as one stack."""

from __future__ import annotations

import glob
import re
from collections import Counter
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from annotat_nb.io.errors import cannot_read, name_of, reading
from annotat_nb.io.options import Options
from annotat_nb.io.picture import decode_picture, picture_header
from annotat_nb.io.roots import allowed_roots, check_inside
from annotat_nb.io.samples import check_rgb, one_sample
from annotat_nb.io.stack import SliceStack
from annotat_nb.io.tiff import lazy_tiff
from annotat_nb.volume import Volume

if TYPE_CHECKING:
    from annotat_nb.operation import Array

_TIFF = (".tif", ".tiff", ".btf")
SUFFIXES = (*_TIFF, ".png", ".jpg", ".jpeg")

Kind = tuple[tuple[int, int], np.dtype[Any]]


def is_pattern(path: Path) -> bool:
    """Tell whether `path` is a pattern for several files."""
    return glob.has_magic(str(path))


def would_match(path: Path, file: Path) -> bool:
    """Tell whether `file` would be a slice of the pattern `path`.

    Examples
    --------
    >>> would_match(Path("/scan/s*.tif"), Path("/scan/s9.tif"))
    True
    """
    # A star of fnmatch crosses folders, as two of a glob do.
    pattern = str(path).replace("**/", "*")
    return file.suffix.lower() in SUFFIXES and fnmatchcase(str(file), pattern)


def natural_key(path: Path) -> list[tuple[int, str]]:
    """Order names so that 2 comes before 10.

    Examples
    --------
    >>> [p.name for p in sorted(map(Path, ["s10.png", "s2.png"]), key=natural_key)]
    ['s2.png', 's10.png']
    """
    parts = re.split(r"(\d+)", path.name)
    return [(int(part), "") if at % 2 else (0, part.lower()) for at, part in enumerate(parts)]


def read_image(path: Path, options: Options) -> Volume:
    """Open one PNG or JPEG as a volume of one slice."""
    return _stack(path, [path], options)


def read_sequence(path: Path, options: Options) -> Volume:
    """Open a folder or pattern of slices, which must agree in shape and dtype."""
    return _stack(path, _files(path), options)


def _stack(path: Path, files: list[Path], options: Options) -> Volume:
    options.refuse(path, "dataset", "shape", "dtype", "time", "channel")
    slice_options = Options(rgb=options.rgb)
    kinds = [_kind(file, slice_options) for file in files]
    _check_equal(path, files, kinds)
    (height, width), dtype = kinds[0]

    def take(z: int) -> Array:
        with reading(files[z]):
            return _decode(files[z], slice_options)

    stack = SliceStack((len(files), height, width), dtype, take)
    _ = stack[0]  # damage shows at once
    scale = _scale(files[0], slice_options)
    voxel_size = options.voxel_size or scale[0]
    return Volume(
        stack, voxel_size=voxel_size, unit=scale[1], name=path.name, companions=tuple(files)
    )


def _files(path: Path) -> list[Path]:
    found = (
        path.iterdir()
        if path.is_dir()
        else Path(path.anchor).glob(str(path.relative_to(path.anchor)))
    )
    files = [file for file in found if file.suffix.lower() in SUFFIXES and file.name[0] != "."]
    if not files:
        cause = "holds no slice images" if path.is_dir() else "matches no slice images"
        raise cannot_read(path, cause, f"give a folder or pattern of {', '.join(SUFFIXES)} files")
    suffixes = sorted({file.suffix.lower() for file in files})
    if len(suffixes) > 1:
        cause = f"holds images of several kinds ({', '.join(suffixes)})"
        raise cannot_read(path, cause, f"give a pattern such as {path.name}/*{suffixes[0]}")
    roots = allowed_roots(_fixed(path))
    for file in files:
        check_inside(path, file, roots)
    return sorted(files, key=natural_key)


def _fixed(path: Path) -> Path:
    """Return `path` up to the first part that is a pattern."""
    last = next((at for at, part in enumerate(path.parts) if glob.has_magic(part)), -1)
    return path if path.is_dir() else Path(*path.parts[: last + 1])


def _kind(file: Path, options: Options) -> Kind:
    with reading(file):
        if file.suffix.lower() in _TIFF:
            volume = _one_slice(file, options)
            return volume.shape[1:], volume.dtype
        height, width, samples, dtype = picture_header(file)
        check_rgb(file, samples, options.rgb)
        return (height, width), dtype


def _one_slice(file: Path, options: Options) -> Volume:
    volume = lazy_tiff(file, options)
    if volume.shape[0] != 1:
        cause = f"holds {volume.shape[0]} slices, but a folder is read as one slice a file"
        raise cannot_read(file, cause, "open this file itself")
    return volume


def _decode(file: Path, options: Options) -> Array:
    if file.suffix.lower() in _TIFF:
        return np.asarray(_one_slice(file, options).data[0])
    image = decode_picture(file)
    return one_sample(image, options.rgb) if image.ndim == 3 else image


def _check_equal(path: Path, files: list[Path], kinds: list[Kind]) -> None:
    """Name the first file that differs from most."""
    (usual, _), *others = Counter(kinds).most_common()
    if not others:
        return
    odd = next(at for at, kind in enumerate(kinds) if kind != usual)
    cause = f"{name_of(files[odd])} is {_said(kinds[odd])}, the others are {_said(usual)}"
    raise cannot_read(path, cause, "remove it or give a pattern without it")


def _said(kind: Kind) -> str:
    (height, width), dtype = kind
    return f"{height} x {width} {dtype}"


def _scale(file: Path, options: Options) -> tuple[tuple[float, float, float], str]:
    if file.suffix.lower() not in _TIFF:
        return (1.0, 1.0, 1.0), "px"
    first = lazy_tiff(file, options)
    return first.voxel_size, first.unit
