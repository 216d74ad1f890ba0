"""PNG and JPEG: their headers without decoding, and their pixels."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import numpy as np

from annotat_nb.io.errors import cannot_read
from annotat_nb.io.gate import check_file, check_memory, check_ratio

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from annotat_nb.operation import Array

Header = tuple[int, int, int, np.dtype[Any]]
"""Height, width, samples a pixel, dtype."""

_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_SAMPLES = {0: 1, 2: 3, 3: 3, 4: 2, 6: 4}  # by colour type; palettes decode to RGB
_JPEG_SIZES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_JPEG_BARE = {0x01, *range(0xD0, 0xD9)}
_JPEG_END = b"\xff\xd9"
_COPY = "copy or export it again"


def picture_header(path: Path) -> Header:
    """Return the size, samples and dtype of a PNG or JPEG, checked against memory and file."""
    size = check_file(path)
    with path.open("rb") as file:
        head = file.read(33)
        header = _png_header(path, head) if head.startswith(_PNG) else _jpeg_header(path)
    height, width, samples, dtype = header
    declared = height * width * samples * dtype.itemsize
    check_ratio(path, declared, size)
    check_memory(path, declared, "it")
    return header


def decode_picture(path: Path) -> Array:
    """Return the pixels of a PNG or JPEG, (y, x) or (y, x, samples)."""
    import imagecodecs

    data = path.read_bytes()
    if data.startswith(_PNG):
        return np.asarray(imagecodecs.png_decode(data))
    # The JPEG library fills what is missing with grey, without an error.
    if _JPEG_END not in data[-1024:]:
        raise cannot_read(path, "has no end: it is truncated", _COPY)
    return np.asarray(imagecodecs.jpeg_decode(data))


def _png_header(path: Path, head: bytes) -> Header:
    if len(head) < 33 or head[12:16] != b"IHDR":
        raise cannot_read(path, "ends inside its header: it is truncated", _COPY)
    width, height, bits, colour = struct.unpack(">IIBB", head[16:26])
    if colour not in _PNG_SAMPLES or not width or not height:
        raise cannot_read(path, "has a damaged header", _COPY)
    return height, width, _PNG_SAMPLES[colour], np.dtype("uint16" if bits == 16 else "uint8")


def _jpeg_header(path: Path) -> Header:
    with path.open("rb") as file:
        data = file.read(2**20)  # the size comes after thumbnails and colour profiles
    if not data.startswith(b"\xff\xd8"):
        cause = "is neither PNG nor JPEG, whatever its name says"
        raise cannot_read(path, cause, "check its format")
    for marker, body in _jpeg_segments(data):
        if marker in _JPEG_SIZES and len(body) >= 6:
            bits, height, width, samples = struct.unpack(">BHHB", body[:6])
            if bits == 8 and height and width:
                return height, width, samples, np.dtype("uint8")
            raise cannot_read(path, f"has {bits} bits a sample", "export it as PNG or TIFF")
    raise cannot_read(path, "states no size: it is truncated or damaged", _COPY)


def _jpeg_segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF or marker in _JPEG_BARE:
            at += 1 if marker == 0xFF else 2
            continue
        (length,) = struct.unpack(">H", data[at + 2 : at + 4])
        yield marker, data[at + 4 : at + 2 + length]
        at += 2 + length
