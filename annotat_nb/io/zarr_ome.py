"""The multiscale metadata of OME-Zarr: levels, axes and voxel size.

Sources: OME-NGFF 0.4 and 0.5, https://ngff.openmicroscopy.org.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from annotat_nb.io.axes import letter_of
from annotat_nb.io.tiff_scale import UNKNOWN, Scale, in_one_unit, unit_of

_OLD_AXES = ("t", "c", "z", "y", "x")  # before 0.3, always
MOST_LEVELS = 100


@dataclass(frozen=True)
class Level:
    """One resolution of an OME-Zarr image.

    Parameters
    ----------
    path
        Its array, from the group of the image.
    axes
        One letter for each axis.
    scale
        Voxel size (z, y, x) and unit.
    channels
        Names of the channels, as far as the file says them.
    """

    path: str
    axes: str
    scale: Scale
    channels: tuple[str, ...] = ()


def levels_of(attributes: dict[str, Any]) -> tuple[Level, ...]:
    """Read the resolutions of the first image of a group, the finest first.

    Examples
    --------
    >>> axes = [{"name": name, "unit": "micrometer"} for name in "zyx"]
    >>> scale = {"type": "scale", "scale": [2, 1, 1]}
    >>> datasets = [{"path": "0", "coordinateTransformations": [scale]}]
    >>> levels_of({"multiscales": [{"axes": axes, "datasets": datasets}]})
    (Level(path='0', axes='ZYX', scale=((2.0, 1.0, 1.0), 'µm'), channels=()),)
    """
    ome = attributes.get("ome")
    said = ome if isinstance(ome, dict) else attributes
    images = said.get("multiscales")
    if not images:
        return ()
    axes = [_axis(axis) for axis in images[0].get("axes", _OLD_AXES)]
    letters = "".join(letter_of(str(axis["name"])) for axis in axes)
    units = [str(axis.get("unit") or "px") for axis in axes]
    whole, channels = _factors(images[0], len(axes)), _channels(said.get("omero"))
    scales = [
        (str(one["path"]), _scale(letters, units, whole, _factors(one, len(axes))))
        for one in images[0]["datasets"][:MOST_LEVELS]
    ]
    return tuple(Level(path, letters, scale, channels) for path, scale in scales)


def _channels(rendering: Any) -> tuple[str, ...]:
    """Read the labels of the channels; what is malformed here spoils no image."""
    channels = rendering.get("channels") if isinstance(rendering, dict) else None
    if not isinstance(channels, list):
        return ()
    return tuple(
        str(one["label"]) if isinstance(one, dict) and one.get("label") else "" for one in channels
    )


def _axis(axis: Any) -> dict[str, Any]:
    return axis if isinstance(axis, dict) else {"name": axis}


def _factors(said: dict[str, Any], count: int) -> list[float]:
    for step in said.get("coordinateTransformations") or ():
        if step.get("type") == "scale" and len(step.get("scale", ())) == count:
            return [_number(factor) for factor in step["scale"]]
    return [1.0] * count


def _number(factor: Any) -> float:
    """Return what is no number as NaN: the voxel size is not known then."""
    try:
        return float(factor)
    except (TypeError, ValueError):
        return math.nan


def _scale(letters: str, units: list[str], whole: list[float], level: list[float]) -> Scale:
    found = {
        letter: (abs(outer * inner), unit_of(unit))
        for letter, outer, inner, unit in zip(letters, whole, level, units, strict=True)
    }
    if not {"Y", "X"} <= set(found):
        return UNKNOWN
    # A 2D image has no depth: its voxel is taken as a cube.
    z, y, x = found.get("Z", found["X"]), found["Y"], found["X"]
    edges = z[0], y[0], x[0]
    if not all(math.isfinite(edge) and edge > 0 for edge in edges):
        return UNKNOWN
    return in_one_unit(edges, [z[1], y[1], x[1]])
