"""Values that lie in one piece in a file, first axis fastest, as they are or packed by zlib."""

from __future__ import annotations

import zlib
from math import prod
from typing import IO, TYPE_CHECKING, Any, Literal

import numpy as np

from annotat_nb.io.errors import cannot_read
from annotat_nb.io.gate import check_companion, check_dtype, check_memory, check_ratio

if TYPE_CHECKING:
    from pathlib import Path

    from annotat_nb.operation import Array

Packed = Literal["raw", "zlib"]
_COPY = "copy or export it again"
_PIECE = 2**20


def payload(
    path: Path,
    file: Path,
    offset: int,
    dtype: np.dtype[Any],
    sides: tuple[int, ...],
    *,
    packed: Packed = "raw",
    skip: int = 0,
) -> Array:
    """Return the values after `offset` bytes of `file`, in the order (x, y, z, …).

    Plain values are mapped; packed ones are unpacked into memory, no more of them than declared.
    Of what is unpacked, the first `skip` bytes are passed over.
    """
    check_dtype(path, None if dtype.itemsize > 8 else dtype)
    if not sides or min(sides) < 1:
        raise cannot_read(path, f"has the size {' x '.join(map(str, sides))}", _COPY)
    if min(offset, skip) < 0:
        cause = f"says that its values begin at byte {min(offset, skip)}"
        raise cannot_read(path, cause, _COPY)
    size, declared = check_companion(path, file), prod(sides) * dtype.itemsize
    if packed == "raw":
        if offset + skip + declared > size:
            raise cannot_read(path, "ends before its last value: it is truncated", _COPY)
        return np.memmap(file, dtype, "r", offset + skip, sides, order="F")
    check_ratio(path, skip + declared, size)
    check_memory(path, skip + declared, "the image")
    data = _inflate(path, file, offset, skip + declared)
    values = np.frombuffer(data, dtype, prod(sides), skip)
    return values.reshape(sides, order="F")


def _inflate(path: Path, file: Path, offset: int, wanted: int) -> bytes:
    """Unpack `wanted` bytes and no more, of zlib or gzip data of one or more members."""
    out = bytearray()
    with file.open("rb") as stream:
        stream.seek(offset)
        inflater, rest = zlib.decompressobj(wbits=47), b""
        while len(out) < wanted:
            if inflater.eof:
                rest, inflater = inflater.unused_data, zlib.decompressobj(wbits=47)
            rest = rest or _piece(path, stream)
            out += inflater.decompress(rest, wanted - len(out))
            rest = inflater.unconsumed_tail
        _check_end(path, stream, inflater)
    return bytes(out)


def _check_end(path: Path, stream: IO[bytes], inflater: Any) -> None:
    """Unpack to the checksum, which tells damage, unless much more comes before it."""
    spare = len(inflater.decompress(inflater.unconsumed_tail, _PIECE))
    while not inflater.eof and spare < _PIECE:
        rest = inflater.unconsumed_tail or _piece(path, stream)
        spare += len(inflater.decompress(rest, _PIECE))


def _piece(path: Path, stream: IO[bytes]) -> bytes:
    piece = stream.read(_PIECE)
    if not piece:
        raise cannot_read(path, "ends before its last value: it is truncated", _COPY)
    return piece
