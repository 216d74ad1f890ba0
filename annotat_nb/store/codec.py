"""Edits as bytes and back."""

from __future__ import annotations

import json
import struct
import zlib
from typing import Any

from annotat_nb.annotation import Edit, LabelClass, Runs, Stroke, Write

LENGTH = struct.Struct("<I")
LARGEST = 2**30


def encode_edit(edit: Edit) -> bytes:
    """Pack `edit`: a JSON head, then the voxels of each write, deflated, and the tool's record."""
    packed = [zlib.compress(write.voxels.to_bytes(), 1) for write in edit.writes]
    head = {
        "name": edit.name,
        "strokes": [[stroke.id, stroke.label] for stroke in edit.strokes],
        "classes": edit.classes and [c.model_dump(exclude={"visible"}) for c in edit.classes],
        "writes": [
            [write.target, write.value, len(part)]
            for write, part in zip(edit.writes, packed, strict=True)
        ],
    }
    raw = json.dumps(head, separators=(",", ":")).encode()
    return LENGTH.pack(len(raw)) + raw + b"".join(packed) + edit.record


def decode_edit(payload: bytes) -> Edit:
    """Read what `encode_edit` packed.

    Raises
    ------
    ValueError
        If the bytes are anything else.
    """
    try:
        (length,) = LENGTH.unpack_from(payload)
        head = json.loads(payload[LENGTH.size : LENGTH.size + length])
        return _edit(head, payload[LENGTH.size + length :])
    except (struct.error, zlib.error, KeyError, TypeError) as error:
        raise ValueError(f"not an edit: {error}") from error


def _inflate(packed: bytes) -> bytes:
    """Inflate, but no more than any edit needs: a few bytes can stand for terabytes."""
    inflater = zlib.decompressobj()
    raw = inflater.decompress(packed, LARGEST)
    if not inflater.eof:
        raise ValueError("it is cut off or far too large")
    return raw


def _edit(head: dict[str, Any], packed: bytes) -> Edit:
    writes, at = [], 0
    for target, value, length in head["writes"]:
        if target not in ("markers", "labels"):
            raise ValueError(f"nothing is called {target!r}")
        voxels = Runs.from_bytes(_inflate(packed[at : at + length]))
        writes.append(Write(target, voxels, int(value)))
        at += length
    classes = head["classes"]
    return Edit(
        str(head["name"]),
        tuple(writes),
        tuple(Stroke(int(number), int(label)) for number, label in head["strokes"]),
        None if classes is None else tuple(LabelClass(**item) for item in classes),
        packed[at:],
    )
