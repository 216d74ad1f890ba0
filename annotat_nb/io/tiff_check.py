"""What is checked in a TIFF before its pixels are believed."""

from __future__ import annotations

import logging
import re
import struct
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, Any, BinaryIO
from xml.etree import ElementTree

from annotat_nb.io.errors import cannot_read
from annotat_nb.io.gate import check_memory, check_ratio
from annotat_nb.io.lzw import is_sound
from annotat_nb.io.roots import allowed_roots, check_inside

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_COPY = "copy or export it again"
_LZW = 5
_MOST_PLANES = 1_000_000
_ABOUT_TAG = re.compile(r"<tifffile\.TiffTag (\d+) ")
_PIXEL_TAGS = {256, 257, 258, 259, 266, 273, 277, 278, 279, 284, 317, 322, 323, 324, 325, 339}
"""Tags without which pixels are read wrongly; nonsense in others, such as a date, is common."""


@dataclass(frozen=True)
class _Layout:
    """How directories are written: byte order, and the sizes of classic or big TIFF."""

    order: str
    big: bool

    def count(self, data: bytes) -> int:
        return int(struct.unpack(self.order + ("Q" if self.big else "H"), data)[0])

    def offset(self, data: bytes) -> int:
        return int(struct.unpack(self.order + ("Q" if self.big else "I"), data)[0])

    @property
    def count_size(self) -> int:
        return 8 if self.big else 2

    @property
    def entry_size(self) -> int:
        return 20 if self.big else 12

    @property
    def offset_size(self) -> int:
        return 8 if self.big else 4


def check_directories(path: Path, size: int) -> None:
    """Walk the chain of image directories: it must stay in the file and come to an end."""
    with path.open("rb") as file:
        layout = _layout(path, file.read(4))
        file.seek(8 if layout.big else 4)
        offset = layout.offset(file.read(layout.offset_size).ljust(8, b"\0")[: layout.offset_size])
        seen = set()
        while offset:
            if offset in seen:
                raise cannot_read(path, "has image directories that form a loop", _COPY)
            seen.add(offset)
            offset = _next(path, file, size, offset, layout)
    if not seen:
        raise cannot_read(path, "holds no image", _COPY)


def _layout(path: Path, head: bytes) -> _Layout:
    versions = {
        b"II*\0": _Layout("<", big=False),
        b"MM\0*": _Layout(">", big=False),
        b"II+\0": _Layout("<", big=True),
        b"MM\0+": _Layout(">", big=True),
    }
    if head not in versions:
        raise cannot_read(path, "is not a TIFF file, whatever its name says", "check its format")
    return versions[head]


def _next(path: Path, file: BinaryIO, size: int, offset: int, layout: _Layout) -> int:
    """Return the offset of the directory after the one at `offset`; 0 after the last."""
    start = offset + layout.count_size
    if start > size:
        raise cannot_read(path, "ends before its last image: it is truncated", _COPY)
    file.seek(offset)
    end = start + layout.count(file.read(layout.count_size)) * layout.entry_size
    if end + layout.offset_size > size:
        raise cannot_read(path, "ends inside an image directory: it is truncated", _COPY)
    file.seek(end)
    return layout.offset(file.read(layout.offset_size))


def check_ome(path: Path, xml: str) -> None:
    """Refuse OME metadata that name files of other folders or an absurd number of planes."""
    roots = allowed_roots(path)
    for companion in companions_of(path, xml):
        check_inside(path, companion, roots)
    for element in ElementTree.fromstring(xml).iter():
        planes = 1
        for key in ("SizeZ", "SizeC", "SizeT", "PlaneCount", "NumPlanes"):
            planes *= max(1, int(element.get(key, 1)))
        if planes > _MOST_PLANES:
            raise cannot_read(path, f"declares {planes:,} planes", _COPY)


def companions_of(path: Path, xml: str) -> tuple[Path, ...]:
    """Return the files that OME metadata name, which must be bare names."""
    elements = ElementTree.fromstring(xml).iter()
    names = {element.get("FileName", "") for element in elements} - {""}
    for name in names:
        if not _is_bare(name):
            cause = f"names a companion outside its folder ({name[:80]!r})"
            raise cannot_read(path, cause, "put its files in one folder and export it again")
    return tuple(path.parent / name for name in sorted(names))


def _is_bare(name: str) -> bool:
    return name not in ("..", ".") and all(
        kind(name).name == name for kind in (PurePosixPath, PureWindowsPath)
    )


def check_pages(path: Path, pages: Sequence[Any], keyframe: Any) -> None:
    """Refuse pages that are missing, reach beyond their file, or declare what cannot be stored."""
    check_memory(path, _largest(keyframe), "one slice of it")
    for page in pages:
        if page is None:
            raise cannot_read(path, "lacks some of its slices", "put all its files in one folder")
        segments = list(zip(page.dataoffsets, page.databytecounts, strict=False))
        if not segments or not all(page.databytecounts):
            raise cannot_read(path, f"has no pixels for page {page.index}", _COPY)
        end = page.parent.filehandle.size
        if any(offset + length > end for offset, length in segments):
            raise cannot_read(path, f"ends inside page {page.index}: it is truncated", _COPY)
        stored = sum(length for _, length in segments)
        check_ratio(path, keyframe.nbytes, stored)


def check_lzw(path: Path, page: Any) -> None:
    """Refuse LZW data of `page`, whose file is open, that would crash the decoder."""
    if page.keyframe.compression != _LZW:
        return
    if page.keyframe.fillorder != 1:
        raise cannot_read(path, "has LZW data in reversed bit order", "save it uncompressed")
    handle = page.parent.filehandle
    for offset, length in zip(page.dataoffsets, page.databytecounts, strict=False):
        handle.seek(offset)
        if not is_sound(handle.read(length)):
            raise cannot_read(path, f"has damaged LZW data in page {page.index}", _COPY)


def _largest(keyframe: Any) -> int:
    tile = keyframe.tilewidth * keyframe.tilelength * keyframe.tiledepth
    return max(int(keyframe.nbytes), int(tile * keyframe.dtype.itemsize))


class _Collector(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.thread = threading.get_ident()
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        message = record.getMessage()
        if record.thread == self.thread and not _is_harmless(message):
            self.messages.append(message)


def _is_harmless(message: str) -> bool:
    tag = _ABOUT_TAG.match(message)
    return tag is not None and int(tag[1]) not in _PIXEL_TAGS


@contextmanager
def complaints_are_errors(path: Path) -> Iterator[None]:
    """Refuse `path` when the TIFF library, which only logs damage, logs any in this thread.

    A file cut short would otherwise open as a smaller image.
    """
    logger, collector = logging.getLogger("tifffile"), _Collector()
    logger.addHandler(collector)
    try:
        yield
    finally:
        logger.removeHandler(collector)
    if collector.messages:
        said = collector.messages[0].split("> ", 1)[-1][:160]
        raise cannot_read(path, f"is damaged or incomplete ({said})", _COPY)
