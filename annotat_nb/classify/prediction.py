"""What a classifier found: labels, and probabilities on demand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from annotat_nb.blocks import Box
    from annotat_nb.classify.mask import Mask
    from annotat_nb.classify.regions import Regions
    from annotat_nb.operation import Array


class Probabilities:
    """The probability of each class at each voxel, computed where it is looked at.

    Reads like an array, (classes, z, y, x), float32; NaN where nothing was classified.

    Parameters
    ----------
    shape
        Number of classes, then the shape of the volume.
    read
        Gives the probabilities in a box of the volume, (classes, z, y, x).

    Examples
    --------
    >>> halves = Probabilities((2, 3, 4, 5), lambda box: np.full((2, 1, 1, 1), 0.5, "float32"))
    >>> halves[:, 0, 1, 2]
    array([0.5, 0.5], dtype=float32)
    """

    dtype = np.dtype(np.float32)
    ndim = 4

    def __init__(self, shape: tuple[int, int, int, int], read: Callable[[Box], Array]) -> None:
        self.shape = shape
        self._read = read

    def __getitem__(self, key: Any) -> Any:
        """Return what integers, slices of positive step and an ellipsis select."""
        keys = _spelt_out(key if isinstance(key, tuple) else (key,))
        z, y, x = (_side(k, extent) for k, extent in zip(keys[1:], self.shape[1:], strict=True))
        values = self._read((z, y, x))
        return values[(keys[0], *(_within(k) for k in keys[1:]))]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        if copy is False:
            raise ValueError("probabilities are computed on demand: they cannot be viewed")
        return np.asarray(self[...], dtype=dtype)

    def __len__(self) -> int:
        return self.shape[0]


@dataclass(frozen=True, eq=False)
class Prediction:
    """The classes of the voxels in a box."""

    box: Box
    """Where, in voxels of the volume."""
    labels: Array
    """Class ids in `box`: uint8, or uint16 above 256 classes, of the whole volume; int16 of a
    part of it, with -1 where nothing was classified."""
    classes: Array
    """The class ids that were learnt, ascending: the order of the probabilities."""
    probabilities: Probabilities
    """In voxels of the whole volume."""


def label_type(classes: Array, mask: Mask | None = None) -> np.dtype[Any]:
    """Return the smallest type of a label image that holds `classes`, and what `mask` keeps."""
    needed = np.dtype(np.uint8 if classes.max() < 256 else np.uint16)
    return needed if mask is None else np.promote_types(needed, mask.labels.dtype)


def superpixel_probabilities(regions: Regions, ids: Array, table: Array) -> Probabilities:
    """Look the probabilities of superpixels up, `table` (ids, classes), for `ids` ascending."""
    padded = np.vstack([table, np.full((1, table.shape[1]), np.nan, np.float32)])

    def read(box: Box) -> Array:
        here = regions.read(box).astype(np.int64)
        place = np.minimum(np.searchsorted(ids, here), ids.size - 1)
        place = np.where(ids[place] == here, place, ids.size)
        return np.moveaxis(padded[place], -1, 0)

    return Probabilities((table.shape[1], *regions.shape), read)


def _spelt_out(keys: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return one key for each of the four axes."""
    if Ellipsis not in keys:
        keys = (*keys, Ellipsis)
    middle = keys.index(Ellipsis)
    missing = 4 - (len(keys) - 1)
    if missing < 0:
        raise IndexError(f"probabilities have 4 axes (class, z, y, x), got {len(keys) - 1} keys")
    return keys[:middle] + (slice(None),) * missing + keys[middle + 1 :]


def _side(key: Any, extent: int) -> slice:
    """Return the stretch of an axis that `key` needs."""
    if isinstance(key, slice):
        start, stop, step = key.indices(extent)
        if step < 1:
            raise IndexError(f"probabilities are read forwards, got step {step}")
        return slice(start, max(start, stop))
    index = range(extent)[int(key)]
    return slice(index, index + 1)


def _within(key: Any) -> Any:
    """Return `key` for the stretch that was read."""
    return slice(None, None, key.step) if isinstance(key, slice) else 0
