"""Markers as an image: the class of each marked voxel, and -1 where nothing is marked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from annotat_nb.io.class_table import ClassEntry, to_json
from annotat_nb.io.errors import cannot_read, cannot_write, reading
from annotat_nb.io.integer_image import IntegerImage
from annotat_nb.io.label_files import WRITERS, classes_of, ending, open_integers, write_integers
from annotat_nb.io.legacy import refuse_pickle
from annotat_nb.io.reader import suffix_of

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Mapping

    from annotat_nb.operation import Array

UNMARKED = -1
MARKER_SUFFIXES = tuple(suffix for suffix in WRITERS if suffix != ".raw")
"""A RAW says its bits only, not whether its integers have a sign."""
_LARGEST = 2**15 - 1


def write_markers(
    path: str | os.PathLike[str],
    markers: Any,
    *,
    classes: Iterable[Mapping[str, Any]] = (),
    voxel_size: tuple[float, float, float] = (1.0, 1.0, 1.0),
    unit: str = "px",
    like: Path | None = None,
) -> Path:
    """Write markers as a compressed int16 image, wholly or not at all.

    Parameters
    ----------
    path
        Where to write: as for `annotat_nb.io.write_labels`, but no RAW, which tells no sign.
    markers
        Class ids, (z, y, x), int16, -1 where nothing is marked.
    classes, voxel_size, unit, like
        As for `annotat_nb.io.write_labels`.

    Raises
    ------
    WriteError
        If the file cannot be written; an older file of that name is then unchanged.
    """
    target = Path(path).absolute()
    if not ending(target, MARKER_SUFFIXES):
        cause = f"markers cannot be saved as {target.suffix or 'a file without suffix'!r}"
        raise cannot_write(target, cause, f"use one of {', '.join(MARKER_SUFFIXES)}")
    is_ready = getattr(markers, "dtype", None) == np.int16
    ids = markers if is_ready else np.asarray(markers, np.int16)
    image = IntegerImage(ids, "markers", to_json(classes), voxel_size, unit, like)
    return write_integers(target, image)


def read_markers(
    path: str | os.PathLike[str],
    shape: tuple[int, ...] | None = None,
    *,
    dataset: str | None = None,
) -> tuple[Array, tuple[ClassEntry, ...]]:
    """Read markers and the class table saved with them.

    Parameters
    ----------
    path
        An image of integers: signed, negative where nothing is marked; or unsigned, with the
        largest value of its type there (255, 65535), which is what -1 turns into.
    shape
        The shape that the markers must have, (z, y, x).
    dataset
        Which image of a file that holds several; default: the only one, or the one called
        "markers".

    Returns
    -------
    markers
        Class ids, (z, y, x), int16, -1 where nothing is marked.
    classes
        The class table; empty when the file has none.

    Raises
    ------
    ReadError
        If the file holds no such image, or one of another shape.
    ChoiceNeeded
        If it holds several images, none of them called "markers", and `dataset` does not say which.
    """
    source = Path(path).absolute()
    with reading(source):
        if not suffix_of(source) and source.is_file():
            refuse_pickle(source, "markers")
        image = open_integers(source, shape, "markers", dataset)
        unmarked = image < 0 if image.dtype.kind == "i" else image == np.iinfo(image.dtype).max
        if not unmarked.any():
            cause = "leaves no voxel unmarked"
            raise cannot_read(source, cause, "save it as int16 with -1 where nothing is marked")
        if image[~unmarked].max(initial=0) > _LARGEST:
            raise cannot_read(source, f"holds classes above {_LARGEST}", "renumber them")
        markers = image.astype(np.int16)
        markers[unmarked] = UNMARKED
        return markers, classes_of(source, "markers", dataset)
