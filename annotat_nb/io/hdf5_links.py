"""Following the links of HDF5 files, no further than the folders that are allowed."""

from __future__ import annotations

from collections import deque
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from annotat_nb.io.errors import ReadError, cannot_read
from annotat_nb.io.gate import check_file
from annotat_nb.io.roots import allowed_roots, check_inside

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MOST_HOPS = 32
MOST_LINKS = 20_000
_COPY = "copy or export it again"


@dataclass(frozen=True)
class Place:
    """Where a group or dataset truly lies: a file, and a name in it that leads over no link."""

    file: Path
    name: str
    item: Any
    address: int = 0
    """Where in the file the item lies, as the link to it says; 0 for the group that holds all."""

    @property
    def identity(self) -> tuple[Path, int]:
        """What is the same for two names of one item.

        HDF5 is not asked for it: it would go through all that the item has, and a damaged one
        crashes it there.
        """
        return self.file, self.address

    def joined(self, part: str) -> str:
        return f"{self.name.rstrip('/')}/{part}"


class Hdf5Files:
    """An HDF5 file and those it links to, open while the `with` block runs.

    The HDF5 library is never asked to follow a link: it would open any file that a link names.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._roots = allowed_roots(path)
        self._stack = ExitStack()
        self._open: dict[Path, Any] = {}
        self.refusal: ReadError | None = None
        """Why the last link that was passed over in `walk` was not followed."""

    def __enter__(self) -> Self:
        check_file(self.path)
        self.root = Place(self.path.resolve(), "/", self.open(self.path.resolve()))
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def open(self, file: Path) -> Any:
        """Open `file`, once."""
        if file not in self._open:
            self._open[file] = self._stack.enter_context(open_hdf5(self.path, file))
        return self._open[file]

    @property
    def opened(self) -> tuple[Path, ...]:
        """The files opened so far: all that the datasets found draw on."""
        return tuple(self._open)

    def companion(self, beside: Path, name: str) -> Path:
        """Return where the file `name`, said in the file `beside`, lies, if it may be read."""
        place = check_inside(self.path, beside.parent / name, self._roots)
        if not place.is_file():
            cause = f"lacks {ascii(name)[:200]}, which it draws on"
            raise cannot_read(self.path, cause, "put all its files in one folder")
        return place

    def find(self, place: Place, name: str, hops: int = 0) -> Place | None:
        """Return what `name` leads to from `place`; None where that is nothing."""
        here: Place | None = Place(place.file, "/", self.open(place.file))
        here = here if name.startswith("/") else place
        for part in name.split("/"):
            if here is not None and part not in ("", "."):
                here = self.step(here, part, hops)
        return here

    def step(self, place: Place, part: str, hops: int = 0) -> Place | None:
        """Return what the link `part` of the group at `place` leads to."""
        import h5py

        if hops > MOST_HOPS:
            raise cannot_read(self.path, "has links that form a loop", _COPY)
        links = place.item.id.links if isinstance(place.item, h5py.Group) else None
        name = part.encode("utf-8", "surrogateescape")
        if links is None or not links.exists(name):
            return None
        info = links.get_info(name)
        kind = info.type
        if kind == h5py.h5l.TYPE_HARD:
            return Place(place.file, place.joined(part), _item(place.item, name), int(info.u))
        if kind == h5py.h5l.TYPE_SOFT:
            return self.find(place, _text(links.get_val(name)), hops + 1)
        if kind != h5py.h5l.TYPE_EXTERNAL:
            return None
        file, target = map(_text, links.get_val(name))
        companion = self.companion(place.file, file)
        root = Place(companion, "/", self.open(companion))
        return self.find(root, target, hops + 1)

    def walk(self) -> Iterator[tuple[str, Place]]:
        """Visit every dataset once, under the shortest of its names."""
        import h5py

        waiting, seen, links = deque([("", self.root)]), {self.root.identity}, 0
        while waiting:
            name, place = waiting.popleft()
            for part in place.item:
                links += 1
                found = self._passed(place, part) if links <= MOST_LINKS else None
                if found is None or found.item is None or found.identity in seen:
                    continue
                seen.add(found.identity)
                inner = f"{name}/{part}".lstrip("/")
                if isinstance(found.item, h5py.Dataset):
                    yield inner, found
                else:
                    waiting.append((inner, found))

    def _passed(self, place: Place, part: str) -> Place | None:
        try:
            return self.step(place, part)
        except ReadError as refusal:
            self.refusal = refusal
            return None


def open_hdf5(path: Path, file: Path) -> Any:
    """Open `file` to read what belongs to `path`, without a lock.

    A lock would keep others from writing, and some network file systems refuse to give one.
    """
    import h5py

    if not h5py.is_hdf5(file):
        cause = f"{'' if file == path.resolve() else f'draws on {file.name}, which '}is not HDF5"
        raise cannot_read(path, f"{cause}, whatever its name says", "check its format")
    try:
        return h5py.File(file, "r", locking=False)
    except OSError as error:
        cause = f"cannot be opened ({' '.join(str(error).split())[:160]})"
        remedy = "close it where it is being written, or copy it again"
        raise cannot_read(path, cause, remedy) from error


def _item(group: Any, name: bytes) -> Any:
    """Open what a hard link leads to; None for what is neither group nor dataset."""
    import h5py

    opened = h5py.h5o.open(group.id, name)
    if isinstance(opened, h5py.h5g.GroupID):
        return h5py.Group(opened)
    return h5py.Dataset(opened) if isinstance(opened, h5py.h5d.DatasetID) else None


def _text(value: bytes | str) -> str:
    return value if isinstance(value, str) else value.decode("utf-8", "surrogateescape")
