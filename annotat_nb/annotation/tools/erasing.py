"""Taking markers away as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from annotat_nb.annotation.history import Edit, Write
from annotat_nb.annotation.tools.tool import Point, SliceTool, Tool
from annotat_nb.annotation.tools.writing import unmarking

if TYPE_CHECKING:
    from annotat_nb.annotation.scene import Scene


class EraseStroke(SliceTool):
    """Unmark all that is left of the stroke at one voxel; nothing happens where there is none."""

    title: ClassVar[str] = "Erase stroke"

    point: Point
    """Voxel of the stroke, in the remaining (z, y, x) order of the slice."""

    def resolve(self, scene: Scene) -> Edit:
        voxel, markers = self.voxel_at(self.point, scene.shape), scene.annotation.markers
        stroke = markers.stroke_at(voxel) if voxel else 0
        if not stroke:
            return Edit(self.step)
        return Edit(self.step, (Write("markers", markers.voxels_of(stroke), 0),))


class EraseAll(Tool):
    """Unmark everything."""

    title: ClassVar[str] = "Erase all markers"

    def resolve(self, scene: Scene) -> Edit:
        marked, _ = scene.annotation.markers.marked()
        return unmarking(self.step, marked)
