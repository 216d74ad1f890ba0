"""DICOM: a folder with the slices of a series, or one file."""

from __future__ import annotations

import os
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from annotat_nb.io.axes import choose
from annotat_nb.io.dicom_header import DicomFile, read_header
from annotat_nb.io.errors import Candidate, cannot_read, must_choose, name_of, printable, reading
from annotat_nb.io.roots import allowed_roots, check_inside
from annotat_nb.io.samples import one_sample
from annotat_nb.io.stack import SliceStack
from annotat_nb.io.tiff_scale import UNKNOWN, Scale, scale_of_edges
from annotat_nb.volume import Volume

if TYPE_CHECKING:
    from pathlib import Path

    from annotat_nb.io.options import Options
    from annotat_nb.operation import Array

SUFFIXES = (".dcm", ".dicom")
_TRIED = 20


def is_dicom_folder(path: Path) -> bool:
    """Tell whether the folder `path` holds DICOM files: by names, else by what is in the first."""
    files = sorted(path.iterdir())
    if any(file.suffix.lower() in SUFFIXES for file in files):
        return True
    return any(is_dicom_file(file) for file in files[:_TRIED])


def is_dicom_file(path: Path) -> bool:
    """Tell by its content whether `path` is a DICOM file, other than the index of a disc."""
    if not path.is_file() or path.name.upper() == "DICOMDIR" or not os.access(path, os.R_OK):
        return False
    with path.open("rb") as file:
        return file.read(132)[128:] == b"DICM"


