"""Label images: complete segmentations, and superpixels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from annotat_nb.annotation.runs import Runs, Values
from annotat_nb.volume import plane_of

if TYPE_CHECKING:
    from annotat_nb.blocks import Shape
    from annotat_nb.operation import Array


class LabelImage:
    """An unsigned integer for each voxel of a volume.

    Parameters
    ----------
    data
        Array of unsigned integers, (z, y, x).
    origin
        What made it, in words: ``"Apply"``, or the name of the file it was loaded from.
    """

    def __init__(self, data: Array, *, origin: str = "") -> None:
        if data.dtype.kind != "u" or data.ndim != 3:
            raise TypeError(
                f"a label image holds unsigned integers (z, y, x), got {data.dtype} {data.shape}"
            )
        self.data = data
        self.origin = origin

    @property
    def shape(self) -> Shape:
        """Number of voxels, (z, y, x)."""
        depth, height, width = self.data.shape
        return depth, height, width

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return np.asarray(self.data, dtype=dtype, copy=copy)

    def slice(self, axis: str, index: int) -> Array:
        """Return slice `index` across `axis`, its rows and columns in (z, y, x) order."""
        return self.data[plane_of(axis, index)]

    def write(self, voxels: Runs, value: int) -> Values:
        """Set `voxels` to `value` and return what they were."""
        flat = voxels.flat()
        before = Values.pack(self.data.flat[flat])
        self._replace(flat, value)
        return before

    def write_values(self, voxels: Runs, values: Values) -> None:
        """Set each of `voxels` to its own value."""
        self._replace(voxels.flat(), values.unpack())

    def _replace(self, flat: Array, values: Any) -> None:
        # In a copy: the former array may be on its way to the disk.
        self.data = self.data.copy()
        self.data.flat[flat] = values
