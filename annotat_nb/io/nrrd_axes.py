"""What the axes of an NRRD image are, as its header says.

Source: https://teem.sourceforge.net/nrrd/format.html, section "kinds".
"""

from __future__ import annotations

import math

from annotat_nb.io.tiff_scale import UNKNOWN, Scale, scale_of_edges

_COLOURS = {"rgb-color", "rgba-color", "hsv-color", "xyz-color", "3-color", "4-color"}
_SPACE = {"domain", "space", "", "???", "none"}


def nrrd_axes(fields: dict[str, str], count: int) -> str:
    """Return one letter an axis, the fastest first: after its kind, else by position.

    Examples
    --------
    >>> nrrd_axes({"kinds": "vector domain domain domain"}, 4)
    'CXYZ'
    >>> nrrd_axes({"space directions": "none (1,0,0) (0,1,0) (0,0,1)"}, 4)
    'CXYZ'
    >>> nrrd_axes({}, 3)
    'XYZ'
    """
    kinds = fields.get("kinds", "").lower().split()
    if len(kinds) != count:
        directions = fields.get("space directions", "").split()
        kinds = ["vector" if one == "none" else "space" for one in directions]
    kinds = kinds if len(kinds) == count else ["space"] * count
    unused, letters = list("XYZT"), []
    if "time" in kinds:
        unused.remove("T")
    for kind in kinds:
        letter = _letter(kind, unused)
        letters.append("Q" if letter in letters else letter)
    return "".join(letters)


def _letter(kind: str, unused: list[str]) -> str:
    if kind in _SPACE:
        return unused.pop(0) if unused else "Q"
    if kind == "time":
        return "T"
    return "S" if kind in _COLOURS else "C"


def nrrd_scale(fields: dict[str, str], axes: str) -> Scale:
    """Return the voxel size, from the directions or the spacings of the axes in space."""
    units = fields.get("space units", fields.get("units", "")).replace('"', " ").split()
    unit = units[0] if units else "mm" if "space" in fields else ""
    if "space directions" in fields:
        vectors = [part for part in fields["space directions"].split() if part != "none"]
        return scale_of_xyz([_length(vector) for vector in vectors], unit)
    said = zip(map(float, fields.get("spacings", "").split()), axes, strict=False)
    return scale_of_xyz([edge for edge, axis in said if axis in "XYZ"], unit)


def _length(vector: str) -> float:
    return math.hypot(*map(float, vector.strip("()").split(",")))


def scale_of_xyz(edges: list[float], unit: str) -> Scale:
    """Turn edges (x, y, z) into a scale; a missing depth is that of a cube."""
    if len(edges) < 2:
        return UNKNOWN
    z = edges[2] if len(edges) > 2 else edges[0]
    return scale_of_edges((z, edges[1], edges[0]), unit)
