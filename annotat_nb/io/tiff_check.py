"""What is checked in a TIFF before its pixels are believed."""

from __future__ import annotations

import logging
import re
import struct
import threading
from contextlib import contextmanager
from pathlib import PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, Any, BinaryIO
from xml.etree import ElementTree

from annotat_nb.io.errors import cannot_read
from annotat_nb.io.gate import check_memory, check_ratio

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_COPY = "copy or export it again"
_MOST_PLANES = 1_000_000
_ABOUT_TAG = re.compile(r"<tifffile\.TiffTag (\d+) ")
_PIXEL_TAGS = {256, 257, 258, 259, 266, 273, 277, 278, 279, 284, 317, 322, 323, 324, 325, 339}
"""Tags without which pixels are read wrongly; nonsense in others, such as a date, is common."""


def check_directories(path: Path, size: int) -> None:
    """Walk the chain of image directories: it must stay in the file and come to an end."""
    with path.open("rb") as file:
        order, offset_code, count_code, entry, offset = _header(path, file)
        seen = set()
        while offset:
            if offset in seen:
                raise cannot_read(path, "has image directories that form a loop", _COPY)
            seen.add(offset)
            offset = _next(path, file, offset, size, order, offset_code, count_code, entry)
        if not seen:
            raise cannot_read(path, "holds no image", _COPY)


def _header(path: Path, file: BinaryIO) -> tuple[str, str, str, int, int]:
    head = file.read(16).ljust(16, b"\0")
    order = {b"II": "<", b"MM": ">"}.get(head[:2])
    version = struct.unpack(f"{order}H", head[2:4])[0] if order else 0
    if order and version == 42:
        return order, "I", "H", 12, struct.unpack(f"{order}I", head[4:8])[0]
    if order and version == 43:
        return order, "Q", "Q", 20, struct.unpack(f"{order}Q", head[8:16])[0]
    raise cannot_read(path, "is not a TIFF file, whatever its name says", "check its format")


def _next(
    path: Path,
    file: BinaryIO,
    offset: int,
    size: int,
    order: str,
    offset_code: str,
    count_code: str,
    entry: int,
) -> int:
    count_format, offset_format = f"{order}{count_code}", f"{order}{offset_code}"
    if offset + struct.calcsize(count_format) > size:
        raise cannot_read(path, "ends before its last image: it is truncated", _COPY)
    file.seek(offset)
    count = struct.unpack(count_format, file.read(struct.calcsize(count_format)))[0]
    end = offset + struct.calcsize(count_format) + count * entry
    if end + struct.calcsize(offset_format) > size:
        raise cannot_read(path, "ends inside an image directory: it is truncated", _COPY)
    file.seek(end)
    following: int = struct.unpack(offset_format, file.read(struct.calcsize(offset_format)))[0]
    return following


def check_ome(path: Path, xml: str) -> None:
    """Refuse OME metadata that name files of other folders or an absurd number of planes."""
    for element in ElementTree.fromstring(xml).iter():
        companion = element.get("FileName", "")
        if companion and not _is_bare(companion):
            cause = f"names a companion outside its folder ({companion[:80]!r})"
            raise cannot_read(path, cause, "put its files in one folder and export it again")
        planes = 1
        for key in ("SizeZ", "SizeC", "SizeT", "PlaneCount", "NumPlanes"):
            planes *= max(1, int(element.get(key, 1)))
        if planes > _MOST_PLANES:
            raise cannot_read(path, f"declares {planes:,} planes", _COPY)


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
        segments = list(zip(page.dataoffsets, page.databytecounts, strict=True))
        if not segments or not all(length for _, length in segments):
            raise cannot_read(path, f"has no pixels for page {page.index}", _COPY)
        end = page.parent.filehandle.size
        if any(offset + length > end for offset, length in segments):
            raise cannot_read(path, f"ends inside page {page.index}: it is truncated", _COPY)
        stored = sum(length for _, length in segments)
        check_ratio(path, keyframe.nbytes, stored)


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
