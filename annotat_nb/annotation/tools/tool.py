"""What every annotation tool has in common."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Annotated

import numpy as np
from pydantic import Field

from annotat_nb.annotation.places import check_slice
from annotat_nb.operation import Record
from annotat_nb.volume import Axis, axis_number, plane_axes

if TYPE_CHECKING:
    from annotat_nb.annotation.history import Edit
    from annotat_nb.annotation.runs import Flat
    from annotat_nb.annotation.scene import Scene
    from annotat_nb.blocks import Shape
    from annotat_nb.operation import Array

LARGEST_MARKED = 2**15 - 1
"""Markers read as int16."""
LARGEST_LABEL = 2**16 - 1
"""Labels have up to 16 bits."""

Coordinate = Annotated[int, Field(ge=-(2**20), le=2**20)]
Point = tuple[Coordinate, Coordinate]
Points = Annotated[tuple[Point, ...], Field(min_length=1)]
Radius = Annotated[int, Field(ge=0, le=200, json_schema_extra={"unit": "voxel"})]
Marked = Annotated[int, Field(ge=0, le=LARGEST_MARKED)]
"""A class that can be marked."""
Labelled = Annotated[int, Field(ge=1, le=LARGEST_LABEL)]
"""A class of the segmentation other than Background."""
Size = Annotated[int, Field(ge=1, json_schema_extra={"unit": "voxel"})]


class Tool(Record):
    """One use of an annotation tool; `annotat_nb.Session.edit` carries it out."""

    def edit(self, scene: Scene) -> Edit:
        """Resolve to the voxels that change, with this record beside them.

        Raises
        ------
        KeyError
            If a class does not exist.
        ValueError
            If it cannot be done; the sentence says why, and what to do.
        """
        return self.resolve(scene).of_tool(self.model_dump_json())

    @abstractmethod
    def resolve(self, scene: Scene) -> Edit:
        """Find the voxels of `scene` that change."""

    @property
    def step(self) -> str:
        """What the user did, in a word or two."""
        return self.title.lower()


class SliceTool(Tool):
    """A tool that is used in one slice."""

    axis: Axis = "z"
    """Axis that the slice cuts: "z" is an XY slice."""
    index: int = 0
    """Number of the slice along the axis, from 0."""

    def plane(self, shape: Shape) -> tuple[int, int]:
        """Return the rows and columns of the slice in a volume of `shape`.

        Raises
        ------
        ValueError
            If the slice does not exist.
        """
        check_slice(shape, self.axis, self.index)
        height, width = (shape[axis_number(name)] for name in plane_axes(self.axis))
        return height, width

    def inside(self, points: Array, shape: Shape) -> Flat:
        """Return the voxels at those points, (n, 2), that lie in the volume, in their order."""
        rows, columns = points[((points >= 0) & (points < self.plane(shape))).all(1)].T
        position = [rows, columns]
        position.insert(axis_number(self.axis), np.full(len(rows), self.index))
        flat: Flat = np.ravel_multi_index(tuple(position), shape)
        return flat

    def voxel_at(self, point: Point, shape: Shape) -> Shape | None:
        """Return the voxel, (z, y, x), at a point of the slice; None outside the volume."""
        height, width = self.plane(shape)
        if not (0 <= point[0] < height and 0 <= point[1] < width):
            return None
        position = list(point)
        position.insert(axis_number(self.axis), self.index)
        return position[0], position[1], position[2]
