"""Labels as compressed OME-TIFF, with the class table in its metadata."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from annotat_nb.io.atomic import atomic_write
from annotat_nb.io.tiff import open_tiff
from annotat_nb.io.tiff_scale import CLASSES, class_text

if TYPE_CHECKING:
    from pathlib import Path

    from annotat_nb.io.integer_image import IntegerImage


def write_tiff(target: Path, image: IntegerImage) -> Path:
    """Write `image` and return its path."""
    from tifffile import imwrite

    with atomic_write(target) as file:
        imwrite(
            file,
            image.planes(),
            shape=image.data.shape,
            dtype=image.data.dtype,
            ome=True,
            bigtiff=prod(image.data.shape) * image.data.dtype.itemsize > 2**31,
            photometric="minisblack",
            compression="zlib",
            metadata=_metadata(image),
        )
    return target


def tiff_classes(path: Path) -> str:
    """Return the JSON of the class table in `path`; empty when there is none."""
    with open_tiff(path) as tif:
        return (class_text(tif.ome_metadata) if tif.is_ome else None) or ""


def _metadata(image: IntegerImage) -> dict[str, Any]:
    metadata: dict[str, Any] = {"axes": "ZYX"}
    for axis, edge in zip("ZYX", image.voxel_size, strict=True):
        metadata[f"PhysicalSize{axis}"] = edge
        metadata[f"PhysicalSize{axis}Unit"] = "pixel" if image.unit == "px" else image.unit
    if image.table:
        metadata["CommentAnnotation"] = {"Namespace": CLASSES, "Value": image.table}
    return metadata
