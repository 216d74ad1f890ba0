"""What goes wrong with files, said in one sentence: file, cause, remedy."""

from __future__ import annotations

import errno
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

AS_TIFF = "write it again as TIFF with the program that made it"


class ReadError(ValueError):
    """A file that cannot be read; the message begins with its name."""


@dataclass(frozen=True)
class Candidate:
    """One of the images that a file holds, or one way to read it."""

    value: Any
    """What to pass to `annotat_nb.read`."""
    label: str
    """What it is, in words that a person can choose by."""


Keyword = Literal["dataset", "time", "channel", "rgb"]


class ChoiceNeeded(ReadError):
    """A file that holds more than one image: `keyword` of `read` takes one of `candidates`."""

    def __init__(self, message: str, keyword: Keyword, candidates: Iterable[Candidate]) -> None:
        super().__init__(message)
        self.keyword, self.candidates = keyword, tuple(candidates)


class WriteError(ValueError):
    """A file that cannot be written; the message begins with its name."""


def name_of(path: Path) -> str:
    r"""Return the name of `path` with its unprintable characters spelt out.

    Examples
    --------
    >>> from pathlib import Path
    >>> name_of(Path("scans/bone\n.tif"))
    'bone\\n.tif'
    """
    return printable(path.name or str(path))


def printable(name: str) -> str:
    """Return `name` with its unprintable characters spelt out."""
    return name if name.isprintable() else ascii(name)[1:-1]


def cannot_read(path: Path, cause: str, remedy: str) -> ReadError:
    """Make the error that says why `path` cannot be read, and what to do."""
    return ReadError(f"{name_of(path)}: {cause}; {remedy}")


def must_choose(
    path: Path, cause: str, remedy: str, keyword: Keyword, candidates: Iterable[Candidate]
) -> ChoiceNeeded:
    """Make the error that asks for `keyword`, which a form can answer with its candidates."""
    return ChoiceNeeded(str(cannot_read(path, cause, remedy)), keyword, candidates)


def cannot_write(path: Path, cause: str, remedy: str) -> WriteError:
    """Make the error that says why `path` cannot be written, and what to do."""
    return WriteError(f"{name_of(path)}: {cause}; {remedy}")


@contextmanager
def reading(path: Path, remedy: str = AS_TIFF) -> Iterator[None]:
    """Turn whatever a decoding library raises into one `ReadError` about `path`.

    What helps against damage is said in `remedy`.
    """
    try:
        yield
    except ReadError:
        raise
    except MemoryError as error:
        raise cannot_read(path, "memory ran out", "read a smaller part of it") from error
    except OSError as error:
        cause = f"cannot be opened ({error.strerror or error})"
        raise cannot_read(path, cause, "check the path and its permissions") from error
    except Exception as error:
        cause = f"is damaged or of an unknown kind ({_in_short(error)})"
        raise cannot_read(path, cause, remedy) from error


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn what the file system raises into one `WriteError` about `path`."""
    try:
        yield
    except OSError as error:
        cause = f"cannot be written ({error.strerror or error})"
        is_full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        remedy = (
            f"{'free some space' if is_full else 'check its permissions'} or choose another folder"
        )
        raise cannot_write(path, cause, f"{remedy}; a file of this name is unchanged") from error


def check_place(path: Path) -> None:
    """Refuse to write a file whose name is impossible or whose folder is missing."""
    if "\0" in str(path):
        raise cannot_write(path, "has a name that no file can have", "choose another name")
    if not path.parent.is_dir():
        cause = f"there is no folder {printable(str(path.parent))} to write it in"
        raise cannot_write(path, cause, "make the folder first, or choose another")


def _in_short(error: Exception) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text[:120]}" if text else type(error).__name__
