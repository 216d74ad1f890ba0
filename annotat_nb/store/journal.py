"""An append-only record of what the user did: each action is on disk before it counts as saved."""

from __future__ import annotations

import errno
import os
import struct
import threading
import time
import weakref
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from annotat_nb.io.atomic import sync_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAGIC = b"ANBJ"
HEAD = struct.Struct("<4sII")  # magic, length of the rest, checksum of the rest
BODY = struct.Struct("<QdB")  # number, time, length of the kind; the kind and the payload follow
LARGEST = 2**31


class JournalError(OSError):
    """A record could not be written; it is kept in memory and written with the next one."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One action: its number from 1, when it was made, what kind it is, and its content."""

    number: int
    time: float
    kind: str
    payload: bytes

    def to_bytes(self) -> bytes:
        """Pack with a length and a checksum."""
        kind = self.kind.encode()
        rest = BODY.pack(self.number, self.time, len(kind)) + kind + self.payload
        return HEAD.pack(MAGIC, len(rest), zlib.crc32(rest)) + rest


class Journal:
    """The journal of one workspace: numbered files, of which only the newest is written to.

    Opening starts a new file, so that a record torn by a crash is never written after.

    Parameters
    ----------
    folder
        Where the files lie; made when missing, with the first record.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file: BinaryIO | None = None
        self._lock = threading.Lock()
        self._is_closed = False
        self._pending: list[Entry] = []
        self.entries, self.lost = _read_all(folder)
        """What was in the journal when it was opened, and how many actions behind a damaged one
        had to be left out."""
        self._last = self.entries[-1].number if self.entries else 0

    @property
    def pending(self) -> int:
        """Number of records that could not be written yet."""
        return len(self._pending)

    def append(self, kind: str, payload: bytes) -> None:
        """Write one record, and all that failed before, and wait until the disk has them.

        Raises
        ------
        JournalError
            If the disk refuses: nothing is lost, the records are tried again with the next one.
        """
        self.queue(kind, payload)
        self.flush()

    def queue(self, kind: str, payload: bytes) -> None:
        """Put one record in the line of those that the next `flush` writes."""
        with self._lock:
            self._refuse_closed()
            self._last += 1
            self._pending.append(Entry(self._last, time.time(), kind, payload))

    def flush(self) -> None:
        """Write what is pending, and wait until the disk has it.

        Raises
        ------
        JournalError
            If the disk refuses: the records stay pending.
        """
        with self._lock:
            if self._pending:
                self._refuse_closed()
                self._write_pending()

    def _refuse_closed(self) -> None:
        if self._is_closed:  # another session may be writing by now
            raise JournalError(errno.EBADF, "this session was closed", str(self._folder))

    def _write_pending(self) -> None:
        try:
            file = self._file or self._new_file()
            _write_all(file, b"".join(entry.to_bytes() for entry in self._pending))
            os.fdatasync(file.fileno())
        except OSError as error:
            self._abandon_file()
            raise JournalError(error.errno, error.strerror, str(self._folder)) from error
        self._pending.clear()

    def close(self) -> None:
        """Close for good: nothing is written afterwards."""
        with self._lock:
            self._is_closed = True
            self._abandon_file()

    def _new_file(self) -> BinaryIO:
        self._folder.mkdir(mode=0o700, exist_ok=True)
        last = max((int(path.stem) for path in _files(self._folder)), default=0)
        path = self._folder / f"{last + 1:06d}.log"
        self._file = path.open("xb", buffering=0)
        weakref.finalize(self, self._file.close)
        sync_folder(self._folder)
        return self._file

    def _abandon_file(self) -> None:
        # After a failed sync the kernel may have dropped the pages: the descriptor is not retried.
        file, self._file = self._file, None
        if file:
            file.close()


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*.log") if path.stem.isdigit())


def _read_all(folder: Path) -> tuple[list[Entry], int]:
    """Return the actions in order, and how many were made on top of one that is gone."""
    entries: list[Entry] = []
    lost = 0
    for path in _files(folder):
        raw = path.read_bytes()
        end = 0
        for entry, at in _read(raw):
            end = at
            last = entries[-1].number if entries else 0
            if entry.number == last + 1:
                entries.append(entry)
            else:
                lost += entry.number > last  # a later file may go on from the last good one
        # Behind a damaged record; one that is merely torn off at the end has nothing behind it.
        lost += raw.count(MAGIC, end + 1)
    return entries, lost


def _write_all(file: BinaryIO, data: bytes) -> None:
    """Write all of `data`: an unbuffered file may take only a part of it at a time."""
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) :]


def _read(raw: bytes) -> Iterator[tuple[Entry, int]]:
    """Yield the whole records at the start of `raw`, up to the first torn one, and their ends."""
    at = 0
    while at + HEAD.size <= len(raw):
        magic, length, checksum = HEAD.unpack_from(raw, at)
        rest = raw[at + HEAD.size : at + HEAD.size + length]
        if magic != MAGIC or length > LARGEST or len(rest) < length or length < BODY.size:
            return
        if zlib.crc32(rest) != checksum:
            return
        number, when, kind_length = BODY.unpack_from(rest)
        end = BODY.size + kind_length
        at += HEAD.size + length
        yield Entry(number, when, rest[BODY.size : end].decode(), rest[end:]), at
