"""Telling LZW data that would crash their decoder."""

from __future__ import annotations

import numpy as np

_CLEAR, _END = 256, 257
_MOST_CODES = 8192  # twice what the table holds before it must be cleared


def is_sound(data: bytes) -> bool:
    """Tell whether each clearing of the table in `data` is followed by a plain byte.

    A damaged stream may have another code there. imagecodecs (2026.3.6 at least) then reads
    entries of its table that were never written, which ends the process. The width of each code
    follows from its distance to the last clearing, so a whole table is looked at in one go. The
    old LZW of before 1990, whose bits run the other way, does not pass.

    Examples
    --------
    >>> is_sound(bytes([0b10000000, 0b00100000, 0b11000000, 0b10000000]))
    True
    >>> is_sound(bytes([0b10000000, 0b01101101, 0b11100000, 0b00100000]))
    False
    """
    padded = np.frombuffer(data + bytes(4), np.uint8).astype(np.uint32)
    bits, start = 8 * len(data), 0
    while start + 9 <= bits:
        codes = _codes(padded, start, bits)
        if codes[0] == _END:
            return True
        if codes[0] != _CLEAR or (len(codes) > 1 and codes[1] > _END):
            return False
        ends = np.flatnonzero(codes[1:] >> 1 == _CLEAR >> 1)
        if not ends.size:
            return len(codes) < _MOST_CODES
        end = ends[0] + 1
        if codes[end] == _END:
            return True
        # A clearing has the width of the codes before it; its last nine bits say the same.
        start += int(_OFFSETS[end] + _WIDTHS[end]) - 9
    return True


def _widths() -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    # The clearing itself and the two codes after it come before the first new entry, 258.
    entries = 258 + np.maximum(np.arange(_MOST_CODES) - 2, 0)
    return 9 + (entries >= 511).astype(np.int64) + (entries >= 1023) + (entries >= 2047)


_WIDTHS = _widths()
_OFFSETS = np.concatenate([[0], np.cumsum(_WIDTHS)[:-1]])


def _codes(
    padded: np.ndarray[tuple[int], np.dtype[np.uint32]], start: int, bits: int
) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Read codes from a clearing at bit `start` on."""
    count = int(np.searchsorted(start + _OFFSETS + _WIDTHS, bits, "right"))
    positions, widths = start + _OFFSETS[:count], _WIDTHS[:count]
    first = positions >> 3
    window = padded[first] << 24 | padded[first + 1] << 16 | padded[first + 2] << 8
    codes: np.ndarray[tuple[int], np.dtype[np.int64]] = window.astype(np.int64)
    return (codes >> (32 - widths - (positions & 7))) & ((1 << widths) - 1)
