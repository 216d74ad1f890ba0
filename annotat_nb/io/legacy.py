"""Files of Annotat3D, which are Python pickles: opening one can run any program, so none is."""

from __future__ import annotations

import re
import zlib
from typing import TYPE_CHECKING

from annotat_nb.io.errors import cannot_read

if TYPE_CHECKING:
    from pathlib import Path

_PICKLE = re.compile(rb"\x80[\x02-\x05]|\([dlt]p\d|[}\]]q\x00|c(copy_reg|__builtin__)\n")
"""How pickles begin: those of all protocols since 2, and lists, dicts and objects in older ones."""
_SAFETENSORS = re.compile(rb"..\x00{6}\{", re.DOTALL)
"""How a safetensors file begins: the length of its head may look like a pickle."""
_FEW = 512
_REMEDIES = {
    "classifier": (
        "apply it in Annotat3D and save the label, or load here the annotation that it learnt "
        "from, as an int16 image that is -1 where nothing is marked, and press Apply"
    ),
    "training data": (
        "load here the annotation that it came from, as an int16 image that is -1 where nothing "
        "is marked, and save training data anew"
    ),
    "markers": (
        "in the Python of Annotat3D, put its marks into an int16 image that is -1 elsewhere, save "
        "that as TIFF and load it"
    ),
}


def refuse_pickle(path: Path, kind: str) -> None:
    """Refuse `path` if its first bytes are those of a pickle, whatever its name says.

    Parameters
    ----------
    path
        A file that can be read.
    kind
        What it is meant to be: "classifier", "training data" or "markers".

    Raises
    ------
    ReadError
        If it is a pickle; the sentence says how to bring over what it holds.
    """
    if is_pickle(path):
        cause = "is a Python pickle, as Annotat3D saves, and opening one could run any program"
        raise cannot_read(path, cause, _REMEDIES[kind])


def is_pickle(path: Path) -> bool:
    """Tell whether a file begins like a pickle, or like one that joblib packed."""
    with path.open("rb") as file:
        first = file.read(_FEW)
    return _looks_pickled(first) or _looks_pickled(_unpacked(first))


def _looks_pickled(first: bytes) -> bool:
    return _PICKLE.match(first) is not None and _SAFETENSORS.match(first) is None


def _unpacked(first: bytes) -> bytes:
    """Return the first bytes inside a zlib or gzip file; nothing if it is neither."""
    try:
        return zlib.decompressobj(wbits=47).decompress(first, 16)
    except zlib.error:
        return b""
