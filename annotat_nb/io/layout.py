"""How an image lies in its file, and what reading a part of it costs."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from annotat_nb.io.stack import CACHE_BYTES
from annotat_nb.volume import plane_of

if TYPE_CHECKING:
    from annotat_nb.blocks import Shape
    from annotat_nb.volume import Volume


class PagedImage:
    """A (z, y, x) array in pages, read from a copy in blocks where that decodes less.

    Parameters
    ----------
    pages
        The array as it lies in its file: a TIFF decoded a slice at a time, or an HDF5 dataset or
        Zarr array with chunks.

    Examples
    --------
    >>> image = PagedImage(np.zeros((4, 8, 8), "uint8"))
    >>> image.shape, image.blocks
    ((4, 8, 8), None)
    """

    ndim = 3

    def __init__(self, pages: Any) -> None:
        self._pages = pages
        self.shape: Shape = tuple(pages.shape)
        self.dtype = np.dtype(pages.dtype)
        self.blocks: Any = None
        """The same values in blocks; None as long as there is no copy."""

    def __len__(self) -> int:
        return self.shape[0]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return np.asarray(self._pages, dtype)

    def cost(self, key: Any) -> int:
        """Return how many voxels are decoded to read ``self[key]``."""
        pages = cost(self._pages, key)
        return pages if self.blocks is None else min(pages, cost(self.blocks, key))

    def __getitem__(self, key: Any) -> Any:
        if self.blocks is None or cost(self.blocks, key) >= cost(self._pages, key):
            return self._pages[key]
        try:
            return self.blocks[key]
        except Exception:  # noqa: BLE001 - whatever a damaged copy leads to, the original is there
            self.blocks = None
            return self._pages[key]


def cost(data: Any, key: Any) -> int:
    """Return how many voxels are decoded to read ``data[key]``.

    Examples
    --------
    >>> class Stack:
    ...     shape, chunks = (100, 64, 64), (1, 64, 64)
    >>> cost(Stack, 3), cost(Stack, (slice(None), 3))
    (4096, 409600)
    """
    shape = tuple(data.shape)
    chunks = getattr(data, "chunks", None) or (1, 1, 1)
    keys = key if isinstance(key, tuple) else (key,)
    if Ellipsis in keys:
        return prod(shape)
    sides = (*keys, *(slice(None),) * (len(shape) - len(keys)))
    return prod(_span(*side) for side in zip(sides, shape, chunks, strict=True))


def reads_everything(volume: Volume, axis: str) -> bool:
    """Tell whether a slice across `axis` makes more be decoded than memory keeps of an image."""
    if not isinstance(volume.data, PagedImage):
        return False
    return bool(volume.data.cost(plane_of(axis, 0)) * volume.dtype.itemsize > CACHE_BYTES)


def in_pages(data: Any) -> bool:
    """Tell whether `data` lies in pages, and a slice across them decodes more than is kept."""
    chunks = getattr(data, "chunks", None)
    if chunks is None or len(data.shape) != 3:
        return False
    decoded = cost(data, plane_of("y", 0)) * np.dtype(data.dtype).itemsize
    return bool(decoded > CACHE_BYTES and chunks[0] < chunks[1])


def _span(side: Any, extent: int, chunk: int) -> int:
    """Return how many voxels along one side the chunks hold that `side` touches."""
    if not isinstance(side, slice):
        return min(chunk, extent)
    numbers = range(*side.indices(extent))
    if not len(numbers):
        return 0
    low, high = min(numbers[0], numbers[-1]), max(numbers[0], numbers[-1])
    return min(extent, (high // chunk + 1) * chunk) - low // chunk * chunk
