"""Arrays of the size of a volume that are computed only where they are looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from annotat_nb.blocks import Box
    from annotat_nb.operation import Array


class OnDemand:
    """An array whose last three axes are those of a volume, computed where it is looked at.

    Reads like an array of float32.

    Parameters
    ----------
    shape
        Its shape; the last three are those of the volume.
    read
        Gives all that lies in a box of the volume.

    Examples
    --------
    >>> halves = OnDemand((3, 4, 5), lambda box: np.full((1, 1, 1), 0.5, "float32"))
    >>> float(halves[0, 1, 2])
    0.5
    """

    dtype = np.dtype(np.float32)

    def __init__(self, shape: tuple[int, ...], read: Callable[[Box], Array]) -> None:
        self.shape = shape
        self._read = read

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    def __getitem__(self, key: Any) -> Any:
        """Return what integers, slices of positive step and an ellipsis select."""
        keys = _spelt_out(key if isinstance(key, tuple) else (key,), self.ndim)
        first, last = keys[:-3], keys[-3:]
        z, y, x = (_side(k, extent) for k, extent in zip(last, self.shape[-3:], strict=True))
        return self._read((z, y, x))[(*first, *(_within(k) for k in last))]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        if copy is False:
            raise ValueError("this array is computed on demand: it cannot be viewed")
        return np.asarray(self[...], dtype=dtype)

    def __len__(self) -> int:
        return self.shape[0]


def _spelt_out(keys: tuple[Any, ...], ndim: int) -> tuple[Any, ...]:
    """Return one key for each axis."""
    if Ellipsis not in keys:
        keys = (*keys, Ellipsis)
    middle = keys.index(Ellipsis)
    missing = ndim - (len(keys) - 1)
    if missing < 0:
        raise IndexError(f"this array has {ndim} axes, the last z, y, x; got {len(keys) - 1} keys")
    return keys[:middle] + (slice(None),) * missing + keys[middle + 1 :]


def _side(key: Any, extent: int) -> slice:
    """Return the stretch of an axis that `key` needs."""
    if isinstance(key, slice):
        start, stop, step = key.indices(extent)
        if step < 1:
            raise IndexError(f"this array is read forwards, got step {step}")
        return slice(start, max(start, stop))
    index = range(extent)[int(key)]
    return slice(index, index + 1)


def _within(key: Any) -> Any:
    """Return `key` for the stretch that was read."""
    return slice(None, None, key.step) if isinstance(key, slice) else 0
