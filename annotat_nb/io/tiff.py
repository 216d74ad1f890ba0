"""TIFF: paged, tiled, compressed, BigTIFF, of either byte order, ImageJ and OME."""

from __future__ import annotations

from contextlib import contextmanager
from math import prod
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from annotat_nb.io.axes import Choice, choose
from annotat_nb.io.channel_names import naming_channels, ome_channel_names
from annotat_nb.io.errors import Candidate, cannot_read, must_choose, reading
from annotat_nb.io.gate import check_dtype, check_file, check_memory
from annotat_nb.io.samples import one_sample
from annotat_nb.io.stack import SliceStack, native
from annotat_nb.io.tiff_check import (
    check_directories,
    check_lzw,
    check_ome,
    check_pages,
    companions_of,
    complaints_are_errors,
)
from annotat_nb.io.tiff_scale import scale_of
from annotat_nb.volume import Volume

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from annotat_nb.io.options import Options
    from annotat_nb.operation import Array


def read_tiff(path: Path, options: Options) -> Volume:
    """Open a TIFF and decode its first slice, so that damage shows at once."""
    volume = lazy_tiff(path, options)
    _ = volume.data[0]
    return volume


def lazy_tiff(path: Path, options: Options) -> Volume:
    """Open a TIFF without decoding anything.

    Uncompressed, contiguous pixels are mapped read-only; others are decoded a slice at a time.
    Palette images give their stored values, since programs save label images and grey images
    with a colour table that way.
    """
    options.refuse(path, "shape", "dtype")
    with open_tiff(path) as tif:
        every = _series_of(tif)
        number = _choose_series(path, every, options)
        series = every[number]
        pages = list(series)
        check_dtype(path, series.keyframe.dtype)
        check_pages(path, pages, series.keyframe)
        voxel_size, unit = scale_of(tif, number)
        with naming_channels(lambda: _channel_names(tif, number)):
            choice = choose(path, _axes(series), series.shape, options)
        data = _lazy(path, series, pages, choice, options)
        companions = companions_of(path, tif.ome_metadata) if tif.is_ome else ()
    return Volume(
        data,
        voxel_size=options.voxel_size or voxel_size,
        unit=unit,
        name=path.name,
        companions=companions,
    )


def tiff_datasets(path: Path) -> tuple[Candidate, ...]:
    """List the images of a TIFF."""
    with open_tiff(path) as tif:
        return _candidates(tif.series)


@contextmanager
def open_tiff(path: Path) -> Iterator[Any]:
    """Open `path` with tifffile after the checks; what it logs as damage is an error."""
    from tifffile import TiffFile

    check_directories(path, check_file(path))
    with complaints_are_errors(path), TiffFile(path, _multifile=False) as tif:
        if tif.is_ome:
            check_ome(path, tif.ome_metadata)
            tif._multifile = True  # its companions were found to lie in this folder
        yield tif


def _channel_names(tif: Any, number: int) -> list[str]:
    return ome_channel_names(tif.ome_metadata, number) if tif.is_ome else []


def _series_of(tif: Any) -> list[Any]:
    """List the images of `tif`; pages that were written one by one are one stack."""
    series: list[Any] = tif.series
    kinds = {(one.shape, one.dtype, len(one.pages)) for one in series}
    if len(series) == 1 or len(kinds) > 1 or not tif.is_shaped or len(series[0].pages) > 1:
        return series
    tif.is_shaped = False  # each page describes itself as a whole image of its own
    del tif.__dict__["series"]
    stack: list[Any] = tif.series
    return stack


def _choose_series(path: Path, series: list[Any], options: Options) -> int:
    if len(series) == 1:
        options.refuse(path, "dataset")
        return 0
    candidates = _candidates(series)
    for number, candidate in enumerate(candidates):
        if candidate.value == options.dataset:
            return number
    labels = ", ".join(candidate.label for candidate in candidates)
    cause = f"holds {len(series)} images of different kinds ({labels[:300]})"
    remedy = "pass dataset='0' for the first, and so on"
    raise must_choose(path, cause, remedy, "dataset", candidates)


