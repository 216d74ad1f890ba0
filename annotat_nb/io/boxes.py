"""Arrays that read any box when it is asked for."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from annotat_nb.io.axes import choose
from annotat_nb.io.samples import one_sample
from annotat_nb.io.stack import native

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from annotat_nb.blocks import Shape
    from annotat_nb.io.axes import Choice
    from annotat_nb.io.options import Options
    from annotat_nb.operation import Array

Box = tuple[slice, ...]


class Source(Protocol):
    """What reads boxes of an array with any number of axes; several threads may call it."""

    @property
    def shape(self) -> tuple[int, ...]: ...

    @property
    def dtype(self) -> np.dtype[Any]: ...

    @property
    def chunks(self) -> tuple[int, ...] | None: ...

    def read(self, box: Box, /) -> Array: ...


class BoxArray:
    """A read-only array, (z, y, x) as a rule, that reads no more than the box that is asked for.

    Parameters
    ----------
    shape
        Number of voxels along each axis.
    dtype
        Type of a voxel.
    take
        Reads a box given by one slice for each axis with steps of 1 or more. It may be called from
        several threads at once.
    chunks
        Edges of the blocks that are decoded whole; None where there are none.

    Examples
    --------
    >>> data = np.arange(24).reshape(2, 3, 4)
    >>> BoxArray(data.shape, data.dtype, data.__getitem__)[1, ::-1, 0]
    array([20, 16, 12])
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        dtype: np.dtype[Any],
        take: Callable[[Box], Array],
        *,
        chunks: tuple[int, ...] | None = None,
    ) -> None:
        self.shape, self.dtype, self.chunks, self._take = shape, dtype, chunks, take

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    def __len__(self) -> int:
        return self.shape[0]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        if copy is False:
            raise ValueError("this array is read when it is asked for: it cannot be viewed")
        whole: Array = self[:]
        return whole if dtype is None else whole.astype(dtype, copy=False)

    def __getitem__(self, key: Any) -> Any:
        keys = full_key(key, self.ndim)
        pairs = [split_key(one, side) for one, side in zip(keys, self.shape, strict=True)]
        taken = np.ascontiguousarray(self._take(tuple(box for box, _ in pairs)), self.dtype)
        return taken[tuple(rest for _, rest in pairs)]


def as_zyx(path: Path, source: Source, axes: str, options: Options) -> BoxArray:
    """Pick time, channel and colour of `source`, whose axes have one letter each, in any order."""
    choice = choose(path, axes, source.shape, options)
    places = _places(choice)

    def take(box: Box) -> Array:
        image = source.read(_source_box(choice, places, box))[choice.kept]
        image = image.transpose([choice.axes.index(axis) for axis in places])
        flat = image if _has_depth(places) else image[np.newaxis][box[0]]
        return one_sample(flat, options.rgb) if "S" in places else flat

    return BoxArray(
        _zyx(choice, places, source.shape),
        source.dtype.newbyteorder("="),
        take,
        chunks=_zyx(choice, places, source.chunks) if source.chunks else None,
    )


def array_as_zyx(path: Path, data: Array, axes: str, options: Options) -> Any:
    """Pick time, channel and colour of an array in memory or mapped from a file."""
    choice = choose(path, axes, data.shape, options)
    if "S" in choice.axes:
        return as_zyx(path, _InOnePiece(data), axes, options)
    image = data[choice.index].transpose([choice.axes.index(axis) for axis in _places(choice)])
    return native(image if image.ndim == 3 else image[np.newaxis])


class _InOnePiece:
    """An array as a source of boxes."""

    chunks = None

    def __init__(self, data: Array) -> None:
        self.shape, self.dtype, self._data = data.shape, data.dtype, data

    def read(self, box: Box, /) -> Array:
        return self._data[box]


def _places(choice: Choice) -> str:
    """Order the letters of the axes as (z), y, x, (colour)."""
    depth = [axis for axis in choice.axes if axis not in "YXS"]
    return "".join([*depth, "Y", "X", *("S" if "S" in choice.axes else "")])


def _has_depth(places: str) -> bool:
    return len(places.replace("S", "")) == 3


def _zyx(choice: Choice, places: str, sides: tuple[int, ...]) -> Shape:
    named = dict(zip(choice.axes, np.array(sides)[list(choice.kept_numbers)], strict=True))
    found = [int(named[axis]) for axis in places if axis != "S"]
    depth, height, width = found if len(found) == 3 else [1, *found]
    return depth, height, width


def _source_box(choice: Choice, places: str, box: Box) -> Box:
    spatial = places.replace("S", "")
    sides = dict(zip(spatial, box[-len(spatial) :], strict=True))
    remaining = iter(choice.axes)
    return tuple(
        slice(pick, pick + 1) if isinstance(pick, int) else sides.get(next(remaining), slice(None))
        for pick in choice.index
    )


def full_key(key: Any, ndim: int) -> tuple[Any, ...]:
    """Spell `key` out for all axes."""
    keys = key if isinstance(key, tuple) else (key,)
    at = next((at for at, one in enumerate(keys) if one is Ellipsis), len(keys))
    before, after = keys[:at], keys[at + 1 :]
    missing = ndim - len(before) - len(after)
    if missing < 0:
        raise IndexError(f"this array has {ndim} axes, got {ndim - missing} indices")
    return (*before, *(slice(None),) * missing, *after)


def split_key(one: Any, side: int) -> tuple[slice, Any]:
    """Return what to read along an axis, forwards, and what to take of it then."""
    if isinstance(one, slice):
        numbers = range(*one.indices(side))
        if not numbers:
            return slice(0, 0), slice(None)
        low, high, step = min(numbers), max(numbers), abs(numbers.step)
        return slice(low, high + 1, step), slice(None, None, 1 if numbers.step > 0 else -1)
    try:
        number = operator.index(one)
    except TypeError:
        return slice(0, side), one
    if not -side <= number < side:
        raise IndexError(f"index {number} is outside 0 … {side - 1}")
    return slice(number % side, number % side + 1), 0
