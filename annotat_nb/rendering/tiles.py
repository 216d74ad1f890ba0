"""Which part of a slice is shown, and how coarsely: slices may be larger than any screen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from annotat_nb.volume import axis_number

if TYPE_CHECKING:
    from annotat_nb.blocks import Box

Extent = tuple[int, int]
MOST = 2048
"""Pixels a side that a bitmap may have, unless the screen itself has more."""
LEAST_MARGIN, MARGIN = 1 / 8, 1 / 2
"""Shares of what is seen that a tile has around it: at least, and where there is room."""


class Seen(NamedTuple):
    """The part of a slice that a person sees, in voxels, and its size on the screen."""

    top: int
    left: int
    bottom: int
    right: int
    scale: float
    """Pixels of the screen for one voxel."""


@dataclass(frozen=True)
class Tile:
    """A rectangle of a slice, every `step`-th row and column of it.

    Examples
    --------
    >>> tile = Tile((3000, 5000), 300, 600, 1200, 1800, 3)
    >>> tile.size
    (300, 400)
    >>> tile.across("z", 7)
    (7, slice(300, 1200, 3), slice(600, 1800, 3))
    """

    shape: Extent
    """Rows and columns of the whole slice."""
    top: int
    left: int
    bottom: int
    right: int
    step: int = 1

    @property
    def size(self) -> Extent:
        """Rows and columns of the bitmap that shows the tile."""
        return -(-(self.bottom - self.top) // self.step), -(-(self.right - self.left) // self.step)

    @property
    def is_whole(self) -> bool:
        """Whether no part of the slice lies outside."""
        return (self.top, self.left, self.bottom, self.right) == (0, 0, *self.shape)

    def across(self, axis: str, number: int) -> tuple[int | slice, int | slice, int | slice]:
        """Return the index that takes the tile of slice `number` out of a (z, y, x) array."""
        rows = slice(self.top, self.bottom, self.step)
        index: list[int | slice] = [rows, slice(self.left, self.right, self.step)]
        index.insert(axis_number(axis), number)
        return index[0], index[1], index[2]

    def box(self, axis: str, number: int) -> Box:
        """Return the box of all voxels of the tile in slice `number`."""
        sides = [slice(self.top, self.bottom), slice(self.left, self.right)]
        sides.insert(axis_number(axis), slice(number, number + 1))
        return sides[0], sides[1], sides[2]

    def part(self, rows: slice, columns: slice) -> Tile | None:
        """Return the part that shows these voxels, on the same grid; None if none of them."""
        top, bottom = self._cut(self.top, self.bottom, rows)
        left, right = self._cut(self.left, self.right, columns)
        if bottom <= top or right <= left:
            return None
        return Tile(self.shape, top, left, bottom, right, self.step)

    def origin_of(self, part: Tile) -> Extent:
        """Return row and column of `part` in the bitmap."""
        return (part.top - self.top) // self.step, (part.left - self.left) // self.step

    def serves(self, seen: Seen, wanted: Tile) -> bool:
        """Whether it shows what is seen, and a little around it, as finely as `wanted`."""
        top, bottom = _grown(seen.top, seen.bottom, self.shape[0], LEAST_MARGIN)
        left, right = _grown(seen.left, seen.right, self.shape[1], LEAST_MARGIN)
        covers = self.top <= top and self.left <= left
        covers = covers and bottom <= self.bottom and right <= self.right
        return covers and self.step <= wanted.step

    def _cut(self, start: int, stop: int, side: slice) -> Extent:
        if side.start >= stop:
            return stop, stop
        low = start + (max(side.start, start) - start) // self.step * self.step
        high = start - (start - max(side.stop, start)) // self.step * self.step
        return low, min(high, stop)


def whole_tile(shape: Extent, most: int = MOST) -> Tile:
    """Return the tile of a whole slice, as fine as `most` pixels a side allow.

    Examples
    --------
    >>> whole_tile((3000, 5000)).step
    3
    >>> whole_tile((2048, 100)).size
    (2048, 100)
    """
    return Tile(shape, 0, 0, *shape, -(-max(shape) // most))


def tile_around(shape: Extent, seen: Seen) -> Tile:
    """Return the tile for what is seen of a slice, with a margin for moving about.

    Nothing is left out that the screen could show, and the bitmap has at most `MOST` pixels a
    side, unless the screen has more.

    Examples
    --------
    >>> tile_around((3000, 5000), Seen(2480, 4070, 3000, 5000, 1.0))
    Tile(shape=(3000, 5000), top=2220, left=3605, bottom=3000, right=5000, step=1)
    """
    longest = max(seen.bottom - seen.top, seen.right - seen.left, 1)
    longest = min(int(longest * (1 + 2 * LEAST_MARGIN)), max(shape))
    step = min(-(-longest // MOST), max(1, int(1 / seen.scale)))
    top, bottom = _side(seen.top, seen.bottom, shape[0], step)
    left, right = _side(seen.left, seen.right, shape[1], step)
    return Tile(shape, top, left, bottom, right, step)


def _side(start: int, stop: int, extent: int, step: int) -> Extent:
    """Choose the voxels of one side, beginning on the grid that all tiles of a step share."""
    if -(-extent // step) <= MOST:
        return 0, extent
    room = (MOST * step / max(1, stop - start) - 1) / 2
    low, high = _grown(start, stop, extent, min(MARGIN, max(LEAST_MARGIN, room)))
    return low // step * step, high


def _grown(start: int, stop: int, extent: int, share: float) -> Extent:
    """Widen a range by a share of its length at both ends, inside 0 to `extent`."""
    margin = int((stop - start) * share)
    return max(0, start - margin), min(extent, stop + margin)


def overlap(side: slice, step: int, other: slice) -> tuple[slice, slice]:
    """Return where two ranges meet: in every `step`-th voxel of the first, and in the second.

    Examples
    --------
    >>> overlap(slice(10, 40), 3, slice(12, 20))
    (slice(1, 4, None), slice(1, 8, 3))
    """
    count = -(-(side.stop - side.start) // step)
    first = min(max(0, -(-(other.start - side.start) // step)), count)
    stop = min(max(first, -(-(other.stop - side.start) // step)), count)
    begin = side.start + first * step - other.start
    length = max(0, (stop - first - 1) * step + 1)
    return slice(first, stop), slice(begin, begin + length, step)
