"""Areas within a line: drawn freehand, or from corner to corner."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from annotat_nb.annotation.raster import line_points
from annotat_nb.annotation.runs import Runs
from annotat_nb.annotation.tools.tool import Marked, Point, SliceTool
from annotat_nb.annotation.tools.writing import marked_with, marking, unmarking

if TYPE_CHECKING:
    from annotat_nb.annotation.history import Edit
    from annotat_nb.annotation.runs import Flat
    from annotat_nb.annotation.scene import Scene
    from annotat_nb.blocks import Shape
    from annotat_nb.operation import Array


class Lasso(SliceTool):
    """Mark or unmark what a line drawn freehand encloses, and the line itself.

    Where the line crosses itself, what it goes round twice is outside (even-odd rule).
    """

    title: ClassVar[str] = "Lasso"

    points: Annotated[tuple[Point, ...], Field(min_length=2)]
    """Voxels that straight lines join, in the remaining (z, y, x) order of the slice; the last
    one is joined to the first."""
    label: Marked = 1
    """Class to mark with; 0 is Background."""
    mode: Literal["add", "subtract", "slice"] = "add"
    """"add" marks what the line encloses, "subtract" unmarks what has the class in there, and
    "slice" unmarks the class along the line only, from its first to its last point, which cuts
    it in two."""

    def resolve(self, scene: Scene) -> Edit:
        scene.annotation.classes[self.label]
        if self.mode == "add":
            flat = self._flat(enclosed(self.points, self.plane(scene.shape)), scene.shape)
            return marking(scene.annotation, self.step, [(self.label, flat)])
        area = cut_line if self.mode == "slice" else enclosed
        flat = self._flat(area(self.points, self.plane(scene.shape)), scene.shape)
        return unmarking(self.step, marked_with(scene.annotation, flat, self.label))

    def _flat(self, area: tuple[Array, Array], shape: Shape) -> Flat:
        return Runs.from_plane(*area, shape, self.axis, self.index).flat()


class Polygon(Lasso):
    """Mark or unmark what a line from corner to corner encloses, and the line itself."""

    title: ClassVar[str] = "Polygon"


def enclosed(points: tuple[Point, ...], plane: tuple[int, int]) -> tuple[Array, Array]:
    """Return the rows and columns that a closed line encloses, with the line itself.

    Examples
    --------
    >>> rows, columns = enclosed(((0, 0), (0, 2), (2, 2), (2, 0)), (9, 9))
    >>> rows.tolist(), columns.tolist()
    ([0, 0, 0, 1, 1, 1, 2, 2, 2], [0, 1, 2, 0, 1, 2, 0, 1, 2])
    """
    from skimage.draw import polygon

    rows, columns = polygon(*np.transpose(points), shape=plane)
    line = line_points([*points, points[0]])
    return _distinct(np.append(rows, line[:, 0]), np.append(columns, line[:, 1]), plane)


def cut_line(points: tuple[Point, ...], plane: tuple[int, int]) -> tuple[Array, Array]:
    """Return the rows and columns of a line without gaps at corners: what it cuts falls apart."""
    line = line_points(points)
    corners = np.column_stack([line[:-1, 0], line[1:, 1]])
    rows, columns = np.concatenate([line, corners]).T
    return _distinct(rows, columns, plane)


def _distinct(rows: Array, columns: Array, plane: tuple[int, int]) -> tuple[Array, Array]:
    """Return each voxel inside the slice once."""
    inside = (rows >= 0) & (rows < plane[0]) & (columns >= 0) & (columns < plane[1])
    found = np.unique(rows[inside] * plane[1] + columns[inside])
    rows, columns = np.divmod(found, plane[1])
    return rows, columns
