"""How an image lies in its file, and what reading a part of it costs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from annotat_nb.io.cost import cost
from annotat_nb.io.mapped import MappedImage, mapping
from annotat_nb.io.stack import CACHE_BYTES
from annotat_nb.volume import plane_of

MAPPED_BYTES = 2**32
"""What the system is trusted to keep of a mapped file."""

if TYPE_CHECKING:
    from annotat_nb.blocks import Shape
    from annotat_nb.volume import Volume


class PagedImage:
    """A (z, y, x) array in pages, read from a copy in blocks where that decodes less.

    Parameters
    ----------
    pages
        The array as it lies in its file: a TIFF decoded a slice at a time, or an HDF5 dataset or
        Zarr array with chunks, or a mapped file.
    kept_bytes
        How much of it stays in memory once it was read.

    Examples
    --------
    >>> image = PagedImage(np.zeros((4, 8, 8), "uint8"))
    >>> image.shape, image.blocks
    ((4, 8, 8), None)
    """

    ndim = 3

    def __init__(self, pages: Any, *, kept_bytes: int = CACHE_BYTES) -> None:
        self._pages, self.kept_bytes = pages, kept_bytes
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


def reads_everything(volume: Volume, axis: str) -> bool:
    """Tell whether a slice across `axis` makes more be read than memory keeps of an image."""
    data = volume.data
    if not isinstance(data, PagedImage):
        return False
    return bool(data.cost(plane_of(axis, 0)) * volume.dtype.itemsize > data.kept_bytes)


def paged(data: Any) -> Any:
    """Return `data`, so that a copy in blocks can serve in its place if its layout calls for one.

    That is so where a slice across y or x decodes more of the file than is kept in memory, and
    for large mapped files. Smaller mapped files are at least looked after while they are open.
    """
    if (mapped := mapping(data)) is not None:
        image = MappedImage(mapped)
        is_large = mapped.nbytes > CACHE_BYTES
        return PagedImage(image, kept_bytes=MAPPED_BYTES) if is_large else image
    chunks = getattr(data, "chunks", None)
    if chunks is None or len(data.shape) != 3 or chunks[0] >= chunks[1]:
        return data
    decoded = cost(data, plane_of("y", 0)) * np.dtype(data.dtype).itemsize
    return PagedImage(data, kept_bytes=CACHE_BYTES) if decoded > CACHE_BYTES else data
