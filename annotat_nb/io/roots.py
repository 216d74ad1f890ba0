"""Where the files lie that an image file may draw on."""

from __future__ import annotations

import os
from pathlib import Path

from annotat_nb.io.errors import cannot_read

VARIABLE = "ANNOTAT_NB_DATA_ROOTS"


def allowed_roots(path: Path) -> tuple[Path, ...]:
    """Return the folders whose files `path` may draw on: its own, and those the user names.

    Examples
    --------
    >>> [root.name for root in allowed_roots(Path("/scans/bone.h5"))]
    ['scans']
    """
    named = os.environ.get(VARIABLE, "").split(os.pathsep)
    folders = [path.resolve().parent, *(Path(name) for name in named if name)]
    return tuple(folder.resolve() for folder in folders)


def check_inside(path: Path, target: Path, roots: tuple[Path, ...]) -> Path:
    """Return the true place of `target`, which `path` draws on and which must lie in `roots`."""
    place = target.resolve()
    if any(place.is_relative_to(root) for root in roots):
        return place
    cause = f"draws on {ascii(str(target))[1:-1][:200]}, which is outside its folder"
    remedy = f"put both into one folder, or name the other folder in the variable {VARIABLE}"
    raise cannot_read(path, cause, remedy)
