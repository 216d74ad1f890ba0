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
from annotat_nb.io.nrrd_axes import nrrd_axes, nrrd_scale, scale_of_xyz
from annotat_nb.io.payload import payload
from annotat_nb.io.roots import check_inside
from annotat_nb.volume import Volume

if TYPE_CHECKING:
    from pathlib import Path

    from annotat_nb.io.options import Options
    from annotat_nb.io.payload import Packed
    from annotat_nb.io.tiff_scale import Scale

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
    **dict.fromkeys(("short", "signed short", "int16", "int16_t"), "i2"),
    **dict.fromkeys(("uint", "unsigned", "uint32", "uint32_t"), "u4"),
    **dict.fromkeys(("int", "signed", "int32", "int32_t"), "i4"),
    **dict.fromkeys(("ulonglong", "unsigned long long", "uint64", "uint64_t"), "u8"),
    **dict.fromkeys(("longlong", "long long", "signed long long", "int64", "int64_t"), "i8"),
    "float": "f4",
    "double": "f8",
}
"""Types by name, without the word int that C lets one leave out."""
_NRRD_ENCODINGS: dict[str, Packed] = {"raw": "raw", "gzip": "zlib", "gz": "zlib"}


@dataclass(frozen=True)
class Payload:
    """Where the values are and what they mean; sides and axes with the fastest first.

    An offset of -1 stands for values that end with the file; `skip` counts unpacked bytes.
    """

    file: str | None
    offset: int
    dtype: np.dtype[Any]
    sides: tuple[int, ...]
    axes: str
    packed: Packed
    scale: Scale
    skip: int = 0


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
            _note(path, fields, key.strip().lower(), value.strip())
    return _open(path, _nrrd(path, fields, end), options)


def _note(path: Path, fields: Fields, key: str, value: str) -> None:
    if fields.setdefault(key, value) != value:
        cause = f"states {printable(key)[:40]} twice, and differently"
        raise cannot_read(path, cause, "correct its header or export it again")


def _open(path: Path, found: Payload, options: Options) -> Volume:
    options.refuse(path, "dataset", "shape", "dtype")
    inside = (path.resolve().parent,)
    file = check_inside(path, path.parent / found.file, inside) if found.file else path
    offset = _last_bytes(path, file, found) if found.offset == -1 else found.offset
    data = payload(
        path, file, offset, found.dtype, found.sides, packed=found.packed, skip=found.skip
    )
    voxel_size, unit = found.scale
    volume = array_as_zyx(path, data, found.axes, options)
    return Volume(
        volume,
        voxel_size=options.voxel_size or voxel_size,
        unit=unit,
        name=path.name,
        companions=(file,),
    )


def _last_bytes(path: Path, file: Path, found: Payload) -> int:
    """Return where values begin that are the last bytes of `file`."""
    if found.packed != "raw":
        raise cannot_read(path, "is packed, but to be read from its end", "save it unpacked")
    offset = check_companion(path, file) - prod(found.sides) * found.dtype.itemsize
    if offset < 0:
        raise cannot_read(path, "ends before its last value: it is truncated", _COPY)
    return offset


def _meta_image(path: Path, fields: Fields, end: int) -> Payload:
    lower = {key.lower(): value for key, value in fields.items()}
    sides = tuple(map(int, lower["dimsize"].split()))
    kind = _META_TYPES.get(lower["elementtype"].removeprefix("MET_").removesuffix("_ARRAY"))
    big = lower.get("binarydatabyteordermsb", lower.get("elementbyteordermsb", "False"))
    if lower.get("binarydata", "True").lower() != "true":
        raise cannot_read(path, "holds its values as text", "save it as binary")
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
        _meta_offset(path, lower, end, local=local),
        _dtype(path, kind, lower["elementtype"], ">" if big.lower() == "true" else "<"),
        sides,
        axes,
        "zlib" if lower.get("compresseddata", "False").lower() == "true" else "raw",
        scale_of_xyz(edges, "mm"),
    )


def _meta_offset(path: Path, lower: Fields, end: int, *, local: bool) -> int:
    size = int(lower.get("headersize", 0))
    if size < -1 or (local and size > 0):
        cause = f"states a HeaderSize of {size}, which has no meaning here"
        raise cannot_read(path, cause, "correct its header or export it again")
    return end if local and size == 0 else size


def _nrrd(path: Path, fields: Fields, end: int) -> Payload:
    sides = tuple(map(int, fields["sizes"].split()))
    packed = _nrrd_packed(path, fields["encoding"].lower())
    axes = nrrd_axes(fields, len(sides))
    data_file = fields.get("data file", fields.get("datafile"))
    if data_file and (data_file.upper().startswith("LIST") or "%" in data_file):
        raise cannot_read(path, "has its slices in several files", "open the folder of slices")
    skip = _skip(path, fields)
    kind = _NRRD_TYPES.get(fields["type"].lower().removesuffix(" int"))
    order: Literal["<", ">"] = ">" if fields.get("endian", "little").lower() == "big" else "<"
    return Payload(
        data_file,
        -1 if skip == -1 else 0 if data_file else end,
        _dtype(path, kind, fields["type"], order),
        sides,
        axes,
        packed,
        nrrd_scale(fields, axes),
        max(skip, 0),
    )


def _nrrd_packed(path: Path, encoding: str) -> Packed:
    if encoding not in _NRRD_ENCODINGS:
        raise cannot_read(path, f"is encoded as {printable(encoding)[:40]}", "save it raw or gzip")
    return _NRRD_ENCODINGS[encoding]


def _skip(path: Path, fields: Fields) -> int:
    """Return how many unpacked bytes come before the values; -1: they end with the file."""
    lines = int(fields.get("line skip", fields.get("lineskip", 0)))
    count = int(fields.get("byte skip", fields.get("byteskip", 0)))
    if lines:
        raise cannot_read(path, f"has a line skip of {lines}", "save it without one")
    if count < -1:
        raise cannot_read(path, f"has a byte skip of {count}", "correct its header or save it anew")
    return count


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
