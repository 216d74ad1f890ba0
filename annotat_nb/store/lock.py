"""Who works in a workspace: one process at a time."""

from __future__ import annotations

import fcntl
import getpass
import os
import socket
import time
from contextlib import suppress
from typing import TYPE_CHECKING, BinaryIO

from annotat_nb.store.errors import WorkspaceInUse

if TYPE_CHECKING:
    from pathlib import Path

LOCK = "lock"


def take_lock(folder: Path) -> BinaryIO:
    """Take the lock of `folder`; closing the file, or the end of the process, gives it back.

    Raises
    ------
    WorkspaceInUse
        If another process has it.
    """
    file = (folder / LOCK).open("a+b", buffering=0)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise WorkspaceInUse(folder.name, owner_of(folder)) from None
    with suppress(OSError):  # who holds the lock is a courtesy; a full disk must not matter
        file.truncate(0)
        file.write(_who().encode())
        file.flush()
    return file


def owner_of(folder: Path) -> str:
    """Say who took the lock of `folder` last, in words."""
    try:
        return (folder / LOCK).read_text(errors="replace").strip() or "another process"
    except OSError:
        return "another process"


def _who() -> str:
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = str(os.getuid())
    since = time.strftime("%d %b %Y, %H:%M UTC", time.gmtime())
    return f"{user} on {socket.gethostname()} (process {os.getpid()}) since {since}"
