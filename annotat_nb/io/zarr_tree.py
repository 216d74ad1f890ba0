"""The groups and arrays of a Zarr folder."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from annotat_nb.io.errors import cannot_read, printable
from annotat_nb.io.roots import allowed_roots, check_inside
from annotat_nb.io.zarr_meta import ZarrLayout, layout_v2, layout_v3, load_json
from annotat_nb.io.zarr_ome import Level, levels_of

if TYPE_CHECKING:
    from collections.abc import Iterator

MARKS = ("zarr.json", ".zarray", ".zgroup", ".zattrs")
MOST_FOLDERS = 5000
DEEPEST = 8


def is_zarr(path: Path) -> bool:
    """Tell whether `path` is a Zarr folder, whatever its name."""
    return any((path / mark).is_file() for mark in MARKS)


@dataclass(frozen=True)
class Node:
    """A group or an array.

    Parameters
    ----------
    name
        Its path from the root, without a slash in front; empty for the root.
    folder
        Where it truly lies.
    metadata
        What tells the array's layout; None for a group.
    attributes
        What users and programs noted.
    """

    name: str
    folder: Path
    metadata: dict[str, Any] | None
    attributes: dict[str, Any]

    @property
    def levels(self) -> tuple[Level, ...]:
        """The resolutions of the image that this group is; empty where it is none."""
        return () if self.metadata is not None else levels_of(self.attributes)

    def child(self, part: str) -> str:
        return f"{self.name}/{part}".lstrip("/")


class ZarrTree:
    """The nodes of the Zarr folder `path`, read without the help of what they say of others."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._roots = allowed_roots(path)

    def node(self, name: str) -> Node | None:
        """Return the node `name`; None where there is none."""
        folder = check_inside(self.path, self.path / name.strip("/"), self._roots)
        for mark in MARKS:
            check_inside(self.path, folder / mark, self._roots)
        current = load_json(self.path, folder / "zarr.json")
        if current:
            is_array = current.get("node_type") == "array"
            attributes = _dict(current.get("attributes"))
            return Node(name.strip("/"), folder, current if is_array else None, attributes)
        if not is_zarr(folder):
            return None
        attributes = load_json(self.path, folder / ".zattrs")
        array = load_json(self.path, folder / ".zarray")
        return Node(name.strip("/"), folder, array or None, attributes)

    def layout(self, node: Node) -> ZarrLayout:
        """Read and check the metadata of an array."""
        found = node.metadata or {}
        try:
            if found.get("zarr_format") == 3:
                return layout_v3(self.path, found)
            return layout_v2(self.path, found, node.attributes)
        except (KeyError, TypeError, IndexError, AttributeError, OverflowError) as error:
            cause = f"has damaged metadata in {printable(node.name) or 'its root'} ({error!r:.80})"
            raise cannot_read(self.path, cause, "copy or export it again") from error

    def walk(self) -> Iterator[Node]:
        """Visit the groups and arrays, the outer ones first; nothing below an array or an image."""
        waiting, seen = deque([("", 0)]), set[Path]()
        while waiting and len(seen) < MOST_FOLDERS:
            name, depth = waiting.popleft()
            node = self.node(name)
            if node is None or node.folder in seen:
                continue
            seen.add(node.folder)
            yield node
            if node.metadata is None and not node.levels and depth < DEEPEST:
                inner = sorted(one.name for one in node.folder.iterdir() if one.is_dir())
                waiting.extend((node.child(part), depth + 1) for part in inner)


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
