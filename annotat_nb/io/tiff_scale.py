"""Voxel sizes out of TIFF metadata."""

from __future__ import annotations

import math
from typing import Any
from xml.etree import ElementTree

Scale = tuple[tuple[float, float, float], str]

UNKNOWN: Scale = ((1.0, 1.0, 1.0), "px")

_MICROMETRES = {"pm": 1e-6, "Å": 1e-4, "nm": 1e-3, "µm": 1.0, "mm": 1e3, "cm": 1e4, "m": 1e6}
_SPELLINGS = {
    "um": "µm",
    "\u03bcm": "µm",  # Greek mu
    "\\u00b5m": "µm",  # as ImageJ escapes it
    "micron": "µm",
    "microns": "µm",
    "micrometer": "µm",
    "nanometer": "nm",
    "millimeter": "mm",
    "centimeter": "cm",
    "meter": "m",
    "picometer": "pm",
    "angstrom": "Å",
    "pixel": "px",
    "pixels": "px",
    "": "px",
}
UNIT_NAMES = {
    "pm": "picometer",
    "Å": "angstrom",
    "nm": "nanometer",
    "µm": "micrometer",
    "mm": "millimeter",
    "cm": "centimeter",
    "m": "meter",
}
"""Units as OME-Zarr spells them."""
_COARSEST_TAG = 40.0  # µm; coarser resolution tags are those of printers and screens


def unit_of(text: str) -> str:
    r"""Return the usual spelling of a unit.

    Examples
    --------
    >>> unit_of("micron"), unit_of("\\u00B5m"), unit_of("mm")
    ('µm', 'µm', 'mm')
    """
    text = text.strip()
    return _SPELLINGS.get(text.lower(), text)


def in_micrometres(
    voxel_size: tuple[float, float, float], unit: str
) -> tuple[float, float, float] | None:
    """Return `voxel_size` in µm; None where `unit` is no length.

    Examples
    --------
    >>> in_micrometres((2, 1, 1), "mm")
    (2000.0, 1000.0, 1000.0)
    """
    if unit not in _MICROMETRES:
        return None
    z, y, x = (edge * _MICROMETRES[unit] for edge in voxel_size)
    return z, y, x


def scale_of(tif: Any, number: int) -> Scale:
    """Return voxel size (z, y, x) and unit of series `number`; `UNKNOWN` where none makes sense."""
    page = tif.series[number].keyframe
    if tif.is_ome:
        found = ome_scale(tif.ome_metadata, number)
    elif tif.is_imagej:
        found = imagej_scale(tif.imagej_metadata or {}, *_resolution(page))
    else:
        found = tag_scale(page.resolutionunit, *_resolution(page))
    return found if all(math.isfinite(edge) and edge > 0 for edge in found[0]) else UNKNOWN


def ome_scale(xml: str, index: int) -> Scale:
    """Read the physical size of image `index` of OME metadata."""
    pixels = [e for e in ElementTree.fromstring(xml).iter() if e.tag.endswith("}Pixels")]
    if index >= len(pixels) or pixels[index].get("PhysicalSizeX") is None:
        return UNKNOWN
    attributes = pixels[index].attrib
    edges, units = [], []
    for axis in "ZYX":
        # A missing depth is common in 2D images: the voxel is then taken as a cube.
        named = axis if f"PhysicalSize{axis}" in attributes else "X"
        edges.append(float(attributes[f"PhysicalSize{named}"]))
        units.append(unit_of(attributes.get(f"PhysicalSize{named}Unit", "µm")))
    return in_one_unit((edges[0], edges[1], edges[2]), units)


def imagej_scale(metadata: dict[str, Any], per_y: float, per_x: float) -> Scale:
    """Read ImageJ's calibration: a unit, voxels per unit in a slice, and the slice distance."""
    unit = unit_of(str(metadata.get("unit", "")))
    if unit == "px" or not per_y or not per_x:
        return UNKNOWN
    # ImageJ omits a distance of exactly 1.
    return (abs(float(metadata.get("spacing", 1.0))), 1 / per_y, 1 / per_x), unit


def tag_scale(resolution_unit: int, per_y: float, per_x: float) -> Scale:
    """Read plain resolution tags, in inches (2) or centimetres (3), unless a printer's."""
    unit = {2: 25_400.0, 3: 10_000.0}.get(int(resolution_unit))
    if unit is None or not per_y or not per_x:
        return UNKNOWN
    y, x = unit / per_y, unit / per_x
    return UNKNOWN if max(y, x) > _COARSEST_TAG else ((x, y, x), "µm")


def class_text(xml: str) -> str | None:
    """Return the class table that `write_labels` put into OME metadata; None when absent."""
    for element in ElementTree.fromstring(xml).iter():
        if element.tag.endswith("CommentAnnotation") and element.get("Namespace") == CLASSES:
            return "".join(element.itertext()).strip()
    return None


CLASSES = "annotat_nb/classes"
"""Namespace of the class table in OME metadata."""


def scale_of_edges(edges: tuple[float, float, float], unit: str) -> Scale:
    """Return voxel size and unit of `edges` (z, y, x); `UNKNOWN` where they make no sense.

    Examples
    --------
    >>> scale_of_edges((2.0, -1.0, 1.0), "micron")
    ((2.0, 1.0, 1.0), 'µm')
    """
    z, y, x = (abs(edge) for edge in edges)
    is_sound = all(math.isfinite(edge) and edge > 0 for edge in (z, y, x))
    return ((z, y, x), unit_of(unit)) if is_sound else UNKNOWN


def in_one_unit(edges: tuple[float, float, float], units: list[str]) -> Scale:
    """Return the voxel size in one unit, in micrometres where the axes have different ones."""
    if len(set(units)) == 1:
        return edges, units[0]
    if not all(unit in _MICROMETRES for unit in units):
        return UNKNOWN
    z, y, x = (edge * _MICROMETRES[unit] for edge, unit in zip(edges, units, strict=True))
    return (z, y, x), "µm"


def _resolution(page: Any) -> tuple[float, float]:
    values = []
    for name in ("YResolution", "XResolution"):
        tag = page.tags.get(name)
        top, bottom = tag.value if tag is not None and tag.count == 1 else (0, 1)
        values.append(top / bottom if bottom else 0.0)
    return values[0], values[1]
