"""The values of an HDF5 dataset, read box by box."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from annotat_nb.io.chunks import ChunkedSource
from annotat_nb.io.errors import cannot_read, reading
from annotat_nb.io.packing import Packing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from annotat_nb.io.boxes import Box, Source
    from annotat_nb.io.chunks import Load, Numbers
    from annotat_nb.io.hdf5_links import Place
    from annotat_nb.operation import Array

_FILTERS = {1: "zlib", 2: "shuffle", 3: "fletcher32"}
"""The filters of HDF5, by their numbers, that are undone here."""


@dataclass(frozen=True)
class Hdf5Source:
    """A dataset that is opened for each box and closed again.

    An open file could not be opened for writing in this process, and would keep its old content.
    """

    path: Path
    file: Path
    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    chunks: tuple[int, ...] | None

    @contextmanager
    def opened(self) -> Iterator[Any]:
        """Give the dataset, without a lock: one would keep others from writing to the file."""
        import h5py

        with reading(self.path), h5py.File(self.file, "r", locking=False) as file:
            dataset = file[self.name]
            if (dataset.shape, dataset.dtype) != (self.shape, self.dtype):
                raise cannot_read(self.path, "was changed since it was opened", "open it again")
            yield dataset

    def read(self, box: Box, /) -> Array:
        """Read a box."""
        with self.opened() as dataset:
            return np.asarray(dataset[box])


def open_values(path: Path, place: Place) -> Source:
    """Open a dataset that was checked.

    What is packed by zlib is unpacked here: the HDF5 library would unpack a damaged block to any
    size, holding its one lock meanwhile.
    """
    item = place.item
    source = Hdf5Source(path, place.file, place.name, item.shape, item.dtype, item.chunks)
    codecs = _codecs(item)
    if not codecs or "zlib" not in [name for name, _ in codecs]:
        return source
    packing = Packing(item.chunks, item.dtype, tuple(range(item.ndim)), ())

    @contextmanager
    def opened() -> Iterator[Load]:
        with source.opened() as dataset:
            yield lambda numbers: _block(dataset, numbers, packing, codecs)

    return ChunkedSource(
        item.shape,
        item.dtype.newbyteorder("="),
        item.chunks,
        opened=opened,
        fill=item.fillvalue,
    )


def _codecs(dataset: Any) -> list[tuple[str, dict[str, Any]]] | None:
    """Return the filters of a dataset; None where HDF5 itself must read it."""
    import h5py

    plist = dataset.id.get_create_plist()
    is_plain = dataset.id.get_type() == h5py.h5t.py_create(dataset.dtype, logical=True)
    if not dataset.chunks or dataset.is_virtual or not is_plain:
        return None
    codecs = []
    for number in range(plist.get_nfilters()):
        code = plist.get_filter(number)[0]
        if code not in _FILTERS:
            return None
        config = {"elementsize": dataset.dtype.itemsize} if code == 2 else {}
        codecs.append((_FILTERS[code], config))
    return codecs


def _block(
    dataset: Any, numbers: Numbers, packing: Packing, codecs: list[tuple[str, dict[str, Any]]]
) -> Array | None:
    corner = tuple(n * edge for n, edge in zip(numbers, packing.chunks, strict=True))
    info = dataset.id.get_chunk_info_by_coord(corner)
    if info.byte_offset is None:
        return None
    if info.size > packing.largest:
        raise ValueError("a chunk is larger than it can be")
    mask, data = dataset.id.read_direct_chunk(corner)
    # A filter that would have made this chunk larger was left out for it, as the mask says.
    used = [codec for at, codec in enumerate(codecs) if not mask >> at & 1]
    return packing.with_codecs(tuple(reversed(used))).decode(data)
