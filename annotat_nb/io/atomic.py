"""Writing a file wholly or not at all."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import secrets
import shutil
import stat
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def atomic_write(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Give a binary file whose bytes replace `path` at the end, or never.

    The bytes go to a hidden file in the same folder, reach the disk, and only then take the name.
    When the body raises, or the process dies, `path` keeps its old bytes; what a dead process left
    is removed by the next write to the same path. A link is followed: its target is replaced.

    Parameters
    ----------
    path
        The file to write. Its folder must exist.

    Yields
    ------
    BinaryIO
        A file to read, write and seek in.

    Raises
    ------
    OSError
        If the folder is missing or not writable, the disk is full, or `path` is no regular file.

    Examples
    --------
    >>> import tempfile
    >>> target = Path(tempfile.mkdtemp()) / "a.bin"
    >>> with atomic_write(target) as file:
    ...     _ = file.write(b"whole")
    >>> target.read_bytes()
    b'whole'
    """
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():
        raise OSError(errno.EINVAL, "not a regular file", str(target))
    remove_leftovers(target.parent, target.name)
    part, file = _create(target)
    try:
        with file:
            yield file
            file.flush()
            os.fsync(file.fileno())
            # Renamed while open: closing gives up the lock that keeps others from sweeping it.
            part.replace(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    sync_folder(target.parent)


def remove_leftovers(folder: Path, name: str = "") -> None:
    """Remove what killed writers left in `folder`, for the file `name` or for all files."""
    for part in folder.glob(f"{prefix_of(name)}*.part"):
        with suppress(OSError):
            _remove(part)


def _remove(part: Path) -> None:
    """Remove `part`, a file or a folder, unless a living writer holds it."""
    is_folder = part.is_dir()
    # For writing, because network file systems lock a file only then; a folder allows reading only.
    descriptor = os.open(part, os.O_RDONLY if is_folder else os.O_RDWR)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if is_folder:
            shutil.rmtree(part)
        else:
            part.unlink()
    finally:
        os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` durable: a rename is safe only after this."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno != errno.EINVAL:  # some network file systems cannot sync a folder
            raise
    finally:
        os.close(descriptor)


def prefix_of(name: str) -> str:
    """Return how the temporary names of writers of `name` begin; of any file, if it is empty."""
    # A digest, because the name itself may already be as long as the file system allows.
    return (
        f".annotat-{hashlib.sha256(os.fsencode(name)).hexdigest()[:16]}-" if name else ".annotat-"
    )


def _create(target: Path) -> tuple[Path, BinaryIO]:
    while True:
        part = target.with_name(f"{prefix_of(target.name)}{secrets.token_hex(4)}.part")
        file = part.open("x+b")
        # A sweeper may hold the lock just now: it lets go once the file is gone, which shows.
        with suppress(OSError):  # without locks, leftovers simply stay
            fcntl.flock(file, fcntl.LOCK_EX)
        if os.fstat(file.fileno()).st_nlink:
            _keep_mode(file, target)
            return part, file
        file.close()  # swept by another writer between creation and lock


def _keep_mode(file: BinaryIO, target: Path) -> None:
    with suppress(OSError):
        os.fchmod(file.fileno(), stat.S_IMODE(target.stat().st_mode))
