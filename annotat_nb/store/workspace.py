"""A workspace: the folder that holds everything about one volume."""

from __future__ import annotations

import json
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Self

from pydantic import ValidationError

from annotat_nb.io.atomic import atomic_write
from annotat_nb.store.block_copy import BlockCopy
from annotat_nb.store.errors import ForeignWorkspace, WorkspaceError
from annotat_nb.store.journal import Journal
from annotat_nb.store.lock import LOCK, owner_of, take_lock
from annotat_nb.store.reference import ImageReference
from annotat_nb.store.result_files import ResultFiles

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from annotat_nb.volume import Volume

SCHEMA = 1
PROJECT = "project.json"

# A process cannot see its own file locks, so it remembers what it has open.
_open_here: weakref.WeakValueDictionary[Path, Workspace] = weakref.WeakValueDictionary()


class Workspace:
    """A folder with an image reference, a journal, the last results and the view.

    Parameters
    ----------
    path
        The folder; made, readable by its owner only, when it is missing.
    read_only
        Whether to look only: no lock is taken and nothing is written, whoever works in it.

    Raises
    ------
    WorkspaceError
        If the folder is no workspace, is of a newer version, or is in use by another process.
    """

    def __init__(self, path: str | os.PathLike[str], *, read_only: bool = False) -> None:
        self.path = Path(path).expanduser().resolve()
        self.results = ResultFiles(self.path)
        self.on_hand_over: Callable[[], object] = lambda: None
        """Called when another session of this process takes the folder over."""
        self.is_read_only = read_only
        self._lock: BinaryIO | None = None
        try:
            self._refuse_other_folder()
            if not read_only:
                self._lock = self._take_lock()
        except OSError as error:
            raise ForeignWorkspace(
                f"{self.path.name}: cannot be used as a workspace ({error.strerror}); "
                "name another folder"
            ) from error
        self._project = self._read_project()
        self.journal = Journal(self.path / "journal")
        if not read_only:
            _open_here[self.path] = self
            self.results.sweep()

    @property
    def is_open(self) -> bool:
        """Whether this object may still write to the folder."""
        return self._lock is not None and not self._lock.closed

    @property
    def owner(self) -> str:
        """Who works in the folder, or did last, in words."""
        return owner_of(self.path)

    @property
    def image(self) -> ImageReference | None:
        """The image that the workspace belongs to; None in a new workspace."""
        return self._reference("image")

    def bind(self, volume: Volume) -> None:
        """Make the workspace belong to `volume`, or check that it does.

        Raises
        ------
        WorkspaceError
            If it belongs to another image.
        """
        known = self.image
        if known is None and self.journal.entries:
            raise WorkspaceError(
                f"{self.path.name}: its {PROJECT}, which says to which image the strokes belong, "
                "is missing; restore it from a copy"
            )
        _refuse_other_image(self.path.name, known, volume)
        is_new = known is None or (volume.source and known.path != str(volume.source))
        if is_new and not self.is_read_only:
            self.remember(image=ImageReference.of(volume, self.path, "volume.npy"))

    def open_image(self) -> Volume:
        """Open the image that the workspace belongs to."""
        if self.image is None:
            raise WorkspaceError(
                f"{self.path.name}: has no image yet; open it with "
                "annotat_nb.Session(volume, workspace=...)"
            )
        return self.image.open(self.path)

    def open_visualization(self) -> Volume | None:
        """Open the image that is shown instead of the original; None when there is none."""
        reference = self._reference("visualization")
        return None if reference is None else reference.open(self.path)

    def remember_visualization(self, volume: Volume | None) -> None:
        """Remember the image that is shown instead of the original."""
        if volume is None:
            self.remember(visualization=None)
        else:
            reference = ImageReference.of(volume, self.path, "visualization.npy")
            self.remember(visualization=reference)

    def remember(self, **references: ImageReference | None) -> None:
        """Write image references into the project file."""
        for name, reference in references.items():
            self._project[name] = reference and reference.model_dump(mode="json")
        self._write_json(PROJECT, self._project)

    def save_view(self, view: dict[str, Any]) -> None:
        """Remember what is shown; the last view wins."""
        self._write_json("view.json", view)

    def load_view(self) -> dict[str, Any] | None:
        """Return what was shown last; None when that is unknown or unreadable."""
        try:
            view = json.loads((self.path / "view.json").read_text())
        except (OSError, ValueError):
            return None
        return view if isinstance(view, dict) else None

    def block_copy(self, volume: Volume) -> BlockCopy:
        """Return the copy in blocks of `volume`, the image that the workspace belongs to."""
        if self.image is None:
            raise WorkspaceError(f"{self.path.name}: has no image yet; bind one first")
        return BlockCopy(self.path / "image_in_blocks.zarr", volume, self.image.digest)

    def hand_over(self) -> None:
        """Write what is pending and give the folder to whoever opens it next.

        Raises
        ------
        WorkspaceError
            If the disk refuses: what is in memory only would be lost.
        """
        if not self.is_open:
            return
        try:
            self.journal.flush()
        except OSError as error:
            raise WorkspaceError(
                f"{self.path.name}: {self.journal.pending} actions of the session that is open "
                f"are not on disk yet ({error.strerror}); free some space, then open it again"
            ) from error
        self.on_hand_over()
        self.close()

    def close(self) -> None:
        """Give the folder back; another session may then open it."""
        self.journal.close()
        self._give_lock_back()

    def _refuse_other_folder(self) -> None:
        if self.path.exists() and not self.path.is_dir():
            raise ForeignWorkspace(f"{self.path.name}: is a file; name a folder for the workspace")
        is_foreign = self.path.is_dir() and not (self.path / LOCK).exists()
        if is_foreign and any(self.path.iterdir()):
            raise ForeignWorkspace(
                f"{self.path.name}: holds other files; name a new folder for the workspace"
            )

    def _take_lock(self) -> BinaryIO:
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if (former := _open_here.get(self.path)) is not None:
            former.hand_over()
        lock = take_lock(self.path)
        weakref.finalize(self, lock.close)
        return lock

    def _give_lock_back(self) -> None:
        if self._lock is not None:
            self._lock.close()

    @classmethod
    def check_image(cls, path: str | os.PathLike[str], volume: Volume) -> None:
        """Refuse the workspace of another image before anybody's session is disturbed.

        Raises
        ------
        ForeignWorkspace
            If there is a workspace at `path` that belongs to another image.
        """
        folder = Path(path).expanduser()
        try:
            project = json.loads((folder / PROJECT).read_text())
        except (OSError, ValueError):
            return  # opening it says what is wrong
        if isinstance(project, dict):
            known = _reference_in(project, "image", folder.name)
            _refuse_other_image(folder.name, known, volume)

    def _read_project(self) -> dict[str, Any]:
        path = self.path / PROJECT
        if not path.exists():
            return {"schema": SCHEMA}
        try:
            project = json.loads(path.read_text())
            schema = int(project["schema"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            self._give_lock_back()
            raise WorkspaceError(
                f"{self.path.name}: its {PROJECT} cannot be read ({error}); restore it from a copy"
            ) from error
        if schema > SCHEMA:
            self._give_lock_back()
            raise WorkspaceError(
                f"{self.path.name}: was made by a newer annotat_nb; update this one to open it"
            )
        return dict(project)

    def _reference(self, name: str) -> ImageReference | None:
        return _reference_in(self._project, name, self.path.name)

    def _write_json(self, name: str, content: dict[str, Any]) -> None:
        with atomic_write(self.path / name) as file:
            file.write(json.dumps(content, indent=1).encode())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _reference_in(project: dict[str, Any], name: str, folder: str) -> ImageReference | None:
    stored = project.get(name)
    try:
        return None if stored is None else ImageReference.model_validate(stored)
    except ValidationError as error:
        raise WorkspaceError(
            f"{folder}: its {PROJECT} is damaged ({error.errors()[0]['loc'][0]} of the {name}); "
            "restore it from a copy"
        ) from error


def _refuse_other_image(folder: str, known: ImageReference | None, volume: Volume) -> None:
    if known is not None and not known.agrees_with(volume):
        raise ForeignWorkspace(
            f"{folder}: belongs to {known.name or 'another image'} of shape "
            f"{known.shape}, not to {volume.name or 'this one'} of shape {volume.shape}; "
            "choose another workspace for this image"
        )
