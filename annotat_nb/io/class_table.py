"""The class table that travels with a label file, as JSON."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from annotat_nb.io.errors import cannot_read

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

ClassEntry = dict[str, Any]
"""What is known of a class: id, name, color (#rrggbb) and visible."""

LARGEST_ID = 65_535

_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
_CHECKS = {
    "id": lambda value: type(value) is int and 0 <= value <= LARGEST_ID,
    "name": lambda value: isinstance(value, str),
    "color": lambda value: isinstance(value, str) and _COLOR.fullmatch(value) is not None,
    "visible": lambda value: isinstance(value, bool),
}


def to_json(classes: Iterable[Mapping[str, Any]]) -> str:
    """Return `classes` as JSON in plain ASCII, so that any name fits into any metadata."""
    return json.dumps({"classes": [dict(entry) for entry in classes]})


def from_json(path: Path, text: str) -> tuple[ClassEntry, ...]:
    """Return the classes in `text`, found in or beside `path`.

    Each has an id and a name; color and visible are kept when present, other keys are dropped.

    Raises
    ------
    ReadError
        If the text is not such a table.
    """
    try:
        table = json.loads(text)
    except (ValueError, RecursionError):
        raise _broken(path, "it is not JSON") from None
    entries = table.get("classes") if isinstance(table, dict) else None
    if not isinstance(entries, list):
        raise _broken(path, "it has no list of classes")
    classes = tuple(_checked(path, entry) for entry in entries)
    if len({entry["id"] for entry in classes}) < len(classes):
        raise _broken(path, "two classes have the same id")
    return classes


def _checked(path: Path, entry: Any) -> ClassEntry:
    if not isinstance(entry, dict) or not {"id", "name"} <= entry.keys():
        raise _broken(path, "a class lacks its id or name")
    kept = {key: entry[key] for key in _CHECKS if key in entry}
    for key, value in kept.items():
        if not _CHECKS[key](value):
            raise _broken(path, f"a class has {key} {str(value)[:40]!r}")
    return kept


def _broken(path: Path, why: str) -> Exception:
    cause = f"has a broken class table ({why})"
    return cannot_read(path, cause, "open it as an image, or save it again without the table")
