"""What is checked before a file is opened, so that a bad one costs a sentence, not the kernel."""

from __future__ import annotations

import math
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from annotat_nb.io.errors import cannot_read, name_of

if TYPE_CHECKING:
    import numpy as np

LARGEST_RATIO = 100_000  # white fax pages reach 80,000 : 1; no other compression comes near


def check_file(path: Path) -> int:
    """Return the size of `path` in bytes, once it is known to be a readable, non-empty file."""
    try:
        status = path.stat()
    except FileNotFoundError:
        raise cannot_read(path, "does not exist", "check the path") from None
    if not stat.S_ISREG(status.st_mode):
        raise cannot_read(path, "is not a regular file", "give the path of an image file")
    if not os.access(path, os.R_OK):
        raise cannot_read(path, "may not be read by you", "ask its owner for read permission")
    if status.st_size == 0:
        raise cannot_read(path, "is empty", "copy or export it again")
    return status.st_size


def check_companion(path: Path, file: Path) -> int:
    """Return the size of `file`, which `path` draws on unless it is `path` itself."""
    if file == path:
        return check_file(path)
    if not file.is_file() or not os.access(file, os.R_OK) or not file.stat().st_size:
        cause = f"draws on {name_of(file)}, which is missing, empty or not for you to read"
        raise cannot_read(path, cause, "put all its files in one folder")
    return file.stat().st_size


def check_memory(path: Path, declared: int, what: str) -> None:
    """Refuse to decode `declared` bytes where the memory available does not hold them."""
    free = available_memory()
    if declared > free:
        cause = f"{what} needs {amount(declared)} of memory and {amount(free)} are free"
        raise cannot_read(path, cause, "crop or bin the image, or use a larger machine")


def check_ratio(path: Path, declared: int, stored: int) -> None:
    """Refuse a header that declares more bytes than any compression can have stored."""
    if declared > LARGEST_RATIO * stored:
        cause = f"declares {amount(declared)} of pixels but stores only {amount(stored)}"
        raise cannot_read(path, cause, "its header is wrong: copy or export it again")


def check_stored(path: Path, declared: int, stored: int) -> None:
    """Refuse a volume larger than memory of which next to nothing is stored.

    What was never written reads as a constant, and may be most of an image, but not all of it.
    """
    if declared > available_memory():
        check_ratio(path, declared, stored)


def check_dtype(path: Path, dtype: np.dtype[np.generic] | None) -> None:
    """Refuse pixels that are not real numbers; None stands for a type that numpy lacks."""
    if dtype is None:
        cause = "holds pixels of an unusual number of bits"
        raise cannot_read(path, cause, "save it as 8, 16 or 32 bits a pixel")
    if dtype.kind not in "buif":
        cause = f"holds {dtype} values, but an image holds real numbers"
        has_parts = dtype.kind in "cV"
        remedy = "save its magnitude or one of its parts" if has_parts else "save it as numbers"
        raise cannot_read(path, cause, remedy)


def available_memory() -> float:
    """Return the bytes of memory that can be used now, within the limit of the container."""
    return min(_system_memory(), _container_memory())


def _system_memory() -> int:
    # The kernel's own estimate counts caches that it can drop; free pages alone do not.
    for line in _lines("/proc/meminfo"):
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _container_memory() -> float:
    folder = "/sys/fs/cgroup"
    limit = next(iter(_lines(f"{folder}/memory.max")), "max")
    used = next(iter(_lines(f"{folder}/memory.current")), "0")
    if limit == "max":
        return math.inf
    caches = [line for line in _lines(f"{folder}/memory.stat") if line.startswith("inactive_file")]
    droppable = int(caches[0].split()[1]) if caches else 0
    return max(int(limit) - int(used) + droppable, 0)


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text().splitlines()
    except OSError:
        return []


def amount(count: float) -> str:
    """Return a number of bytes in words.

    Examples
    --------
    >>> amount(4_294_967_296)
    '4.29 GB'
    """
    for unit in ("bytes", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:,.3g} TB"