def _candidates(series: list[Any]) -> tuple[Candidate, ...]:
    return tuple(Candidate(str(at), _describe(at, one)) for at, one in enumerate(series))


def _axes(series: Any) -> str:
    page = series.keyframe
    leading = len(series.shape) - len(page.shape)
    # Sides of length 1 confuse the names of the axes of a plain stack; those of a page are certain.
    if leading >= 0 and series.shape[leading:] == page.shape:
        return str(series.axes[:leading] + page.axes)
    flat = len(series.shape) == 3 and series.shape[-1] == 1 and "S" not in series.axes
    return "ZYX" if flat else str(series.axes)


def _describe(number: int, series: Any) -> str:
    return f"{number}: {' x '.join(map(str, series.shape))} {series.dtype}"


def _lazy(path: Path, series: Any, pages: list[Any], choice: Choice, options: Options) -> Any:
    mapped = _mapped(path, series)
    if mapped is not None:
        return _from_array(mapped, choice, options)
    leading = series.shape[: -len(series.keyframe.shape)]
    if prod(leading) == len(pages) and series.shape == (*leading, *series.keyframe.shape):
        return _from_pages(path, pages, leading, choice, options)
    check_memory(path, series.nbytes, "the image")
    return _from_array(series.asarray(), choice, options)


def _mapped(path: Path, series: Any) -> Array | None:
    """Map the whole of `series`, its unpicked axes included; None where it cannot be mapped."""
    if series.dataoffset is None or series.is_multifile or series.transform is not None:
        return None
    dtype = series.dtype.newbyteorder(series.keyframe.parent.byteorder)
    end = series.dataoffset + prod(series.shape) * dtype.itemsize
    if end > series.keyframe.parent.filehandle.size:
        raise cannot_read(path, "ends before its last slice: it is truncated", "copy it again")
    return np.memmap(path, dtype, "r", series.dataoffset, series.shape)


def _from_array(array: Array, choice: Choice, options: Options) -> Any:
    image = array[choice.index]
    if "S" not in choice.axes:
        return native(image)
    image = np.moveaxis(image, choice.axes.index("S"), -1)
    image = image if image.ndim == 4 else image[None]
    return SliceStack(
        image.shape[:3],
        image.dtype.newbyteorder("="),
        lambda z: one_sample(np.asarray(image[z]), options.rgb),
    )


def _from_pages(
    path: Path, pages: list[Any], leading: tuple[int, ...], choice: Choice, options: Options
) -> SliceStack:
    order = np.arange(len(pages)).reshape(leading)[choice.index[: len(leading)]].ravel()
    within = choice.index[len(leading) :]
    page_axes = choice.axes[-3:] if "S" in choice.axes else choice.axes[-2:]
    lock = Lock()

    def take(z: int) -> Array:
        image = _decode(path, pages[order[z]], lock)[within]
        if "S" not in page_axes:
            return image
        return one_sample(np.moveaxis(image, page_axes.index("S"), -1), options.rgb)

    keyframe = pages[0].keyframe
    plane = np.broadcast_to(False, keyframe.shape)[within].shape
    sides = dict(zip(page_axes, plane, strict=True))
    dtype = keyframe.dtype.newbyteorder("=")
    return SliceStack((len(order), sides["Y"], sides["X"]), dtype, take)


def _decode(path: Path, page: Any, lock: Lock) -> Array:
    handle = page.parent.filehandle
    with lock, reading(path), complaints_are_errors(path):
        closed = handle.closed
        handle.open()
        try:
            check_lzw(path, page)
            image: Array = page.asarray()
        finally:
            if closed:
                handle.close()
    return image.reshape(page.keyframe.shape)
