"""The session: verbs over one volume, none of which contains an algorithm."""

from __future__ import annotations

import os
from pathlib import Path

from annotat_nb.session.annotating import Annotating
from annotat_nb.session.base import PathLike, SessionError
from annotat_nb.session.rechunking import Rechunking
from annotat_nb.session.reusing import Reusing
from annotat_nb.session.updating import Updating
from annotat_nb.session.viewing import Viewing
from annotat_nb.store import Workspace


class Session(Annotating, Reusing, Rechunking, Updating, Viewing):
    """One volume being annotated and segmented, and everything that derives from it.

    Parameters
    ----------
    volume
        The image to work on.
    workspace
        Folder in which everything is kept; None keeps it in memory only. A folder that exists
        already goes on where it was left, if it belongs to the same image.
    memory_budget
        Bytes of memory for results and what is needed to compute them; None is half of what is
        free. What does not fit is kept in the workspace.

    Raises
    ------
    WorkspaceError
        If the folder belongs to another image, is no workspace, or is in use.

    Examples
    --------
    >>> import numpy as np
    >>> from annotat_nb.classify import Pipeline
    >>> from annotat_nb.volume import Volume
    >>> session = Session(Volume(np.arange(64.0).reshape(1, 8, 8)))
    >>> bone = session.classes.add("bone")
    >>> session.paint([(1, 1), (1, 5)], label=0, radius=1)
    >>> session.paint([(6, 1), (6, 5)], label=bone, radius=1)
    >>> session.pipeline = Pipeline(superpixels=None, selection=None)
    >>> session.apply()
    >>> session.segmentation.data[0, :, 0].tolist()
    [0, 0, 0, 0, 1, 1, 1, 1]
    """


def open(  # noqa: A001 - annotat_nb.open, the public name
    workspace: PathLike, *, read_only: bool = False, memory_budget: float | None = None
) -> Session:
    """Open a workspace: its image, classes, strokes, parameters, results and view.

    Parameters
    ----------
    workspace
        Its folder.
    read_only
        Whether to look only, also at one in which another process works; what changes anything
        is then refused.
    memory_budget
        Bytes of memory for results; larger ones stay on disk. See `Session.memory_budget`.

    Raises
    ------
    WorkspaceError
        If the folder is no workspace or is in use.
    ReadError
        If its image cannot be found or read.
    """
    if not Path(workspace).is_dir():
        raise SessionError(
            f"{os.fspath(workspace)}: no such workspace; make one with "
            "annotat_nb.Session(volume, workspace=...)"
        )
    found = Workspace(workspace, read_only=read_only)
    try:
        volume = found.open_image()
    except BaseException:
        found.close()
        raise
    return Session(volume, found, memory_budget=memory_budget)