def read_dicom(path: Path, options: Options) -> Volume:
    """Open a series: slices in the order in which they lie, unpacked when they are asked for."""
    options.refuse(path, "shape", "dtype")
    files = _ordered(path, _chosen(path, _series(path), options))
    _check_alike(path, files)
    repeats = _repeats(path, files)
    pages = [(file, file.frame + at) for file in files for at in range(file.size[0])]
    _, rows, columns, samples = files[0].size
    shape = (len(pages) // repeats, repeats, rows, columns, samples)
    choice = choose(path, "ZTYXS", shape, options)
    order = np.arange(len(pages)).reshape(shape[:2])[choice.index[:2]]
    dtype = _dtype(files)

    def take(z: int) -> Array:
        file, frame = pages[order[z]]
        return _decode(file, frame, dtype, options)

    stack = SliceStack((len(order), rows, columns), dtype, take)
    _ = stack[0]  # damage shows at once
    voxel_size, unit = _scale(path, files[::repeats])
    return Volume(stack, voxel_size=options.voxel_size or voxel_size, unit=unit, name=path.name)


def dicom_datasets(path: Path) -> tuple[Candidate, ...]:
    """List the series of a folder."""
    return _candidates(_series(path))


def _series(path: Path) -> dict[str, list[DicomFile]]:
    files, remedy = [path], "check its format"
    if path.is_dir():
        files = _files_of(path)
        remedy = f"move it out of the folder {name_of(path)}"
    roots = allowed_roots(path)
    found: dict[str, list[DicomFile]] = {}
    for file in files:
        check_inside(path, file, roots)
        for slices in read_header(file, remedy):
            found.setdefault(slices.series, []).append(slices)
    return found


def _files_of(folder: Path) -> list[Path]:
    """List the files with a suffix of DICOM; archives name them without any."""
    files = sorted(folder.iterdir())
    named = [file for file in files if file.suffix.lower() in SUFFIXES]
    return named or [file for file in files if is_dicom_file(file)]


def _candidates(series: dict[str, list[DicomFile]]) -> tuple[Candidate, ...]:
    labels = {uid: _describe(files) for uid, files in series.items()}
    counts = Counter(labels.values())
    return tuple(
        Candidate(uid, label if counts[label] == 1 else f"{label}, from {_first_of(series[uid])}")
        for uid, label in labels.items()
    )


def _describe(files: list[DicomFile]) -> str:
    _, rows, columns, _ = files[0].size
    depth = sum(file.size[0] for file in files)
    return f"{printable(files[0].title)[:100]}: {depth} x {rows} x {columns}"


def _first_of(files: list[DicomFile]) -> str:
    return name_of(min(file.file for file in files))


def _chosen(path: Path, series: dict[str, list[DicomFile]], options: Options) -> list[DicomFile]:
    if options.dataset is None and len(series) == 1:
        return next(iter(series.values()))
    if options.dataset is not None and options.dataset in series:
        return series[options.dataset]
    candidates = _candidates(series)
    labels = ", ".join(candidate.label for candidate in candidates)
    cause = f"holds {len(series)} series ({labels[:300]})"
    remedy = f"pass dataset={candidates[0].value!r} or that of another"
    raise must_choose(path, cause, remedy, "dataset", candidates)


def _ordered(path: Path, files: list[DicomFile]) -> list[DicomFile]:
    """Sort slices by where they lie, else by their numbers."""
    if all(file.position is not None for file in files):
        return sorted(files, key=lambda file: (_place(file), file.number, file.frame))
    found = sorted(files, key=lambda file: (file.number, file.frame))
    steps = np.diff([file.number for file in found])
    if len(steps) > 1 and steps.max() > max(1, np.median(steps)):
        last = found[int(steps.argmax())].number
        cause = f"lacks slices: none has a number between {last} and {last + steps.max()}"
        raise cannot_read(path, cause, "copy the whole series again")
    return found


def _place(file: DicomFile) -> float:
    return round(file.position or 0.0, 3)


def _check_alike(path: Path, files: list[DicomFile]) -> None:
    first = files[0]
    for file in files:
        same = (file.size, file.stored, file.normal) == (first.size, first.stored, first.normal)
        if not same:
            cause = f"{name_of(file.file)} differs from the other slices in size or orientation"
            raise cannot_read(path, cause, "move it to another folder")


def _repeats(path: Path, files: list[DicomFile]) -> int:
    """Return how many slices lie at each position: time points, as a rule."""
    if any(file.position is None for file in files):
        return 1
    counts = Counter(map(_place, files))
    usual = Counter(counts.values()).most_common(1)[0][0]
    for file in reversed(files):
        if counts[_place(file)] > usual:
            cause = f"{name_of(file.file)} lies where another slice lies"
            raise cannot_read(path, cause, "move one of them to another folder")
    if min(counts.values()) < usual:
        raise cannot_read(path, "lacks some of its slices", "copy the whole series again")
    return usual


def _scale(path: Path, files: list[DicomFile]) -> Scale:
    """Return the voxel size in mm; the distance of slices is that of their positions."""
    spacing = files[0].spacing
    if spacing is None:
        return UNKNOWN
    places = [file.position for file in files if file.position is not None]
    if len(places) < 2:
        return scale_of_edges(spacing, "mm")
    steps = np.diff(places)
    usual = float(np.median(steps))
    if steps.max() > 1.5 * usual:
        cause = f"lacks slices: two lie {steps.max():.3g} mm apart, the others {usual:.3g} mm"
        raise cannot_read(path, cause, "copy the whole series again")
    return scale_of_edges((usual, *spacing[1:]), "mm")


def _dtype(files: list[DicomFile]) -> np.dtype[Any]:
    """Return the type that holds the rescaled values: integers where these are exact."""
    rescales = {file.rescale for file in files}
    if rescales == {(1.0, 0.0)} or files[0].stored.kind == "f":
        return files[0].stored
    if not all(slope == 1 and start.is_integer() for slope, start in rescales):
        return np.dtype("float32")
    bits, is_signed = files[0].bits, files[0].stored.kind == "i"
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1)) if is_signed else (0, 2**bits)
    starts = [start for _, start in rescales]
    fits = low + min(starts) >= -(2**15) and high + max(starts) <= 2**15
    return np.dtype("int16" if fits else "int32" if bits <= 16 else "float32")


def _decode(file: DicomFile, frame: int, dtype: np.dtype[Any], options: Options) -> Array:
    from pydicom.pixels import pixel_array

    with reading(file.file):
        image = pixel_array(file.file, index=frame)
        grey = one_sample(image, options.rgb) if image.ndim == 3 else image
        slope, start = file.rescale
        if (slope, start) == (1.0, 0.0):
            return grey.astype(dtype, copy=False)
        return (grey * slope + start).astype(dtype)
