"""What a file chooser says of a path and of a folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from annotat_nb.widgets.text import inert

if TYPE_CHECKING:
    from annotat_nb.widgets.folder import Listing


def absolute(text: str) -> Path:
    """Return the path that was typed; a tilde is the home of a user."""
    try:
        return Path(text).expanduser().absolute()
    except RuntimeError:
        # Nobody has the name after the tilde.
        return Path(text).absolute()


def explain(path: Path, error: OSError | ValueError) -> str:
    """Say why `path` cannot be listed or chosen."""
    name = inert(str(path))
    if isinstance(error, FileNotFoundError):
        return f"{name} does not exist; check the path"
    if isinstance(error, PermissionError):
        return f"{name} may not be read; ask its owner for permission"
    if isinstance(error, NotADirectoryError):
        return f"{name} is a file, not a folder; remove what follows its name"
    reason = getattr(error, "strerror", None) or str(error)
    return f"{name} cannot be looked at ({reason}); choose another path"


def summarize(listing: Listing, prefix: str) -> str:
    """Say what of a folder is not in the list; nothing if all of it is."""
    if not listing.complete:
        return "This folder is too large to list wholly: type the path"
    if not listing.total:
        return f"Nothing here begins with {inert(prefix)}" if prefix else "Nothing to choose here"
    more = listing.total - len(listing.items)
    return f"and {more:,} more: type to narrow" if more else ""
