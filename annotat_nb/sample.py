"""The image that ships with the package, to try things on."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path


def sample_path() -> Path:
    """Return the path of a small micro-CT volume of human trabecular bone.

    200×200×200 voxels of 19.5 µm, 8 bit, MIT licence; its source and licence text lie beside it.

    Examples
    --------
    >>> import annotat_nb as an
    >>> an.read(sample_path())
    Volume('trabecular_bone.tif', 200×200×200 uint8, voxel (19.5, 19.5, 19.5) µm)
    """
    return Path(str(files("annotat_nb") / "data" / "trabecular_bone.tif"))
