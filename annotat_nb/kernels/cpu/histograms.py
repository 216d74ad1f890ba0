"""The median of large windows, by histograms that slide along each row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from annotat_nb.kernels.compiling import helper, kernel

if TYPE_CHECKING:
    from annotat_nb.operation import Array


def slide(levels: Array, planes: Array, rows: Array, columns: Array, out: Array) -> None:
    """Find the medians of windows.

    Parameters
    ----------
    levels
        uint8, or uint32 below a few millions, (z, y, x). A window of uint8 has less than 2¹⁶.
    planes, rows, columns
        Where the windows lie in `levels`, see `annotat_nb.kernels.mirror.Span.table`.
    out
        Where the medians go, of the type of `levels`, (z, y, x).
    """
    if levels.dtype == np.uint8:
        _slide_columns(levels, planes, rows, columns, out)
        return
    bits = (int(levels.max()).bit_length() + 2) // 3
    _slide_window(levels, planes, rows, columns, bits, out)


@helper
def _count(
    levels: Array, plane: int, row: int, columns: Array, sign: int, coarse: Array, fine: Array
) -> None:
    for x in range(columns.size):
        level = levels[plane, row, columns[x]]
        coarse[x, level >> 4] += np.uint16(sign)
        fine[x, level] += np.uint16(sign)


@helper
def _move(counts: Array, come: int, go: int, first: int, window: Array, part: int) -> None:
    """Let column `come` into the window, and `go` out of it: 16 bins, four in each number.

    No bin of the window ever holds more than 16 bits can count, or less than nothing: what is
    carried from one of the four into the next cancels out.
    """
    for i in range(4):
        window[part, i] += counts[come, first + i] - counts[go, first + i]


@helper
def _locate(window: Array, part: int, rest: int) -> tuple[int, int]:
    """Return the bin of the value that has `rest` values before it, and what is left of `rest`."""
    place = 0
    while window[part, place] <= rest:
        rest -= window[part, place]
        place += 1
    return place, rest


@helper
def _go_down(
    levels: Array, planes: Array, rows: Array, columns: Array, y: int, coarse: Array, fine: Array
) -> None:
    """Let the histograms of the columns take in the last of `rows`, and drop what is above."""
    for plane in planes:
        _count(levels, plane, rows[-1], columns, 1, coarse, fine)
        if y > 0:
            _count(levels, plane, rows[0], columns, -1, coarse, fine)


@helper
def _slide_along(
    coarse4: Array, fine4: Array, window: Array, seen: Array, half: int, out: Array
) -> None:
    """Slide the window along a row of histograms of columns; write the medians into `out`.

    `coarse4` and `fine4` hold four bins in each number, as `_move` takes them.
    """
    none, across, window4 = len(coarse4) - 1, len(coarse4) - out.size, window.view(np.uint64)
    window[:] = 0
    seen[:] = -1
    for x in range(across - 1):
        _move(coarse4, x, none, 0, window4, 16)
    for x in range(out.size):
        _move(coarse4, x + across - 1, x - 1 if x else none, 0, window4, 16)
        part, rest = _locate(window, 16, half)
        if seen[part] < 0 or x - seen[part] > across // 2:
            window[part] = 0
            for column in range(x, x + across):
                _move(fine4, column, none, 4 * part, window4, part)
        else:
            for column in range(seen[part], x):
                _move(fine4, column + across, column, 4 * part, window4, part)
        seen[part] = x
        place, _ = _locate(window, part, rest)
        out[x] = 16 * part + place


@kernel(
    (
        *("const uint8[:,:,::1]", "int64[::1]", "int64[::1]", "int64[::1]"),
        "uint8[:,:,::1]",
    )
)
def _slide_columns(levels: Array, planes: Array, rows: Array, columns: Array, out: Array) -> None:
    """Slide a window of histograms of columns, which slide down themselves.

    The window has a histogram of 16 bins, and one of 16 more within each of these, which is
    brought up to date only when the median lies there (Perreault and Hébert, Median filtering in
    constant time, IEEE Transactions on Image Processing 16, 2007).
    """
    depth, tall, wide = out.shape
    deep, high, across = planes.size - depth + 1, rows.size - tall + 1, columns.size - wide + 1
    half = deep * high * across // 2
    count = columns.size + 1  # the last one stays empty
    coarse, fine = np.empty((count, 16), np.uint16), np.empty((count, 256), np.uint16)
    coarse4, fine4 = coarse.view(np.uint64), fine.view(np.uint64)
    window, seen = np.empty((17, 16), np.uint16), np.empty(16, np.int64)
    for z in range(depth):
        coarse[:] = 0
        fine[:] = 0
        for y in range(1 - high, tall):
            near = rows[max(y - 1, 0) : y + high]
            _go_down(levels, planes[z : z + deep], near, columns, y, coarse, fine)
            if y >= 0:
                _slide_along(coarse4, fine4, window, seen, half, out[z, y])


@helper
def _add(counts: Array, levels: Array, starts: Array, column: int, sign: int, bits: int) -> None:
    at = np.uint64(column)
    for start in starts:
        level = levels[start + at]
        counts[0, level] += sign
        counts[1, level >> bits] += sign
        counts[2, level >> 2 * bits] += sign


@helper
def _find(counts: Array, width: int, first: int, rest: int) -> tuple[int, int]:
    """Return the bin of the value that has `rest` values before it from bin `first` on."""
    while counts[width, first] <= rest:
        rest -= counts[width, first]
        first += 1
    return first, rest


@kernel(
    (
        *("uint32[:,:,::1]", "int64[::1]", "int64[::1]", "int64[::1]", "int64"),
        "uint32[:,:,::1]",
    )
)
def _slide_window(
    levels: Array, planes: Array, rows: Array, columns: Array, bits: int, out: Array
) -> None:
    """Slide one window, with bins of three widths: each is 2 to the `bits` of the next smaller."""
    depth, tall, wide = out.shape
    deep, high, across = planes.size - depth + 1, rows.size - tall + 1, columns.size - wide + 1
    counts = np.zeros((3, 1 << 3 * bits), np.int32)
    starts, flat = np.empty(deep * high, np.uint64), levels.ravel()
    for z in range(depth):
        for y in range(tall):
            for i in range(starts.size):
                row = planes[z + i // high] * levels.shape[1] + rows[y + i % high]
                starts[i] = row * levels.shape[2]
            for x in range(columns.size + across):  # the window leaves the row at its end
                if x >= across:
                    _add(counts, flat, starts, columns[x - across], -1, bits)
                if x < columns.size:
                    _add(counts, flat, starts, columns[x], 1, bits)
                if across - 1 <= x < columns.size:
                    level, rest = _find(counts, 2, 0, starts.size * across // 2)
                    level, rest = _find(counts, 1, level << bits, rest)
                    level, rest = _find(counts, 0, level << bits, rest)
                    out[z, y, x - across + 1] = level
