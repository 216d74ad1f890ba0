"""From a path to a session on it, step by step, so that the page can follow and stop it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from annotat_nb import io, session
from annotat_nb.progress import Progress, silent
from annotat_nb.sample import sample_path
from annotat_nb.session import Session
from annotat_nb.store import ForeignWorkspace, Workspace, WorkspaceInUse
from annotat_nb.widgets.naming import chosen_in_names, without_suffix
from annotat_nb.widgets.show_panel import sample_of
from annotat_nb.widgets.text import inert

if TYPE_CHECKING:
    from annotat_nb.volume import Volume

WORKSPACE = ".annotat"


def session_at(path: Path, how: dict[str, Any], report: Progress = silent) -> Session:
    """Open the image at `path`, or the workspace that it is.

    Parameters
    ----------
    path
        An image, a folder or glob of slices, or a workspace.
    how
        Keywords of `annotat_nb.read`.
    report
        Told each step and the share done; what it raises stops the opening.

    Raises
    ------
    ReadError
        If the image cannot be read.
    WorkspaceError
        If the workspace cannot be.
    """
    if is_workspace(path):
        report("Bringing back its strokes", 0.1)
        return _checked(_resumed(path), report)
    volume = read_image(path, how, report)
    report("Bringing back its strokes", 0.7)
    return _checked(session_for(volume), report)


def ask_dataset(path: Path, how: dict[str, Any]) -> None:
    """Have a person choose where a file holds several images, even if one of them is likely.

    Raises
    ------
    ChoiceNeeded
        If there are several, and `how` names none.
    """
    if "dataset" in how or is_workspace(path):
        return
    found = io.datasets(path)
    if len(found) > 1:
        raise io.ChoiceNeeded(f"{path.name}: holds {len(found)} images", "dataset", found)


def read_image(path: Path, how: dict[str, Any], report: Progress = silent) -> Volume:
    """Open the image at `path`, and read what of it the page shows first."""
    report(f"Reading {inert(path.name)}", 0.1)
    volume = io.read(path, **how)
    report("Looking at its intensities", 0.4)
    sample_of(volume)  # kept in the cache of the image
    return volume


def session_for(volume: Volume) -> Session:
    """Return a session on `volume` in the first folder beside it that is free or its own.

    Where another process works in its own folder, the session only shows what is there.

    Raises
    ------
    WorkspaceError
        If its own folder cannot be read.
    """
    if volume.source is None:
        return Session(volume)
    for folder in _workspaces(volume.source, volume.how):
        try:
            return Session(volume, folder)
        except WorkspaceInUse:
            return Session(volume, Workspace(folder, read_only=True))
        except (ForeignWorkspace, OSError):
            continue  # another image's, or not to be written to
    return Session(volume)


def is_workspace(path: Path) -> bool:
    """Whether `path` is the folder of a workspace, by its name."""
    return path.name.lower().endswith(WORKSPACE) and path.is_dir()


def _resumed(path: Path) -> Session:
    try:
        return session.open(path)
    except WorkspaceInUse:
        return session.open(path, read_only=True)


def _checked(opened: Session, report: Progress) -> Session:
    """Read the slice that the page will show; close the session again if it is not wanted."""
    try:
        report("Reading the slice", 0.9)
        opened.volume.slice(opened.view.axis, opened.view.index)
        report("Drawing", 1.0)
    except BaseException:
        opened.close()
        raise
    return opened


def _workspaces(source: Path, how: dict[str, Any]) -> list[Path]:
    # The sample lies among the program's own files, where nothing is to be written.
    homes = [Path.cwd() if source == sample_path() else source.parent, Path.home()]
    stem = without_suffix(source.name).strip("*?. ") or "image"
    # The first image of a file gets its name alone; another one says which it is.
    which = [f"_{'_'.join(said)}"] if (said := chosen_in_names(how)) else []
    names = [f"{stem}{end}{WORKSPACE}" for end in ("", *which, "-2", "-3", "-4")]
    # What is there may be its own, under whichever of the names.
    return [
        folder
        for home in homes
        for folder in sorted((home / name for name in names), key=lambda path: not path.exists())
    ]
