"""NRRD and MetaImage: a header of text, and values in one piece after it or beside it.

Sources: http://teem.sourceforge.net/nrrd/format.html and https://itk.org/Wiki/ITK/MetaIO.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from annotat_nb.io.boxes import array_as_zyx
from annotat_nb.io.errors import cannot_read, printable
from annotat_nb.io.gate import check_companion, check_file
from annotat_nb.io.payload import payload
from annotat_nb.io.roots import check_inside
from annotat_nb.io.tiff_scale import Scale, scale_of_edges
from annotat_nb.volume import Volume

if TYPE_CHECKING:
    from pathlib import Path

    from annotat_nb.io.options import Options
    from annotat_nb.io.payload import Packed

    Fields = dict[str, str]

LARGEST_HEADER = 2**20
_COPY = "copy or export it again"
_META_TYPES = {
    "UCHAR": "u1",
    "CHAR": "i1",
    "USHORT": "u2",
    "SHORT": "i2",
    "UINT": "u4",
    "INT": "i4",
    "ULONG": "u4",
    "LONG": "i4",
    "ULONG_LONG": "u8",
    "LONG_LONG": "i8",
    "FLOAT": "f4",
    "DOUBLE": "f8",
}
_NRRD_TYPES = {
    **dict.fromkeys(("uchar", "unsigned char", "uint8", "uint8_t"), "u1"),
    **dict.fromkeys(("signed char", "int8", "int8_t"), "i1"),
    **dict.fromkeys(("ushort", "unsigned short", "uint16", "uint16_t"), "u2"),
    **dict.fromkeys(("short", "signed short", "short int", "int16", "int16_t"), "i2"),
    **dict.fromkeys(("uint", "unsigned int", "uint32", "uint32_t"), "u4"),
    **dict.fromkeys(("int", "signed int", "int32", "int32_t"), "i4"),
    **dict.fromkeys(("ulonglong", "unsigned long long", "uint64", "uint64_t"), "u8"),
    **dict.fromkeys(("longlong", "long long", "int64", "int64_t"), "i8"),
    "float": "f4",
    "double": "f8",
}
_NRRD_ENCODINGS: dict[str, Packed] = {"raw": "raw", "gzip": "zlib", "gz": "zlib"}
_COLOUR_KINDS = ("RGB-color", "RGBA-color", "HSV-color", "3-color", "4-color")


@dataclass(frozen=True)
class Payload:
    """Where the values are and what they mean; sides and axes with the fastest first."""

    file: str | None
    offset: int
    dtype: np.dtype[Any]
    sides: tuple[int, ...]
    axes: str
    packed: Packed
    scale: Scale


def read_meta_image(path: Path, options: Options) -> Volume:
    """Open a MetaImage (``.mha``, or ``.mhd`` with its data beside it)."""
    head = _head(path)
    fields, end = {}, 0
    while "ElementDataFile" not in fields:
        line, end = _line(path, head, end)
        key, _, value = line.partition("=")
        fields[key.strip()] = value.strip()
    return _open(path, _meta_image(path, fields, end), options)


def read_nrrd(path: Path, options: Options) -> Volume:
    """Open an NRRD image (``.nrrd``, or ``.nhdr`` with its data beside it)."""
    head = _head(path)
    if not head.startswith(b"NRRD000"):
        raise cannot_read(path, "is not NRRD, whatever its name says", "check its format")
    line, end = _line(path, head, 0)
    fields: Fields = {}
    while line and not ({"data file", "datafile"} & set(fields) and end >= len(head)):
        line, end = _line(path, head, end)
        if ": " in line and not line.startswith("#"):
            key, _, value = line.partition(": ")
            fields[key.strip().lower()] = value.strip()
    return _open(path, _nrrd(path, fields, end), options)


def _open(path: Path, found: Payload, options: Options) -> Volume:
    options.refuse(path, "dataset", "shape", "dtype")
    inside = (path.resolve().parent,)
    file = check_inside(path, path.parent / found.file, inside) if found.file else path
    offset = found.offset
    if offset == -1:  # the values are the last bytes of the file
        offset = check_companion(path, file) - prod(found.sides) * found.dtype.itemsize
    data = payload(path, file, offset, found.dtype, found.sides, packed=found.packed)
    voxel_size, unit = found.scale
    volume = array_as_zyx(path, data, found.axes, options)
    return Volume(volume, voxel_size=options.voxel_size or voxel_size, unit=unit, name=path.name)


def _meta_image(path: Path, fields: Fields, end: int) -> Payload:
    lower = {key.lower(): value for key, value in fields.items()}
    sides = tuple(map(int, lower["dimsize"].split()))
    kind = _META_TYPES.get(lower["elementtype"].removeprefix("MET_").removesuffix("_ARRAY"))
    big = lower.get("binarydatabyteordermsb", lower.get("elementbyteordermsb", "False"))
    samples = int(lower.get("elementnumberofchannels", 1))
    axes = _spatial(len(sides))
    if samples > 1:
        sides, axes = (samples, *sides), f"S{axes}"
    data_file = lower["elementdatafile"]
    local = data_file.upper() == "LOCAL"
    if data_file.upper().startswith("LIST") or "%" in data_file:
        raise cannot_read(path, "has its slices in several files", "open the folder of slices")
    edges = list(map(float, lower.get("elementspacing", lower.get("elementsize", "")).split()))
    return Payload(
        None if local else data_file,
        end if local else int(lower.get("headersize", 0)),
        _dtype(path, kind, lower["elementtype"], ">" if big.lower() == "true" else "<"),
        sides,
        axes,
        "zlib" if lower.get("compresseddata", "False").lower() == "true" else "raw",
        _scale(edges, "mm"),
    )


def _nrrd(path: Path, fields: Fields, end: int) -> Payload:
    sides = tuple(map(int, fields["sizes"].split()))
    encoding = fields["encoding"].lower()
    if encoding not in _NRRD_ENCODINGS or int(fields.get("line skip", 0)):
        raise cannot_read(path, f"is encoded as {printable(encoding)[:40]}", "save it raw or gzip")
    kinds = fields.get("kinds", "").split()
    colours = bool(kinds) and kinds[0] in _COLOUR_KINDS
    axes = f"S{_spatial(len(sides) - 1)}" if colours else _spatial(len(sides))
    data_file = fields.get("data file", fields.get("datafile"))
    if data_file and (data_file.upper().startswith("LIST") or "%" in data_file):
        raise cannot_read(path, "has its slices in several files", "open the folder of slices")
    skip = int(fields.get("byte skip", 0))
    start = 0 if data_file else end
    return Payload(
        data_file,
        -1 if skip == -1 else start + skip,
        _dtype(
            path,
            _NRRD_TYPES.get(fields["type"].lower()),
            fields["type"],
            ">" if fields.get("endian", "little").lower() == "big" else "<",
        ),
        sides,
        axes,
        _NRRD_ENCODINGS[encoding],
        _nrrd_scale(fields),
    )


def _nrrd_scale(fields: Fields) -> Scale:
    units = fields.get("space units", fields.get("units", "")).replace('"', " ").split()
    unit = units[0] if units else "mm" if "space" in fields else ""
    if "space directions" in fields:
        vectors = [part for part in fields["space directions"].split() if part != "none"]
        rows = [[float(value) for value in part.strip("()").split(",")] for part in vectors]
        return _scale([float(np.linalg.norm(row)) for row in rows], unit)
    edges = [float(part) for part in fields.get("spacings", "").split()]
    return _scale([edge for edge in edges if np.isfinite(edge)], unit)


def _scale(edges: list[float], unit: str) -> Scale:
    """Turn edges (x, y, z) into a scale; a missing depth is that of a cube."""
    if len(edges) < 2:
        return scale_of_edges((1.0, 1.0, 1.0), "")
    z = edges[2] if len(edges) > 2 else edges[0]
    return scale_of_edges((z, edges[1], edges[0]), unit)


def _spatial(count: int) -> str:
    return "XYZT"[:count].ljust(count, "Q")


def _dtype(path: Path, kind: str | None, said: str, order: Literal["<", ">"]) -> np.dtype[Any]:
    if kind is None:
        cause = f"holds {printable(said)[:40]} values"
        raise cannot_read(path, cause, "save it as numbers of 8, 16, 32 or 64 bits")
    return np.dtype(kind).newbyteorder(order)


def _head(path: Path) -> bytes:
    check_file(path)
    with path.open("rb") as file:
        return file.read(LARGEST_HEADER)


def _line(path: Path, head: bytes, start: int) -> tuple[str, int]:
    """Return the line at `start`, and where the next one begins; at the end, an empty line."""
    if start >= len(head):
        raise cannot_read(path, "ends inside its header: it is truncated", _COPY)
    end = head.find(b"\n", start)
    end = len(head) if end < 0 else end
    return head[start:end].decode("latin-1").strip(), end + 1
