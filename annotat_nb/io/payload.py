"""Values that lie in one piece in a file, first axis fastest, as they are or packed by zlib."""

from __future__ import annotations

import zlib
from math import prod
from typing import TYPE_CHECKING, Any, Literal

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
    whole_file_is_packed: bool = False,
    packed: Packed = "raw",
) -> Array:
    """Return the values after `offset` bytes of `file`, in the order (x, y, z, …).

    Plain values are mapped; packed ones are unpacked into memory, no more of them than declared.
    `offset` counts unpacked bytes where `whole_file_is_packed`.
    """
    check_dtype(path, None if dtype.itemsize > 8 else dtype)
    if not sides or min(sides) < 1 or offset < 0:
        raise cannot_read(path, f"has the size {' x '.join(map(str, sides))}", _COPY)
    size, declared = check_companion(path, file), prod(sides) * dtype.itemsize
    if packed == "raw" and not whole_file_is_packed:
        if offset + declared > size:
            raise cannot_read(path, "ends before its last value: it is truncated", _COPY)
        return np.memmap(file, dtype, "r", offset, sides, order="F")
    check_ratio(path, declared, size)
    check_memory(path, declared, "the image")
    skipped = 0 if whole_file_is_packed else offset
    data = _inflate(path, file, skipped, declared + offset - skipped)
    values = np.frombuffer(data, dtype, prod(sides), offset - skipped)
    return values.reshape(sides, order="F")


def _inflate(path: Path, file: Path, offset: int, wanted: int) -> bytes:
    """Unpack `wanted` bytes and no more, of zlib or gzip data of one or more members."""
    out = bytearray()
    with file.open("rb") as stream:
        stream.seek(offset)
        inflater, rest = zlib.decompressobj(wbits=47), b""
        while len(out) < wanted:
            rest = rest or stream.read(_PIECE)
            if not rest:
                raise cannot_read(path, "ends before its last value: it is truncated", _COPY)
            out += inflater.decompress(rest, wanted - len(out))
            rest = inflater.unconsumed_tail
            if inflater.eof:
                rest, inflater = inflater.unused_data, zlib.decompressobj(wbits=47)
    return bytes(out)
