"""What the headers of DICOM files say of their slices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from annotat_nb.io.errors import cannot_read, reading
from annotat_nb.io.gate import check_dtype, check_file, check_memory, check_ratio

if TYPE_CHECKING:
    from pathlib import Path

_COPY = "copy or export it again"
_DEFLATED = "1.2.840.10008.1.2.1.99"
_TAGS = [
    "SeriesInstanceUID",
    "SeriesDescription",
    "SeriesNumber",
    "Modality",
    "InstanceNumber",
    "ImagePositionPatient",
    "ImageOrientationPatient",
    "PixelSpacing",
    "SpacingBetweenSlices",
    "SliceThickness",
    "SharedFunctionalGroupsSequence",
    "Rows",
    "Columns",
    "NumberOfFrames",
    "SamplesPerPixel",
    "BitsAllocated",
    "BitsStored",
    "PixelRepresentation",
    "RescaleSlope",
    "RescaleIntercept",
]


@dataclass(frozen=True)
class DicomFile:
    """One file of a series: a slice, or several frames.

    Parameters
    ----------
    file
        Where it is.
    series, title
        The series that it belongs to, and what a person calls that.
    size
        Frames, rows, columns and values a pixel.
    stored
        Type of a value in the file.
    bits
        How many bits of it are used.
    rescale
        Slope and intercept from stored values to what they mean.
    number
        Number of the image in its series.
    position, normal
        Where the slice lies along the normal of its plane, in mm, and that normal; None where the
        file does not say.
    spacing
        Voxel size (z, y, x) in mm; None where the file does not say.
    """

    file: Path
    series: str
    title: str
    size: tuple[int, int, int, int]
    stored: np.dtype[Any]
    bits: int
    rescale: tuple[float, float]
    number: int
    position: float | None
    normal: tuple[float, ...] | None
    spacing: tuple[float, float, float] | None


def read_header(file: Path, remedy: str) -> DicomFile:
    """Read the header of a DICOM file, checked against the file and the memory.

    Where it is none, the error advises `remedy`.
    """
    with reading(file):
        size = check_file(file)
        syntax = _syntax(file, remedy)
        found = _described(file, _dataset(file))
        declared = int(np.prod(found.size, dtype=object)) * found.stored.itemsize
        if min(found.size) < 1:
            raise cannot_read(file, "has no pixels", _COPY)
        if not syntax.is_encapsulated and declared > size:
            raise cannot_read(file, "ends before its last pixel: it is truncated", _COPY)
        check_ratio(file, declared, size)
        check_memory(file, declared // found.size[0], "one slice of it")
        return found


def _syntax(file: Path, remedy: str) -> Any:
    """Return how the pixels are packed, if they can be unpacked here."""
    import pydicom
    from pydicom.pixels import get_decoder

    try:
        syntax = pydicom.filereader.read_file_meta_info(file).TransferSyntaxUID
    except (pydicom.errors.InvalidDicomError, AttributeError) as error:
        cause = "is no DICOM image though its name says so"
        raise cannot_read(file, cause, remedy) from error
    try:
        is_read = syntax != _DEFLATED and get_decoder(syntax).is_available
    except NotImplementedError:
        is_read = False
    if not is_read:
        cause = f"is packed as {syntax.name[:80]}, which is not read"
        raise cannot_read(file, cause, "export it uncompressed, for example with gdcmconv --raw")
    return syntax


def _dataset(file: Path) -> Any:
    import pydicom

    return pydicom.dcmread(file, stop_before_pixels=True, specific_tags=list(_TAGS))


def _described(file: Path, said: Any) -> DicomFile:
    normal = _normal(said.get("ImageOrientationPatient"))
    place = said.get("ImagePositionPatient")
    shape = said.get("NumberOfFrames") or 1, said.Rows, said.Columns, said.SamplesPerPixel
    frames, rows, columns, samples = map(int, shape)
    return DicomFile(
        file,
        str(said.get("SeriesInstanceUID", "")),
        _title(said),
        (frames, rows, columns, samples),
        _stored(file, said),
        int(said.get("BitsStored", said.BitsAllocated)),
        (float(said.get("RescaleSlope", 1)), float(said.get("RescaleIntercept", 0))),
        int(said.get("InstanceNumber") or 0),
        float(np.dot(place, normal)) if place and normal else None,
        normal,
        _spacing(said),
    )


def _title(said: Any) -> str:
    words = str(said.get("SeriesDescription") or said.get("Modality") or "series")
    number = said.get("SeriesNumber")
    return words if number is None else f"{words} (series {number})"


def _stored(file: Path, said: Any) -> np.dtype[Any]:
    bits = int(said.BitsAllocated)
    if bits not in (8, 16, 32):
        check_dtype(file, None)
    return np.dtype(f"{'i' if said.get('PixelRepresentation') else 'u'}{bits // 8}")


def _normal(orientation: Any) -> tuple[float, ...] | None:
    if not orientation or len(orientation) != 6:
        return None
    row, column = np.reshape(np.asarray(orientation, float), (2, 3))
    return tuple(float(value) for value in np.round(np.cross(row, column), 4))


def _spacing(said: Any) -> tuple[float, float, float] | None:
    """Read the spacing of a plain image, or the one that all frames of an enhanced one share."""
    groups = said.get("SharedFunctionalGroupsSequence")
    measures = groups[0].get("PixelMeasuresSequence") if groups else None
    source = measures[0] if measures else said
    plane = source.get("PixelSpacing")
    if not plane or len(plane) != 2:
        return None
    y, x = map(float, plane)
    z = source.get("SpacingBetweenSlices") or source.get("SliceThickness") or x
    return float(z), y, x
