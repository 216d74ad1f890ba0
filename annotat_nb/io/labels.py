"""Label images and superpixels: complete integer images in files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from annotat_nb.blocks import pieces, whole
from annotat_nb.io.boxes import BoxArray
from annotat_nb.io.class_table import LARGEST_ID, ClassEntry, to_json
from annotat_nb.io.errors import cannot_read, cannot_write, reading
from annotat_nb.io.integer_image import IntegerImage
from annotat_nb.io.label_files import Space, classes_of, open_integers, write_integers
from annotat_nb.io.label_raw import named_by_size

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator, Mapping

    from numpy.typing import DTypeLike


_DTYPES = ("uint8", "uint16", "uint32")
_LARGEST_SUPERPIXEL = 2**32 - 1


def write_labels(
    path: str | os.PathLike[str],
    labels: Any,
    *,
    dtype: DTypeLike | None = None,
    classes: Iterable[Mapping[str, Any]] = (),
    voxel_size: tuple[float, float, float] = (1.0, 1.0, 1.0),
    unit: str = "px",
    like: Path | None = None,
) -> Path:
    """Write a label image wholly or not at all.

    Parameters
    ----------
    path
        Where to write; the suffix chooses the format: ``.tif`` or ``.tiff`` (compressed OME-TIFF),
        ``.h5`` or ``.hdf5`` (dataset "labels"), ``.zarr`` (a folder, OME-Zarr 0.4), ``.nii`` or
        ``.nii.gz``, or ``.raw``, whose size and bits are added to its name.
    labels
        Class ids, 0 … 65535, (z, y, x) or (y, x), of an integer dtype.
    dtype
        uint8, uint16 or uint32; default: the smallest that holds the ids.
    classes
        One mapping a class: id, name, color (``#rrggbb``), visible. The file holds the table; a
        RAW has no room, so it goes to ``.classes.json`` beside it.
    voxel_size, unit
        Edge lengths of a voxel, (z, y, x), and their unit. HDF5 keeps them where the unit is a
        length; a RAW has no room for them.
    like
        The file of the image: where both are NIfTI, the label gets its place in space.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    WriteError
        If the labels do not fit the dtype, or the file cannot be written; an older file of that
        name is then unchanged.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> write_labels(folder / "labels.raw", np.ones((2, 3, 4), "uint8")).name
    'labels_4x3x2_8bits.raw'
    """
    target = Path(path).absolute()
    ids = _stack_of_ids(target, labels)
    low, high = _extremes(ids)
    if low < 0 or high > LARGEST_ID:
        cause = f"labels are 0 … {LARGEST_ID}, got {low} … {high}"
        raise cannot_write(target, cause, "renumber them, or save them as superpixels")
    stored = _as(ids, _chosen_dtype(target, dtype, high))
    table = to_json(classes)
    image = IntegerImage(stored, "labels", table, voxel_size, unit, like)
    return write_integers(target, image)


def label_path(path: str | os.PathLike[str], shape: tuple[int, ...], dtype: DTypeLike) -> Path:
    """Return the path that `write_labels` gives a label of `shape` and `dtype`.

    Examples
    --------
    >>> label_path("labels.raw", (2, 3, 4), "uint8").name
    'labels_4x3x2_8bits.raw'
    """
    target = Path(path).absolute()
    if target.suffix.lower() != ".raw":
        return target
    return target.with_name(named_by_size(target, shape, np.dtype(dtype)))


def read_labels(
    path: str | os.PathLike[str],
    shape: tuple[int, ...] | None = None,
    *,
    dataset: str | None = None,
    space: Space | None = None,
) -> tuple[Any, tuple[ClassEntry, ...]]:
    """Read a label image and the class table saved with it.

    Parameters
    ----------
    path
        Whatever `write_labels` writes or `annotat_nb.read` opens.
    shape
        The shape that the labels must have, (z, y, x).
    dataset
        Which image of a file that holds several; default: the only one, or the one called
        "labels".
    space
        Where to put what does not fit into memory; None: it is refused.

    Returns
    -------
    labels
        Class ids, (z, y, x), uint8 or uint16: an array, or what `space` made.
    classes
        The class table; empty when the file has none.

    Raises
    ------
    ReadError
        If the file holds other than integers 0 … 65535, or has another shape.
    ChoiceNeeded
        If it holds several images, none of them called "labels", and `dataset` does not say which.
    """
    source = Path(path).absolute()
    with reading(source):
        ids = open_integers(source, shape, "labels", dataset, space)
        low, high = _extremes(ids)
        if low < 0 or high > LARGEST_ID:
            cause = f"holds {low} … {high}, but labels are 0 … {LARGEST_ID}"
            raise cannot_read(source, cause, "renumber them, or load it as superpixels")
        small = ids.dtype if ids.dtype in (np.uint8, np.uint16) else np.min_scalar_type(high)
        classes = classes_of(source, "labels", dataset)
    return _settled(ids, np.dtype(small), "label", space), classes


def write_superpixels(
    path: str | os.PathLike[str],
    ids: Any,
    *,
    voxel_size: tuple[float, float, float] = (1.0, 1.0, 1.0),
    unit: str = "px",
    like: Path | None = None,
) -> Path:
    """Write superpixel ids, 1 or more everywhere, as uint32; see `write_labels`."""
    target = Path(path).absolute()
    stack = _stack_of_ids(target, ids)
    low, high = _extremes(stack)
    if low < 1 or high > _LARGEST_SUPERPIXEL:
        cause = f"superpixel ids are 1 … {_LARGEST_SUPERPIXEL}, got {low} … {high}"
        raise cannot_write(target, cause, "give every voxel a positive id")
    stored = _as(stack, np.dtype(np.uint32))
    return write_integers(
        target,
        IntegerImage(stored, "superpixels", voxel_size=voxel_size, unit=unit, like=like),
    )


def read_superpixels(
    path: str | os.PathLike[str],
    shape: tuple[int, ...] | None = None,
    *,
    dataset: str | None = None,
    space: Space | None = None,
) -> Any:
    """Read superpixel ids, (z, y, x), as uint32; see `read_labels`.

    Raises
    ------
    ReadError
        If a voxel has no id of 1 or more, or the image has another shape than `shape`.
    """
    source = Path(path).absolute()
    with reading(source):
        ids = open_integers(source, shape, "superpixels", dataset, space)
        low, high = _extremes(ids)
        if low < 1 or high > _LARGEST_SUPERPIXEL:
            cause = f"holds {low} … {high}, but superpixel ids are 1 … {_LARGEST_SUPERPIXEL}"
            raise cannot_read(source, cause, "load it as a label, or give every voxel an id")
    return _settled(ids, np.dtype(np.uint32), "superpixels", space)


def _settled(ids: Any, dtype: np.dtype[Any], name: str, space: Space | None) -> Any:
    """Return `ids` as `dtype`: what is in memory there, what is in a file in `space`."""
    if space is None:
        return ids.astype(dtype, copy=False)
    if isinstance(ids, np.ndarray):
        settled = ids.astype(dtype, copy=False)
        space.note(settled)
        return settled
    found = space.new(name, ids.shape, dtype)
    for box in pieces(whole(ids.shape)):
        found[box] = np.asarray(ids[box]).astype(dtype, copy=False)
    return found


def _stack_of_ids(target: Path, ids: Any) -> Any:
    is_array_like = hasattr(ids, "dtype") and hasattr(ids, "shape")
    stack = ids if is_array_like else np.asarray(ids)
    if stack.dtype.kind not in "bui":
        cause = f"labels must be integers, got {stack.dtype}"
        raise cannot_write(target, cause, "use data.astype('int32')")
    if len(stack.shape) not in (2, 3) or 0 in stack.shape:
        cause = f"labels have 2 or 3 dimensions (z, y, x), got shape {stack.shape}"
        raise cannot_write(target, cause, "write one stack at a time")
    stack = stack if len(stack.shape) == 3 else np.asarray(stack)[None]
    return _as(stack, np.dtype(np.uint8)) if stack.dtype.kind == "b" else stack


def _extremes(ids: Any) -> tuple[int, int]:
    """Return the smallest and the largest id, read piece by piece."""
    ends = [(int(part.min()), int(part.max())) for part in map(np.asarray, _pieces_of(ids))]
    return min(low for low, _ in ends), max(high for _, high in ends)


def _pieces_of(ids: Any) -> Iterator[Any]:
    return (ids[box] for box in pieces(whole(ids.shape)))


def _as(ids: Any, dtype: np.dtype[Any]) -> Any:
    """Return `ids` as another type; those on disk change where they are read."""
    if isinstance(ids, np.ndarray):
        return ids.astype(dtype, copy=False)
    return ids if ids.dtype == dtype else BoxArray(ids.shape, dtype, lambda box: ids[box])


def _chosen_dtype(target: Path, dtype: DTypeLike | None, high: int) -> np.dtype[Any]:
    wanted = dtype if dtype is not None else np.min_scalar_type(high)
    chosen = next((np.dtype(name) for name in _DTYPES if _is(name, wanted)), None)
    if chosen is None:
        remedy = f"use one of {', '.join(_DTYPES)}"
        raise cannot_write(target, f"labels cannot be saved as {wanted}", remedy)
    if high > np.iinfo(chosen).max:
        cause = f"labels reach {high}, but {chosen} holds {np.iinfo(chosen).max}"
        raise cannot_write(target, cause, f"use dtype={np.min_scalar_type(high).name!r}")
    return chosen


def _is(name: str, dtype: DTypeLike) -> bool:
    try:
        return np.dtype(dtype).name == name
    except TypeError:
        return False
