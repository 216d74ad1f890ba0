"""Labels as NIfTI, with the class table in an extension of the header."""

from __future__ import annotations

import gzip
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import numpy as np

from annotat_nb.io.atomic import atomic_write
from annotat_nb.io.tiff_scale import in_micrometres

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from annotat_nb.io.integer_image import IntegerImage

_COMMENT = 6  # the code of text in the list of header extensions
_MARK = "annotat_nb/classes "
_LONGEST_SIDE = 2**15 - 1  # in version 1 of the format
_LEVEL = 2
_UNITS = {"m": "meter", "mm": "mm", "µm": "micron"}


def write_nifti(target: Path, image: IntegerImage) -> Path:
    """Write `image`, compressed if the name ends in .gz, and return its path."""
    ids, header = image.data, _header(image)
    with atomic_write(target) as file, _packed(file, target) as stream:
        header.write_to(stream)
        stream.write(bytes(int(header["vox_offset"]) - stream.tell()))
        for plane in image.planes():  # x runs fastest in the file, as in memory
            stream.write(np.ascontiguousarray(plane, ids.dtype.newbyteorder("<")).data)
    return target


def nifti_classes(path: Path) -> str:
    """Return the JSON of the class table in the header of `path`; empty when there is none."""
    import nibabel

    for extension in cast("Any", nibabel.load(path)).header.extensions:
        text = extension.get_content()
        text = text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
        if text.startswith(_MARK):
            return text[len(_MARK) :].rstrip("\0 ")
    return ""


@contextmanager
def _packed(file: BinaryIO, target: Path) -> Iterator[BinaryIO]:
    if target.suffix.lower() != ".gz":
        yield file
        return
    # Without name and time, the same labels give the same bytes.
    with gzip.GzipFile("", "wb", _LEVEL, file, mtime=0) as stream:
        yield cast("BinaryIO", stream)


def _header(image: IntegerImage) -> Any:
    import nibabel
    from nibabel.nifti1 import Nifti1Extension

    long = max(image.data.shape) > _LONGEST_SIDE
    kind = nibabel.Nifti2Header if long else nibabel.Nifti1Header
    header = kind(endianness="<")
    header.set_data_dtype(image.data.dtype)
    header.set_data_shape(image.data.shape[::-1])
    size, unit = _size(image)
    edges = size[::-1]
    header.set_zooms(edges)
    header.set_xyzt_units(unit)
    header.set_sform(np.diag((*edges, 1.0)), code="scanner")
    _place(header, image.like)
    header.set_slope_inter(1, 0)
    if image.table:
        header.extensions.append(Nifti1Extension(_COMMENT, (_MARK + image.table).encode()))
    single = header.single_vox_offset + header.extensions.get_sizeondisk()
    header["vox_offset"] = single
    return header


def _size(image: IntegerImage) -> tuple[tuple[float, float, float], str]:
    """Return the voxel size, (z, y, x), and a unit that NIfTI knows; others become micrometres."""
    if image.unit in _UNITS:
        return image.voxel_size, _UNITS[image.unit]
    size = in_micrometres(image.voxel_size, image.unit)
    return (size, "micron") if size else (image.voxel_size, "unknown")


def _place(header: Any, like: Path | None) -> None:
    """Put a label where the image `like` lies, if that is a NIfTI of the same shape."""
    import nibabel
    from nibabel.filebasedimages import ImageFileError

    if like is None or not like.name.lower().endswith((".nii", ".nii.gz")):
        return
    try:
        other = cast("Any", nibabel.load(like)).header
    except (OSError, ImageFileError):
        return  # moved since it was opened: the label is worth saving all the same
    if other.get_data_shape()[:3] != header.get_data_shape():
        return
    names = ("pixdim", "xyzt_units", "qform_code", "sform_code", "srow_x", "srow_y", "srow_z")
    quaternion = ("quatern_b", "quatern_c", "quatern_d", "qoffset_x", "qoffset_y", "qoffset_z")
    for name in (*names, *quaternion):
        header[name] = other[name]
