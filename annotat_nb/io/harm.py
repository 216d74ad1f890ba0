"""Whether writing a file would spoil an image that is open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from annotat_nb.io.sequence import is_pattern, would_match
from annotat_nb.io.zarr_tree import is_zarr

if TYPE_CHECKING:
    from pathlib import Path

    from annotat_nb.volume import Volume


def harm_of_writing(target: Path, volume: Volume) -> str | None:
    """Say why a file must not be written while `volume` is open; None: it may.

    Parameters
    ----------
    target
        The file or folder to write, without links.
    volume
        The image: its source and companions are never replaced, and nothing new is put where it
        would be taken for a part of it.

    Examples
    --------
    >>> import numpy as np
    >>> from pathlib import Path
    >>> from annotat_nb.volume import Volume
    >>> volume = Volume(np.zeros((2, 2)), source=Path("/scans/s*.tif"))
    >>> harm_of_writing(Path("/scans/s9.tif"), volume)
    'would be read as a slice of s*.tif; choose another name or folder'
    >>> harm_of_writing(Path("/scans/labels.tif"), volume)
    """
    if volume.source is None:
        return None
    source = volume.source.resolve()
    if target == source:
        return "is the image itself; choose another name"
    files = (source, *(file.resolve() for file in volume.companions))
    if any(target == file or target in file.parents for file in files):
        return f"is a part of the image {source.name}; choose another name"
    if _is_in(source, target):
        return f"lies in the folder {source.name}, which is the image; choose another folder"
    if is_pattern(source) and not source.exists() and would_match(source, target):
        return f"would be read as a slice of {source.name}; choose another name or folder"
    return None


def _is_in(folder: Path, target: Path) -> bool:
    """Tell whether `target` lies where the parts of the image `folder` lie."""
    if not folder.is_dir():
        return False
    # Slices lie in the folder itself, the chunks of a Zarr anywhere in it.
    is_deep = folder.suffix.lower() == ".zarr" or is_zarr(folder)
    return folder == target.parent or (is_deep and folder in target.parents)
