"""NIfTI images, in one file or two, plain or packed."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

from annotat_nb.io.boxes import BoxArray, array_as_zyx
from annotat_nb.io.errors import cannot_read
from annotat_nb.io.gate import check_companion
from annotat_nb.io.payload import payload
from annotat_nb.io.roots import allowed_roots, check_inside
from annotat_nb.io.tiff_scale import scale_of_edges
from annotat_nb.volume import Volume

if TYPE_CHECKING:
    from pathlib import Path

    from annotat_nb.io.options import Options
    from annotat_nb.operation import Array

_AXES = "XYZTC"
_FIRST, _SECOND = 348, 540
"""Bytes of a header of version 1 and 2."""
_PIECE = 2**16


def read_nifti(path: Path, options: Options) -> Volume:
    """Open a NIfTI image: values as they lie in the file, in the order z, y, x, nothing flipped.

    A plain file is mapped; a ``.nii.gz`` is unpacked into memory whole.
    """
    options.refuse(path, "dataset", "shape", "dtype")
    header = _header(path)
    data, axes = _values(path, header)
    plain = array_as_zyx(path, data, axes, options)
    slope, start = header.get_slope_inter()
    is_plain = slope is None or (slope, start) == (1.0, 0.0)
    voxel_size, unit = _scale(header)
    return Volume(
        plain if is_plain else _scaled(plain, slope, start),
        voxel_size=options.voxel_size or voxel_size,
        unit=unit,
        name=path.name,
        companions=_pair(path),
    )


def _header(path: Path) -> Any:
    """Read the header alone: extensions may be of any size, and hold nothing needed here."""
    import nibabel

    file = path.with_suffix(".hdr") if path.suffix.lower() == ".img" else path
    check_companion(path, file)
    with file.open("rb") as stream:
        head = stream.read(_PIECE)
    if _is_packed(file):
        head = zlib.decompressobj(wbits=47).decompress(head, _SECOND)
    if head[344:348] in (b"n+1\0", b"ni1\0"):
        return nibabel.Nifti1Header(head[:_FIRST], check=False)
    if head[4:8] in (b"n+2\0", b"ni2\0"):
        return nibabel.Nifti2Header(head[:_SECOND], check=False)
    raise cannot_read(path, "is not NIfTI, whatever its name says", "check its format")


def _pair(path: Path) -> tuple[Path, ...]:
    """Return both files of an image in two."""
    is_pair = path.suffix.lower() in (".hdr", ".img")
    return (path.with_suffix(".hdr"), path.with_suffix(".img")) if is_pair else ()


def _is_packed(file: Path) -> bool:
    return file.suffix.lower() == ".gz"


def _values(path: Path, header: Any) -> tuple[Array, str]:
    is_pair = bytes(header["magic"])[:2] == b"ni"
    file = path.with_suffix(".img") if is_pair else path
    check_inside(path, file, allowed_roots(path))
    dtype, shape = header.get_data_dtype(), tuple(map(int, header.get_data_shape()))
    axes = _AXES[: len(shape)].ljust(len(shape), "Q")
    colours = len(dtype.names or ())
    if colours:
        dtype, shape, axes = np.dtype("u1"), (colours, *shape), f"S{axes}"
    offset = int(header.get_data_offset())
    if _is_packed(file):
        return payload(path, file, 0, dtype, shape, packed="zlib", skip=offset), axes
    return payload(path, file, offset, dtype, shape), axes


def _scaled(data: Any, slope: float, start: float) -> BoxArray:
    """Apply the header's linear scaling, box by box, as float32."""
    return BoxArray(
        data.shape,
        np.dtype("float32"),
        lambda box: np.asarray(data[box], "float64") * slope + start,
    )


def _scale(header: Any) -> tuple[tuple[float, float, float], str]:
    zooms = [float(zoom) for zoom in header.get_zooms()[:3]]
    x, y, z = [*zooms, *[1.0] * (3 - len(zooms))]
    unit = header.get_xyzt_units()[0]
    return scale_of_edges((z, y, x), "" if unit == "unknown" else unit)
