"""Tools: records of what the user did with the mouse, each resolved to one edit."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Annotated, ClassVar

import numpy as np
from pydantic import Field

from annotat_nb.annotation.history import Edit, Write
from annotat_nb.annotation.markers import Stroke
from annotat_nb.annotation.raster import stroke_voxels
from annotat_nb.annotation.runs import Runs
from annotat_nb.operation import Record
from annotat_nb.volume import AXES, Axis, plane_axes

if TYPE_CHECKING:
    from annotat_nb.annotation.document import Annotation
    from annotat_nb.blocks import Shape

LARGEST_MARKED = 2**15 - 1
"""Markers read as int16."""
Coordinate = Annotated[int, Field(ge=-(2**20), le=2**20)]
Point = tuple[Coordinate, Coordinate]
Points = Annotated[tuple[Point, ...], Field(min_length=1)]
Radius = Annotated[int, Field(ge=0, le=200, json_schema_extra={"unit": "voxel"})]


class Tool(Record):
    """One use of an annotation tool; `annotat_nb.Session.edit` carries it out."""

    @abstractmethod
    def edit(self, annotation: Annotation) -> Edit:
        """Resolve to the voxels of `annotation` that change."""


class Brush(Tool):
    """A stroke of the brush in one slice."""

    points: Points
    """Voxels the brush passed, in the remaining (z, y, x) order of the slice."""
    axis: Axis = "z"
    """Axis that the slice cuts: "z" is an XY slice."""
    index: int = 0
    """Number of the slice along the axis, from 0."""
    radius: Radius = 5
    """Radius of the brush. 1 marks five voxels."""

    def voxels(self, shape: Shape) -> Runs:
        """Return the voxels of a volume of `shape` that the brush covers.

        Raises
        ------
        ValueError
            If the slice does not exist.
        """
        check_slice(shape, self.axis, self.index)
        height, width = (shape[AXES.index(name)] for name in plane_axes(self.axis))
        rows, columns = stroke_voxels(np.array(self.points), self.radius, (height, width))
        return Runs.from_plane(rows, columns, shape, self.axis, self.index)


class Paint(Brush):
    """Mark the voxels under the brush with a class.

    Examples
    --------
    >>> from annotat_nb.annotation import Annotation
    >>> annotation = Annotation((1, 8, 8))
    >>> annotation.make(Paint(points=((4, 4),), label=0, radius=1).edit(annotation))
    >>> annotation.markers.marked()[0].tolist()
    [28, 35, 36, 37, 44]
    """

    title: ClassVar[str] = "Paint"

    label: int = Field(1, ge=0, le=LARGEST_MARKED)
    """Class to mark with; 0 is Background."""

    def edit(self, annotation: Annotation) -> Edit:
        annotation.classes[self.label]
        number = annotation.new_stroke()
        write = Write("markers", self.voxels(annotation.shape), number)
        return Edit("paint", (write,), (Stroke(number, self.label),))


class Erase(Brush):
    """Unmark the voxels under the brush."""

    title: ClassVar[str] = "Erase"

    def edit(self, annotation: Annotation) -> Edit:
        flat = self.voxels(annotation.shape).flat()
        marked = Runs.from_flat(flat[annotation.markers.read(flat) > 0])
        return Edit("erase", (Write("markers", marked, 0),))


class EraseStroke(Tool):
    """Unmark all that is left of the stroke at one voxel; nothing happens where there is none."""

    title: ClassVar[str] = "Erase stroke"

    point: Point
    """Voxel of the stroke, in the remaining (z, y, x) order of the slice."""
    axis: Axis = "z"
    """Axis that the slice cuts: "z" is an XY slice."""
    index: int = 0
    """Number of the slice along the axis, from 0."""

    def edit(self, annotation: Annotation) -> Edit:
        check_slice(annotation.shape, self.axis, self.index)
        position = list(self.point)
        position.insert(AXES.index(self.axis), self.index)
        inside = all(0 <= p < e for p, e in zip(position, annotation.shape, strict=True))
        voxel = (position[0], position[1], position[2])
        stroke = annotation.markers.stroke_at(voxel) if inside else 0
        if not stroke:
            return Edit("erase stroke")
        return Edit("erase stroke", (Write("markers", annotation.markers.voxels_of(stroke), 0),))


class EraseAll(Tool):
    """Unmark everything."""

    title: ClassVar[str] = "Erase all markers"

    def edit(self, annotation: Annotation) -> Edit:
        marked, _ = annotation.markers.marked()
        return Edit("erase all markers", (Write("markers", Runs.from_flat(marked), 0),))


def check_slice(shape: Shape, axis: str, index: int) -> None:
    """Refuse a slice that a volume of `shape` does not have."""
    extent = shape[AXES.index(axis)] if axis in AXES else 0
    if not 0 <= index < extent:
        raise ValueError(
            f"slice {axis} = {index} does not exist; {axis} goes from 0 to {extent - 1}"
        )
