"""Slices and labels as PNG bytes, the form in which pictures travel to the browser."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_GREY, _PALETTE, _RGBA = 0, 3, 6


def encode_png(
    array: NDArray[np.unsignedinteger], palette: NDArray[np.uint8] | None = None, level: int = 0
) -> bytes:
    """Encode a slice, or a plane of ids with its colours, without loss.

    Parameters
    ----------
    array
        (height, width): uint8 grey values, or unsigned ids when there is a palette.
    palette
        (n, 4) uint8: red, green, blue and opacity of the ids 0 to n - 1.
    level
        Compression from 0 (stored: fastest, right for grey noise) to 9; 1 suits ids.

    Returns
    -------
    An 8-bit grey PNG, a palette PNG, or, if an id is above 255, an RGBA PNG.

    Raises
    ------
    TypeError, ValueError
        If the array is not of that type and shape, or an id has no colour.

    Examples
    --------
    >>> encode_png(np.zeros((2, 3), np.uint8))[1:4]
    b'PNG'
    """
    if array.ndim != 2 or not array.size:
        raise ValueError(f"a picture has rows and columns, got shape {array.shape}")
    if palette is None:
        return _encode_grey(array, level)
    top = _checked_top(array, palette)
    if top > 255:
        return _assemble(_RGBA, palette[array].reshape(len(array), -1), array.shape[1], level)
    entries = _chunk(b"PLTE", palette[: top + 1, :3].tobytes())
    entries += _chunk(b"tRNS", palette[: top + 1, 3].tobytes())
    return _assemble(_PALETTE, array.astype(np.uint8), array.shape[1], level, entries)


def _encode_grey(array: NDArray[np.unsignedinteger], level: int) -> bytes:
    if array.dtype != np.uint8:
        raise TypeError(f"grey values are uint8, got {array.dtype}; scale them to 0…255 first")
    return _assemble(_GREY, array, array.shape[1], level)


def _checked_top(ids: NDArray[np.unsignedinteger], palette: NDArray[np.uint8]) -> int:
    if ids.dtype.kind not in "bu":
        raise TypeError(f"ids are unsigned integers, got {ids.dtype}")
    if palette.ndim != 2 or palette.shape[1] != 4 or palette.dtype != np.uint8:
        raise ValueError(f"a palette is (n, 4) uint8, got {palette.shape} {palette.dtype}")
    top = int(ids.max())
    if top >= len(palette):
        raise ValueError(f"id {top} has no colour: the palette has {len(palette)} rows")
    return top


def _assemble(
    colour_type: int, rows: NDArray[np.uint8], width: int, level: int, entries: bytes = b""
) -> bytes:
    filtered = np.zeros((rows.shape[0], rows.shape[1] + 1), np.uint8)  # leading 0: no row filter
    filtered[:, 1:] = rows
    header = struct.pack(">IIBBBBB", width, len(rows), 8, colour_type, 0, 0, 0)
    pixels = _chunk(b"IDAT", zlib.compress(filtered.tobytes(), level))
    return _SIGNATURE + _chunk(b"IHDR", header) + entries + pixels + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    checksum = zlib.crc32(data, zlib.crc32(kind))
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)
