"""Writing a folder wholly or not at all."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import secrets
import shutil
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from annotat_nb.io.atomic import prefix_of, remove_leftovers, sync_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
_NO_EXCHANGE = (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP)


@contextmanager
def atomic_folder(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a new folder that takes the place of `path` at the end, or never.

    It is made beside `path`, reaches the disk, and only then changes places with a former folder,
    which is removed last: who looks in between sees the one or the other, whole. When the body
    raises, or the process dies, the former folder stays; what a dead process left is removed by
    the next write to the same path. A link is followed: its target is replaced.

    Parameters
    ----------
    path
        The folder to write. The one that holds it must exist.

    Yields
    ------
    Path
        An empty folder to write into.

    Raises
    ------
    OSError
        If it cannot be written, or `path` is a file.

    Examples
    --------
    >>> import tempfile
    >>> target = Path(tempfile.mkdtemp()) / "a.zarr"
    >>> with atomic_folder(target) as folder:
    ...     _ = (folder / "0").write_bytes(b"whole")
    >>> [path.name for path in target.iterdir()]
    ['0']
    """
    target = Path(os.path.realpath(path))
    restore_folder(target)
    if target.exists() and not target.is_dir():
        raise OSError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(target))
    remove_leftovers(target.parent, target.name)
    part, lock = _create(target)
    try:
        yield part
        sync_tree(part)
        _put(part, target)
    finally:
        shutil.rmtree(part, ignore_errors=True)  # now the former folder, unless all is undone
        os.close(lock)


def _create(target: Path) -> tuple[Path, int]:
    """Make a hidden folder beside `target`, and the lock that keeps others from sweeping it."""
    while True:
        part = target.with_name(f"{prefix_of(target.name)}{secrets.token_hex(4)}.part")
        part.mkdir()
        try:
            lock = os.open(part, os.O_RDONLY)
        except FileNotFoundError:
            continue  # swept by another writer before it was locked
        # A sweeper may hold the lock just now: it lets go once the folder is gone, which shows.
        with suppress(OSError):  # without locks, leftovers simply stay
            fcntl.flock(lock, fcntl.LOCK_EX)
        if os.fstat(lock).st_nlink:
            return part, lock
        os.close(lock)


def restore_folder(target: Path) -> None:
    """Bring back the folder that a writer, killed on an old file system, had moved aside."""
    former = _aside(target)
    if former.is_dir() and not target.exists():
        former.rename(target)


def sync_tree(folder: Path) -> None:
    """Make everything in `folder` durable, its names included."""
    for place, _, names in os.walk(folder):
        for name in names:
            descriptor = os.open(os.path.join(place, name), os.O_RDONLY)  # noqa: PTH118 - strings
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        sync_folder(Path(place))


def _put(part: Path, target: Path) -> None:
    if not _take_free_name(part, target) and not _exchange(part, target):
        _move_aside(part, target)
    sync_folder(target.parent)


def _take_free_name(part: Path, target: Path) -> bool:
    """Give `part` the name `target` if nothing has it."""
    if target.exists():
        return False
    try:
        part.rename(target)
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise
        return False  # another writer took it meanwhile
    return True


def _move_aside(part: Path, target: Path) -> None:
    """Replace `target` where the file system cannot exchange two names in one step."""
    former = _aside(target)
    shutil.rmtree(former, ignore_errors=True)
    target.rename(former)
    try:
        part.rename(target)
    except OSError:
        restore_folder(target)
        raise
    shutil.rmtree(former, ignore_errors=True)


def _aside(target: Path) -> Path:
    return target.with_name(f"{prefix_of(target.name)}former")


def _exchange(one: Path, other: Path) -> bool:
    """Exchange the names of two folders in one step; tell whether that can be done here."""
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is None:
        return False
    done = rename(_AT_FDCWD, bytes(one), _AT_FDCWD, bytes(other), _RENAME_EXCHANGE)
    if done == 0:
        return True
    problem = ctypes.get_errno()
    if problem in _NO_EXCHANGE:
        return False
    raise OSError(problem, os.strerror(problem), str(other))
