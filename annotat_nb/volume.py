"""A 3D image together with what it needs to be shown and measured."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from annotat_nb.operation import Array
    from annotat_nb.progress import Report

Axis = Literal["z", "y", "x"]
AXES: tuple[Axis, ...] = ("z", "y", "x")


def axis_number(axis: str) -> int:
    """Return the position of `axis` in (z, y, x)."""
    if axis not in AXES:
        raise ValueError(f"axis must be 'z', 'y' or 'x', got {axis!r}")
    return AXES.index(axis)


def plane_axes(axis: str) -> tuple[Axis, Axis]:
    """Return the axes of the rows and columns of a slice across `axis`.

    Examples
    --------
    >>> plane_axes("y")
    ('z', 'x')
    """
    across = axis_number(axis)
    rows, columns = (name for number, name in enumerate(AXES) if number != across)
    return rows, columns


def plane_of(axis: str, index: int) -> tuple[int | slice, int | slice, int | slice]:
    """Return the index that takes slice `index` across `axis` out of a (z, y, x) array.

    Examples
    --------
    >>> plane_of("y", 3)
    (slice(None, None, None), 3, slice(None, None, None))
    """
    whole: list[int | slice] = [slice(None)] * 3
    whole[axis_number(axis)] = index
    return whole[0], whole[1], whole[2]


@dataclass(frozen=True, eq=False)
class Volume:
    """A lazy 3D image, (z, y, x).

    Parameters
    ----------
    data
        Array of numbers with two dimensions (one slice) or three, (z, y, x): numpy, memory map,
        HDF5 dataset or Zarr array. It is never copied whole.
    voxel_size
        Edge lengths of a voxel, (z, y, x), in `unit`; for display and measures only.
    unit
        Unit of `voxel_size`, such as ``"µm"``; ``"px"`` when it is unknown.
    name
        What to call the image, usually its file name.
    source
        The file it was read from; None for an image made in memory.
    how
        The keywords of `annotat_nb.read` that opened `source`.
    companions
        Files other than `source` that belong to the image; nothing may be written over them.

    Raises
    ------
    TypeError
        If the data are not real numbers.
    ValueError
        If the data are empty or not 2D or 3D, or the voxel size is not three positive numbers.

    Examples
    --------
    >>> Volume(np.zeros((4, 5), "uint8")).shape
    (1, 4, 5)
    """

    data: Any
    voxel_size: tuple[float, float, float] = (1.0, 1.0, 1.0)
    unit: str = "px"
    name: str = ""
    source: Path | None = None
    how: dict[str, Any] = field(default_factory=dict)
    companions: tuple[Path, ...] = ()

    def __post_init__(self) -> None:
        data = self.data if hasattr(self.data, "dtype") else np.asarray(self.data)
        _check(data)
        if len(data.shape) == 2:
            data = data[None] if isinstance(data, np.ndarray) else np.asarray(data)[None]
        object.__setattr__(self, "data", data)
        size = tuple(float(edge) for edge in self.voxel_size)
        if len(size) != 3 or not all(np.isfinite(size)) or min(size) <= 0:
            raise ValueError(f"voxel_size must be three positive numbers (z, y, x), got {size}")
        object.__setattr__(self, "voxel_size", size)

    def __repr__(self) -> str:
        shape = "×".join(map(str, self.shape))
        return f"Volume({self.name!r}, {shape} {self.dtype}, voxel {self.voxel_size} {self.unit})"

    @property
    def shape(self) -> tuple[int, int, int]:
        """Number of voxels, (z, y, x)."""
        depth, height, width = self.data.shape
        return int(depth), int(height), int(width)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of a voxel."""
        dtype: np.dtype[Any] = np.dtype(self.data.dtype)
        return dtype

    def slice(self, axis: str, index: int) -> Array:
        """Return one slice, its rows and columns in (z, y, x) order.

        Parameters
        ----------
        axis
            Axis that the slice cuts: ``"z"`` for XY, ``"y"`` for XZ, ``"x"`` for YZ.
        index
            Its number along the axis, from 0.
        """
        return np.asarray(self.data[plane_of(axis, index)])

    @property
    def intensity_range(self) -> tuple[float, float]:
        """Smallest and largest finite value of the whole image; (0, 0) when there is none."""
        return self.measure_range()

    def measure_range(self, progress: Report | None = None) -> tuple[float, float]:
        """Measure `intensity_range` once, slab by slab.

        Parameters
        ----------
        progress
            Told the share that is done, 0 to 1.
        """
        known = self.__dict__.get("_range")
        if known is None:
            known = self._measure_range(progress)
            object.__setattr__(self, "_range", known)
        low, high = known
        return low, high

    def _measure_range(self, progress: Report | None) -> tuple[float, float]:
        low, high = np.inf, -np.inf
        for done, slab in enumerate(self._slabs(), 1):
            finite = slab[np.isfinite(slab)] if slab.dtype.kind == "f" else slab
            if finite.size:
                low, high = min(low, float(finite.min())), max(high, float(finite.max()))
            if progress:
                progress(min(1.0, done * self._slab_depth / self.shape[0]))
        return (low, high) if low <= high else (0.0, 0.0)

    @property
    def _slab_depth(self) -> int:
        voxels_per_slice = self.shape[1] * self.shape[2]
        return max(1, 2**24 // voxels_per_slice)

    def _slabs(self) -> Iterator[Array]:
        for start in range(0, self.shape[0], self._slab_depth):
            yield np.asarray(self.data[start : start + self._slab_depth])


def _check(data: Any) -> None:
    dtype, shape = np.dtype(data.dtype), tuple(data.shape)
    if dtype.kind not in "buif":
        raise TypeError(f"a volume holds real numbers, got {dtype}; take .real or abs() first")
    if len(shape) not in (2, 3):
        raise ValueError(f"a volume has 2 or 3 dimensions (z, y, x), got shape {shape}")
    if 0 in shape:
        raise ValueError(f"a volume cannot be empty, got shape {shape}")
