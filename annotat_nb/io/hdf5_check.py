"""What is checked in an HDF5 dataset before its values are believed."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from annotat_nb.io.codecs import SLACK
from annotat_nb.io.errors import cannot_read
from annotat_nb.io.gate import check_dtype, check_memory, check_stored

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from annotat_nb.io.hdf5_links import Hdf5Files, Place

_COPY = "copy or export it again"


def check_dataset(files: Hdf5Files, place: Place) -> None:
    """Refuse a dataset that reads other files than it may, or declares what is not stored."""
    dataset, path = place.item, files.path
    check_dtype(path, dataset.dtype)
    if not dataset.shape or 0 in dataset.shape:
        raise cannot_read(path, f"holds no values in {place.name}", _COPY)
    stored = sum(_stored(path, part) for part in _parts(files, place, (), set()))
    check_stored(path, prod(dataset.shape) * dataset.dtype.itemsize, stored)


def _parts(
    files: Hdf5Files, place: Place, outer: tuple[tuple[Path, str], ...], seen: set[tuple[Path, str]]
) -> Iterator[Place]:
    """Give each dataset that holds values of the one at `place`, once it may be read."""
    _check_storage(files.path, place.item)
    if not place.item.is_virtual:
        yield place
        return
    here = (*outer, (place.file, place.name))
    for name in {(one.file_name, one.dset_name) for one in place.item.virtual_sources()}:
        source = _source(files, place, *name)
        key = (source.file, source.name)
        if key in here:
            raise cannot_read(files.path, "has virtual datasets that form a loop", _COPY)
        if key not in seen:
            seen.add(key)
            yield from _parts(files, source, here, seen)


def _source(files: Hdf5Files, place: Place, file_name: str, name: str) -> Place:
    """Find a source of a virtual dataset, which HDF5 will open by itself later."""
    import h5py

    if "%" in file_name or "%" in name:
        remedy = "list its files one by one, or copy it into one dataset"
        raise cannot_read(files.path, "is virtual over a pattern of file names", remedy)
    is_own = file_name == "."
    file = place.file if is_own else files.companion(place.file, file_name)
    root = files.open(file)
    found = files.find(type(place)(file, "/", root), name)
    if found is None or not isinstance(found.item, h5py.Dataset):
        cause = f"lacks {ascii(name)[:100]} of {file.name}, which it draws on"
        raise cannot_read(files.path, cause, "put all its files in one folder")
    return found


def _check_storage(path: Path, dataset: Any) -> None:
    import h5py

    if dataset.external:
        cause = "keeps its values in a raw file of another name"
        raise cannot_read(path, cause, "copy it into one file with h5repack, or open the raw file")
    plist = dataset.id.get_create_plist()
    for number in range(plist.get_nfilters()):
        code, _, _, name = plist.get_filter(number)
        if not h5py.h5z.filter_avail(code):
            cause = f"is compressed by a filter that is not installed ({code} {name.decode()})"
            raise cannot_read(path, cause, "pip install hdf5plugin, or save it with gzip")
    if dataset.chunks:
        check_memory(path, prod(dataset.chunks) * dataset.dtype.itemsize, "one chunk of it")
        _check_chunks(path, dataset)


def _check_chunks(path: Path, dataset: Any) -> None:
    """Refuse chunks that take more room packed than plain: HDF5 would unpack them to any size."""
    largest = 2 * prod(dataset.chunks) * dataset.dtype.itemsize + SLACK
    sizes = [0]
    dataset.id.chunk_iter(lambda chunk: sizes.append(chunk.size))
    if max(sizes) > largest:
        raise cannot_read(path, "has a chunk larger than it can be", _COPY)


def _stored(path: Path, place: Place) -> int:
    """Return how many bytes of its file a dataset fills."""
    size = place.file.stat().st_size
    offset, stored = place.item.id.get_offset(), int(place.item.id.get_storage_size())
    if offset is not None and offset + stored > size:
        raise cannot_read(path, "ends before its last value: it is truncated", _COPY)
    return min(stored, size)
