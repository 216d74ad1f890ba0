"""What a file chooser lists: the entries of a folder that complete what was typed."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from itertools import islice
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

MOST_ROWS = 200
_MOST_LOOKED_AT = 50_000
_SECONDS = 0.5


@dataclass(frozen=True)
class Item:
    """One row of the list."""

    path: Path
    is_folder: bool
    """Whether it is a place to go into; a folder that is one image, as .zarr, is not."""


@dataclass(frozen=True)
class Listing:
    """The rows to show, and whether there are more."""

    items: tuple[Item, ...]
    total: int
    complete: bool
    """False where the folder was too large to be read to its end."""


def list_folder(folder: Path, prefix: str = "", suffixes: Sequence[str] = ()) -> Listing:
    """List the folders, and the files with one of `suffixes`, whose names begin with `prefix`.

    Upper and lower case are alike, numbers are ordered by value, folders come first; hidden names
    are listed only where `prefix` begins with a dot. A folder with one of the endings is listed as
    a file. A folder of many thousand files is read for half a second at most.

    Parameters
    ----------
    folder
        Where to look.
    prefix
        What the names begin with.
    suffixes
        Endings of file names, such as ``.tif``; none lists every file.

    Raises
    ------
    OSError
        If the folder cannot be read.
    """
    found, complete = [], True
    deadline = monotonic() + _SECONDS
    with os.scandir(folder) as rows:
        for count, row in enumerate(rows):
            if count >= _MOST_LOOKED_AT or monotonic() > deadline:
                complete = False
                break
            is_place = is_folder(row) and not is_package(row.name, suffixes)
            if _matches(row.name, prefix) and (is_place or fits(row.name, suffixes)):
                found.append(Item(folder / row.name, is_place))
    found.sort(key=lambda item: (not item.is_folder, natural(item.path.name)))
    return Listing(tuple(islice(found, MOST_ROWS)), len(found), complete)


def holds_any(folder: Path, endings: Sequence[str]) -> bool:
    """Whether a folder holds a file with one of the endings, or more files than are looked at."""
    if not endings:
        return False
    deadline = monotonic() + _SECONDS
    try:
        with os.scandir(folder) as rows:
            return any(
                monotonic() > deadline or (fits(row.name, endings) and not is_folder(row))
                for row in rows
            )
    except OSError:
        return False


def fits(name: str, suffixes: Sequence[str]) -> bool:
    """Whether a name has one of the endings, in upper or lower case; any does if there are none."""
    return not suffixes or name.lower().endswith(tuple(suffix.lower() for suffix in suffixes))


def is_package(name: str, suffixes: Sequence[str]) -> bool:
    """Whether a folder of that name is one of the files to choose, as ``scan.zarr``."""
    return bool(suffixes) and fits(name, suffixes)


def natural(name: str) -> tuple[tuple[int, int | str], ...]:
    """Return a key that orders numbers within names by their value.

    Examples
    --------
    >>> sorted(["slice10", "slice9"], key=natural)
    ['slice9', 'slice10']
    """
    return tuple(_parts(name.casefold()))


def _parts(name: str) -> Iterator[tuple[int, int | str]]:
    for text, digits in re.findall(r"([^0-9]+)|([0-9]+)", name):
        yield (1, text) if text else (0, int(digits))


def _matches(name: str, prefix: str) -> bool:
    hidden = name.startswith(".") and not prefix.startswith(".")
    return not hidden and name.casefold().startswith(prefix.casefold())


def is_folder(path: Path | os.DirEntry[str]) -> bool:
    """Whether a path leads to a folder; what may not be looked at counts as none."""
    try:
        return path.is_dir()
    except OSError:
        return False
