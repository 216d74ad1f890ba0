"""What the headers of DICOM files say of their slices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from annotat_nb.io.dicom_groups import PER_FRAME, SHARED, described_frames, group_of
from annotat_nb.io.errors import cannot_read, reading
from annotat_nb.io.gate import check_dtype, check_file, check_memory, check_ratio

if TYPE_CHECKING:
    from pathlib import Path

_COPY = "copy or export it again"
_PIXELS = {0x08: "float", 0x09: "double", 0x10: "integer"}
"""Elements of group 7FE0 that hold pixels, and of which kind."""
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
    SHARED,
    PER_FRAME,
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
    """One slice of a series, or the frames of a file that does not describe each by itself.

    Parameters
    ----------
    file, frame
        Where it is: the file, and the number of the (first) frame in it.
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
    frame: int
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


def read_header(file: Path, remedy: str) -> list[DicomFile]:
    """Read the header of a DICOM file, checked against the file and the memory.

    Where it is none, the error advises `remedy`.
    """
    with reading(file):
        size = check_file(file)
        syntax = _syntax(file, remedy)
        said, pixels, start = _dataset(file, syntax)
        shape = _shape(file, said)
        stored = _stored(file, said, pixels)
        declared = int(np.prod(shape, dtype=object)) * stored.itemsize
        if not syntax.is_encapsulated and declared > size - start:
            raise cannot_read(file, "ends before its last pixel: it is truncated", _COPY)
        check_ratio(file, declared, size)
        check_memory(file, declared // shape[0], "one slice of it")
        if described_frames(file, said, shape[0]):
            single = (1, *shape[1:])
            return [_described(file, at, said, single, stored) for at in range(shape[0])]
        return [_described(file, 0, said, shape, stored)]


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


def _dataset(file: Path, syntax: Any) -> tuple[Any, str, int]:
    """Return the attributes before the pixels, of which kind these are, and where they begin."""
    import pydicom

    with file.open("rb") as stream:
        said = pydicom.dcmread(stream, stop_before_pixels=True, specific_tags=list(_TAGS))
        start = stream.tell()
        tag = stream.read(4)
    element = int.from_bytes(tag[2:], "little" if syntax.is_little_endian else "big")
    if element not in _PIXELS:
        raise cannot_read(file, "holds no image", "give a file or folder of slices")
    return said, _PIXELS[element], start + (8 if syntax.is_implicit_VR else 12)


def _shape(file: Path, said: Any) -> tuple[int, int, int, int]:
    shape = said.get("NumberOfFrames") or 1, said.Rows, said.Columns, said.SamplesPerPixel
    frames, rows, columns, samples = map(int, shape)
    if min(frames, rows, columns, samples) < 1:
        raise cannot_read(file, "has no pixels", _COPY)
    return frames, rows, columns, samples


def _described(
    file: Path, frame: int, said: Any, shape: tuple[int, int, int, int], stored: np.dtype[Any]
) -> DicomFile:
    plane = group_of(said, frame, "PlaneOrientationSequence")
    normal = _normal(plane.get("ImageOrientationPatient"))
    place = group_of(said, frame, "PlanePositionSequence").get("ImagePositionPatient")
    meaning = group_of(said, frame, "PixelValueTransformationSequence")
    return DicomFile(
        file,
        frame,
        str(said.get("SeriesInstanceUID", "")),
        _title(said),
        shape,
        stored,
        int(said.get("BitsStored", said.BitsAllocated)),
        (float(meaning.get("RescaleSlope", 1)), float(meaning.get("RescaleIntercept", 0))),
        int(said.get("InstanceNumber") or 0),
        float(np.dot(place, normal)) if place and normal else None,
        normal,
        _spacing(group_of(said, frame, "PixelMeasuresSequence")),
    )


def _title(said: Any) -> str:
    words = str(said.get("SeriesDescription") or said.get("Modality") or "series")
    number = said.get("SeriesNumber")
    return words if number is None else f"{words} (series {number})"


def _stored(file: Path, said: Any, pixels: str) -> np.dtype[Any]:
    if pixels != "integer":
        return np.dtype("float32" if pixels == "float" else "float64")
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
    plane = said.get("PixelSpacing")
    if not plane or len(plane) != 2:
        return None
    y, x = map(float, plane)
    z = said.get("SpacingBetweenSlices") or said.get("SliceThickness") or x
    return float(z), y, x
