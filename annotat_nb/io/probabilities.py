"""Probabilities of classes in files: one channel for each class."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from annotat_nb.io.atomic import atomic_write
from annotat_nb.io.errors import cannot_write, check_place, writing

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Sequence

    from annotat_nb.operation import Array

SUFFIX = ".tif"
SLICES_AT_ONCE = 16
"""Slices that are computed together: by ones, filters would mostly compute their context."""


def write_probabilities(
    path: str | os.PathLike[str],
    probabilities: Any,
    *,
    names: Sequence[str] = (),
    voxel_size: tuple[float, float, float] = (1.0, 1.0, 1.0),
    unit: str = "px",
) -> Path:
    """Write probabilities as compressed float32 OME-TIFF, wholly or not at all.

    Only a few slices are in memory at a time.

    Parameters
    ----------
    path
        Where to write: ``.tif``.
    probabilities
        An array, or what reads like one, (classes, z, y, x).
    names
        What the channels are called: the classes.
    voxel_size, unit
        Edge lengths of a voxel, (z, y, x), and their unit.

    Raises
    ------
    WriteError
        If the file cannot be written; an older file of that name is then unchanged.

    Examples
    --------
    >>> import tempfile
    >>> from annotat_nb.io import read
    >>> halves = np.full((2, 3, 4, 5), 0.5)
    >>> path = write_probabilities(Path(tempfile.mkdtemp()) / "p.tif", halves)
    >>> read(path, channel=1).data[0, 0, 0]
    np.float32(0.5)
    """
    from tifffile import imwrite

    target = Path(path).absolute()
    if target.suffix.lower() != SUFFIX:
        cause = f"probabilities cannot be saved as {target.suffix or 'a file without suffix'!r}"
        raise cannot_write(target, cause, f"use {SUFFIX}")
    check_place(target)
    count, depth, height, width = probabilities.shape
    with writing(target), atomic_write(target) as file:
        imwrite(
            file,
            _planes(probabilities),
            shape=(depth, count, height, width),
            dtype=np.float32,
            ome=True,
            bigtiff=4 * count * depth * height * width > 2**31,
            photometric="minisblack",
            compression="zlib",
            metadata=_metadata(names, voxel_size, unit),
        )
    return target


def _planes(probabilities: Any) -> Iterator[Array]:
    for start in range(0, probabilities.shape[1], SLICES_AT_ONCE):
        slab = np.asarray(probabilities[:, start : start + SLICES_AT_ONCE], np.float32)
        for z in range(slab.shape[1]):
            yield from np.ascontiguousarray(slab[:, z])


def _metadata(
    names: Sequence[str], voxel_size: tuple[float, float, float], unit: str
) -> dict[str, Any]:
    metadata: dict[str, Any] = {"axes": "ZCYX"}
    if names:
        metadata["Channel"] = {"Name": list(names)}
    for axis, edge in zip("ZYX", voxel_size, strict=True):
        metadata[f"PhysicalSize{axis}"] = edge
        metadata[f"PhysicalSize{axis}Unit"] = "pixel" if unit == "px" else unit
    return metadata
