"""Labels as an OME-Zarr 0.4 folder, with the class table in its attributes.

0.4 rather than 0.5, because it is Zarr version 2: all that read 0.5 read it, and the programs built
on Java or on older libraries read nothing else.
"""

from __future__ import annotations

import json
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from annotat_nb.io.atomic_folder import atomic_folder
from annotat_nb.io.errors import cannot_read, cannot_write
from annotat_nb.io.tiff_scale import UNIT_NAMES

if TYPE_CHECKING:
    from pathlib import Path

    from annotat_nb.io.integer_image import IntegerImage

CLASSES = "annotat_nb"
_VERSION = "0.4"
_CHUNK = (64, 256, 256)  # 4 MB of uint8: a 2048³ label is 2048 files
_ATTRIBUTES = ".zattrs"
_MOST_BYTES = 2**26


def write_zarr(target: Path, image: IntegerImage) -> Path:
    """Write `image` as a folder and return its path."""
    if target.exists() and "image-label" not in _attributes(target):
        cause = "exists and is no label that could be replaced"
        raise cannot_write(target, cause, "choose another name, or remove it first")
    with atomic_folder(target) as folder:
        _fill(folder, image)
    return target


def zarr_classes(path: Path) -> str:
    """Return the JSON of the class table in `path`; empty when there is none."""
    attributes = _attributes(path)
    return json.dumps(attributes[CLASSES]) if CLASSES in attributes else ""


def _attributes(path: Path) -> dict[str, Any]:
    """Return the attributes of a Zarr 2 or 3 group; none where there are none to be had."""
    for name in (_ATTRIBUTES, "zarr.json"):
        file = path / name
        if not file.is_file():
            continue
        if file.stat().st_size > _MOST_BYTES:
            raise cannot_read(path, f"has a {name} too large to be true", "export it again")
        found = _parsed(path, file)
        inner = found.get("attributes") if name == "zarr.json" else found
        return inner if isinstance(inner, dict) else {}
    return {}


def _parsed(path: Path, file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text("utf-8"))
    except (ValueError, RecursionError):
        cause = f"has a {file.name} that is not JSON"
        raise cannot_read(path, cause, "copy or export it again") from None
    return found if isinstance(found, dict) else {}


def _fill(folder: Path, image: IntegerImage) -> None:
    import zarr
    from numcodecs import Blosc

    ids = image.data
    unmarked = -1 if image.kind == "markers" else 0
    group = zarr.create_group(str(folder), zarr_format=2, attributes=_metadata(image))
    array = group.create_array(
        "0",
        shape=ids.shape,
        chunks=tuple(map(min, _CHUNK, ids.shape)),
        dtype=ids.dtype,
        compressors=Blosc(cname="zstd", clevel=3, shuffle=Blosc.SHUFFLE),
        fill_value=unmarked,
        chunk_key_encoding={"name": "v2", "separator": "/"},
    )
    # One by one: when a write fails, no other thread goes on filling the folder.
    for box in product(*map(_pieces, ids.shape, _CHUNK)):
        array[box] = np.asarray(ids[box])


def _pieces(side: int, step: int) -> list[slice]:
    return [slice(start, start + step) for start in range(0, side, step)]


def _metadata(image: IntegerImage) -> dict[str, Any]:
    scale = {"type": "scale", "scale": list(image.voxel_size)}
    levels = [{"path": "0", "coordinateTransformations": [scale]}]
    unit = {"unit": UNIT_NAMES[image.unit]} if image.unit in UNIT_NAMES else {}
    axes = [{"name": axis, "type": "space", **unit} for axis in "zyx"]
    multiscale = {"version": _VERSION, "name": image.kind, "axes": axes, "datasets": levels}
    metadata = {"multiscales": [multiscale], "image-label": _label(image.classes)}
    return metadata | ({CLASSES: json.loads(image.table)} if image.table else {})


def _label(classes: list[dict[str, Any]]) -> dict[str, Any]:
    colors = [
        {"label-value": entry["id"], "rgba": [*bytes.fromhex(entry["color"][1:]), 255]}
        for entry in classes
        if "color" in entry
    ]
    names = [{"label-value": entry["id"], "name": entry["name"]} for entry in classes]
    return {"version": _VERSION, "colors": colors, "properties": names}
