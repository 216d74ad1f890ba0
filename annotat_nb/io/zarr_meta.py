"""What the JSON of a Zarr array says, checked before anything else of it is read.

Sources: the Zarr specifications, https://zarr-specs.readthedocs.io (version 2, and 3.1).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from annotat_nb.io.choices import MOST_AXES
from annotat_nb.io.codecs import CODECS
from annotat_nb.io.errors import cannot_read, printable
from annotat_nb.io.gate import check_dtype, check_memory
from annotat_nb.io.packing import Packing

if TYPE_CHECKING:
    from pathlib import Path

    Numbers = tuple[int, ...]

LARGEST_JSON = 2**25
_V2_TYPE = re.compile(r"[<>|](b1|[iu][1248]|f[248])")
_V3_TYPE = re.compile(r"bool|u?int(8|16|32|64)|float(16|32|64)")
_ENDIAN: dict[str, Literal["<", ">"]] = {"little": "<", "big": ">"}
_RENAMED = {"numcodecs.zlib": "zlib", "numcodecs.lz4": "lz4", "numcodecs.bz2": "bz2"}
_EXPORT = "save it with zstd, gzip or blosc"


@dataclass(frozen=True)
class ShardIndex:
    """Where a shard says what lies where in it: at its end or start, with a checksum or not."""

    at_end: bool
    is_checked: bool


@dataclass(frozen=True)
class ZarrLayout:
    """A Zarr array as its metadata describe it.

    Parameters
    ----------
    shape
        Number of values along each axis.
    packing
        How the smallest blocks are stored.
    file_chunks
        Edges of what one file holds: a block, or a shard of several.
    prefix, separator
        How the name of a file is made of its numbers.
    fill
        The value of what was never written.
    names
        Names of the axes; empty where the file gives none.
    index
        Where a file of several blocks keeps their places; None where a file is a block.
    """

    shape: Numbers
    packing: Packing
    file_chunks: Numbers
    prefix: str
    separator: str
    fill: Any
    names: tuple[str, ...] = ()
    index: ShardIndex | None = None

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of a value in the byte order of this machine."""
        return self.packing.stored.newbyteorder("=")

    @property
    def blocks_per_file(self) -> Numbers:
        """How many blocks a file holds along each axis."""
        pairs = zip(self.file_chunks, self.packing.chunks, strict=True)
        return tuple(outer // inner for outer, inner in pairs)

    def file_of(self, numbers: Numbers) -> str:
        """Return the name of the file with these numbers along the axes."""
        return self.prefix + self.separator.join(map(str, numbers))


def load_json(path: Path, file: Path) -> dict[str, Any]:
    """Read a JSON object of the Zarr folder `path`; empty where there is no such file."""
    if not file.is_file():
        return {}
    if file.stat().st_size > LARGEST_JSON:
        raise cannot_read(path, f"has {file.name} of an absurd size", "copy or export it again")
    found = json.loads(file.read_bytes())
    if not isinstance(found, dict):
        raise cannot_read(path, f"has a damaged {file.name}", "copy or export it again")
    return found


def layout_v2(path: Path, found: dict[str, Any], attributes: dict[str, Any]) -> ZarrLayout:
    """Read the ``.zarray`` of version 2."""
    stored = _dtype(path, found["dtype"], _V2_TYPE)
    shape, chunks = _sides(path, found["shape"]), _sides(path, found["chunks"])
    listed = [
        *(found.get("filters") or ()),
        *([found["compressor"]] if found["compressor"] else ()),
    ]
    codecs = [_codec(path, str(one["id"]), dict(one)) for one in reversed(listed)]
    axes = tuple(range(len(shape)))
    order = axes[::-1] if found.get("order") == "F" else axes
    packing = Packing(chunks, stored, order, tuple(codecs))
    separator = str(found.get("dimension_separator", "."))
    fill = _fill(found.get("fill_value"), stored)
    names = tuple(map(str, attributes.get("_ARRAY_DIMENSIONS", ())))
    return _checked(path, ZarrLayout(shape, packing, chunks, "", separator, fill, names))


def layout_v3(path: Path, found: dict[str, Any]) -> ZarrLayout:
    """Read the ``zarr.json`` of an array of version 3."""
    if found["chunk_grid"]["name"] != "regular" or found.get("storage_transformers"):
        raise cannot_read(path, "has blocks of unequal size", "save it with equal chunks")
    stored = _dtype(path, found["data_type"], _V3_TYPE)
    shape = _sides(path, found["shape"])
    outer = _sides(path, found["chunk_grid"]["configuration"]["chunk_shape"])
    codecs = found["codecs"]
    shard = codecs[0]["configuration"] if codecs[0]["name"] == "sharding_indexed" else None
    if shard is not None and len(codecs) > 1:
        raise cannot_read(path, "packs its shards once more", _EXPORT)
    chunks = _sides(path, shard["chunk_shape"]) if shard else outer
    packing = _packing_v3(path, chunks, stored, shard["codecs"] if shard else codecs)
    prefix, separator = _naming(found.get("chunk_key_encoding", {"name": "default"}))
    layout = ZarrLayout(
        shape,
        packing,
        outer,
        prefix,
        separator,
        _fill(found["fill_value"], stored),
        tuple(str(name or "") for name in found.get("dimension_names") or ()),
        _index(path, shard) if shard else None,
    )
    return _checked(path, layout)


def _packing_v3(
    path: Path, chunks: Numbers, stored: np.dtype[Any], listed: list[dict[str, Any]]
) -> Packing:
    order, rest = tuple(range(len(chunks))), list(listed)
    if rest[0]["name"] == "transpose":
        order = tuple(map(int, rest.pop(0)["configuration"]["order"]))
    if rest[0]["name"] != "bytes":
        raise cannot_read(path, f"is packed by {printable(str(rest[0]['name']))[:60]}", _EXPORT)
    endian = rest.pop(0).get("configuration", {}).get("endian", "little")
    codecs = [
        _codec(path, str(one["name"]), dict(one.get("configuration") or {}))
        for one in reversed(rest)
    ]
    if sorted(order) != list(range(len(chunks))):
        raise cannot_read(path, "has a damaged order of axes", "copy or export it again")
    return Packing(chunks, stored.newbyteorder(_ENDIAN[endian]), order, tuple(codecs))


def _codec(path: Path, name: str, config: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    known = _RENAMED.get(name, name)
    if known not in CODECS:
        raise cannot_read(
            path, f"is packed by {printable(name)[:60]!r}, which is not read", _EXPORT
        )
    if known == "shuffle" and not 1 <= int(config.get("elementsize", 4)) <= 16:
        raise cannot_read(path, "has a damaged shuffle codec", "copy or export it again")
    return known, config


def _index(path: Path, shard: dict[str, Any]) -> ShardIndex:
    codecs = shard["index_codecs"]
    names = [codec["name"] for codec in codecs]
    endian = codecs[0].get("configuration", {}).get("endian", "little")
    if names not in (["bytes"], ["bytes", "crc32c"]) or endian != "little":
        raise cannot_read(path, "has an unusual index of shards", _EXPORT)
    return ShardIndex(shard.get("index_location", "end") == "end", len(names) == 2)


def _naming(encoding: dict[str, Any]) -> tuple[str, str]:
    config = encoding.get("configuration") or {}
    if encoding["name"] == "v2":
        return "", str(config.get("separator", "."))
    separator = str(config.get("separator", "/"))
    return f"c{separator}", separator


def _dtype(path: Path, said: Any, known: re.Pattern[str]) -> np.dtype[Any]:
    if not isinstance(said, str) or not known.fullmatch(said):
        cause = f"holds {printable(str(said))[:60]} values, but an image holds real numbers"
        raise cannot_read(path, cause, "save it as one of the types of numpy, such as uint16")
    dtype = np.dtype(said)
    check_dtype(path, dtype)
    return dtype


def _sides(path: Path, said: Any) -> Numbers:
    sides = tuple(said)
    plain = all(isinstance(side, int) and not isinstance(side, bool) for side in sides)
    if not plain or not 2 <= len(sides) <= MOST_AXES or min(sides) < 1 or max(sides) >= 2**48:
        raise cannot_read(path, f"has the shape {str(said)[:100]}", "an image has two axes or more")
    return sides


def _fill(said: Any, dtype: np.dtype[Any]) -> Any:
    if isinstance(said, str) and said.startswith("0x"):
        return np.frombuffer(bytes.fromhex(said[2:]), dtype.newbyteorder(">"))[0]
    plain = float(said) if isinstance(said, str) else said or 0
    return np.array(plain).astype(dtype.newbyteorder("="))[()]


def _checked(path: Path, layout: ZarrLayout) -> ZarrLayout:
    ranks = {len(layout.shape), len(layout.packing.chunks), len(layout.file_chunks)}
    pairs = zip(layout.file_chunks, layout.packing.chunks, strict=False)
    if len(ranks) != 1 or any(outer % inner for outer, inner in pairs):
        raise cannot_read(path, "has chunks that do not fit its shape", "copy or export it again")
    if layout.separator not in (".", "/"):
        raise cannot_read(path, "has damaged names of chunks", "copy or export it again")
    check_memory(path, layout.packing.nbytes, "one chunk of it")
    return layout
