"""Arrays and a JSON head in one file: what is learnt, in an open format that holds only data.

The file is a safetensors file. Its metadata hold one text, the head: what kind of file it is, of
which version, a checksum of the arrays, and whatever else the kind needs.
"""

from __future__ import annotations

import json
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from annotat_nb.io.atomic import atomic_write
from annotat_nb.io.errors import cannot_read, cannot_write, check_place, reading, writing
from annotat_nb.io.gate import check_file, check_memory
from annotat_nb.io.legacy import refuse_pickle

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from annotat_nb.operation import Array

KEY = "annotat_nb"
"""Under this name the metadata hold the head."""
LARGEST_HEAD = 2**20
"""Bytes; the head of a classifier with a thousand features takes a tenth of it."""
SAVE_AGAIN = "save it again in the session that made it, or restore it from a copy"
"""What to do with a file that is damaged."""
_LENGTH = 8
"""Bytes before the head that tell its length, as safetensors has it."""


def write_arrays(
    path: str | os.PathLike[str], kind: str, head: Mapping[str, Any], arrays: Mapping[str, Array]
) -> Path:
    """Write arrays with their head wholly or not at all, and return the path.

    Parameters
    ----------
    path
        Where to write.
    kind
        What the file is, in words: ``"classifier"``.
    head
        What fits into JSON.
    arrays
        Arrays of numbers by their names.

    Raises
    ------
    WriteError
        If the file cannot be written; an older file of that name is then unchanged.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> path = Path(tempfile.mkdtemp()) / "ramp.example"
    >>> _ = write_arrays(path, "example", {"schema": 1}, {"ramp": np.arange(3)})
    >>> head, arrays = read_arrays(path, "example", schema=1)
    >>> arrays["ramp"].tolist()
    [0, 1, 2]
    """
    import numpy as np
    from safetensors.numpy import save

    target = Path(path).absolute()
    check_place(target)
    dense = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    named = {"kind": kind, **head}
    text = json.dumps({**named, "checksum": _checksum(named, dense)})
    content = save(dense, {KEY: text})
    if int.from_bytes(content[:_LENGTH], "little") > LARGEST_HEAD:
        cause = "has more feature channels than a file can name"
        raise cannot_write(target, cause, "choose fewer features")
    with writing(target), atomic_write(target) as file:
        file.write(content)
    return target


def read_arrays(
    path: str | os.PathLike[str], kind: str, schema: int
) -> tuple[dict[str, Any], dict[str, Array]]:
    """Read what `write_arrays` wrote; whatever else the file is, it runs nothing and is refused.

    Parameters
    ----------
    path
        The file.
    kind
        What it must be.
    schema
        The newest version of that kind that is known.

    Returns
    -------
    head, arrays
        What was written. Only the kind, the version and the checksum were checked: what they hold
        must be checked by who knows the kind.

    Raises
    ------
    ReadError
        If the file is no such file, is damaged, or is of a newer version.
    """
    source = Path(path).absolute()
    with reading(source, SAVE_AGAIN):
        if source.is_dir():
            raise cannot_read(source, "is a folder", f"choose a file that holds a {kind}")
        size = check_file(source)
        refuse_pickle(source, kind)
        head = _read_head(source, kind, size)
        _check_head(source, head, kind, schema)
        check_memory(source, 3 * size, f"the {kind}")
        arrays = _read_all(source)
        if head.pop("checksum", None) != _checksum(head, arrays):
            raise cannot_read(source, "is damaged: its checksum differs", SAVE_AGAIN)
        return head, arrays


def _checksum(head: Mapping[str, Any], arrays: Mapping[str, Array]) -> int:
    """Return the CRC-32 of the head, and of names, types, shapes and values of the arrays."""
    found = zlib.crc32(json.dumps(head, sort_keys=True).encode())
    for name in sorted(arrays):
        array = arrays[name]
        found = zlib.crc32(f"{name} {array.dtype.str} {array.shape}".encode(), found)
        found = zlib.crc32(array.tobytes(), found)
    return found


def _read_head(source: Path, kind: str, size: int) -> dict[str, Any]:
    """Return the head of a safetensors file; of its arrays nothing is read."""
    with source.open("rb") as file:
        length = int.from_bytes(file.read(_LENGTH), "little")
        raw = file.read(length) if length <= min(LARGEST_HEAD, size - _LENGTH) else b""
    metadata = _mapping(_mapping(_parsed(raw)).get("__metadata__"))
    head = _mapping(_parsed(metadata.get(KEY, "")))
    if not head:
        raise cannot_read(source, f"is no {kind} file of annotat_nb", "check which file is meant")
    return head


def _parsed(text: Any) -> Any:
    try:
        return json.loads(text)
    except (ValueError, TypeError, RecursionError):
        return None


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _check_head(source: Path, head: dict[str, Any], kind: str, schema: int) -> None:
    found, version = head.get("kind"), head.get("schema")
    if found != kind:
        cause = f"holds {str(found)[:40]!r}, not a {kind}"
        raise cannot_read(source, cause, "load it as what it is, or choose another file")
    if type(version) is not int or version < 1:
        raise cannot_read(source, f"has the version {str(version)[:40]!r}", SAVE_AGAIN)
    if version > schema:
        cause = "was made by a newer annotat_nb"
        raise cannot_read(source, cause, "update this one to load it")


def _read_all(source: Path) -> dict[str, Array]:
    from safetensors.numpy import load

    arrays: dict[str, Array] = load(source.read_bytes())
    return arrays
