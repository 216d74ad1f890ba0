"""Filling: what an outline encloses, and what looks alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

import numpy as np
from pydantic import Field

from annotat_nb.annotation.growing import parts_at
from annotat_nb.annotation.places import across, box_round, flat_of, slice_box
from annotat_nb.annotation.tools.tool import Marked, Point, SliceTool
from annotat_nb.annotation.tools.writing import marking, unmarked
from annotat_nb.blocks import pad_box
from annotat_nb.volume import axis_number

if TYPE_CHECKING:
    from annotat_nb.annotation.history import Edit
    from annotat_nb.annotation.runs import Flat
    from annotat_nb.annotation.scene import Scene
    from annotat_nb.blocks import Box
    from annotat_nb.operation import Array


class Filling(SliceTool):
    """Marks with a class what is unmarked; what is marked already stays as it is."""

    label: Marked = 1
    """Class to mark with; 0 is Background."""

    def _mark(self, scene: Scene, mask: Array, box: Box) -> Edit:
        flat = unmarked(scene.annotation, flat_of(mask, box, scene.shape))
        return marking(scene.annotation, self.step, [(self.label, flat)])

    def _seed(self, point: Point, scene: Scene) -> Flat:
        voxel = self.voxel_at(point, scene.shape)
        if voxel is None:
            raise ValueError(f"point {point} lies outside the slice; choose one inside the image")
        return np.array([np.ravel_multi_index(voxel, scene.shape)])


class Fill(Filling):
    """Mark the area round a voxel that an outline drawn with the class encloses in the slice."""

    title: ClassVar[str] = "Fill"

    point: Point
    """Voxel inside the outline, in the remaining (z, y, x) order of the slice."""

    def resolve(self, scene: Scene) -> Edit:
        name = scene.annotation.classes[self.label].name
        seed, plane = self._seed(self.point, scene), slice_box(scene.shape, self.axis, self.index)
        box, area = parts_at(
            lambda part: scene.markers(part) != self.label, seed, scene.shape, limit=plane
        )
        if _reaches(area, box, plane, axis_number(self.axis)):
            raise ValueError(
                f"no closed outline of {name} goes round this voxel; draw the missing piece of "
                "it, then fill again"
            )
        return self._mark(scene, area > 0, box)


class FillHoles(Filling):
    """Mark every hole in the markers of the class in the slice."""

    title: ClassVar[str] = "Fill holes"

    def resolve(self, scene: Scene) -> Edit:
        from scipy import ndimage

        scene.annotation.classes[self.label]
        self.plane(scene.shape)
        box = slice_box(scene.shape, self.axis, self.index)
        drawn = (scene.markers(box) == self.label).squeeze(axis_number(self.axis))
        holes = ndimage.binary_fill_holes(drawn) & ~drawn
        return self._mark(scene, np.expand_dims(holes, axis_number(self.axis)), box)


class FloodFill(Filling):
    """Mark what looks like a voxel and hangs together with it: the magic wand."""

    title: ClassVar[str] = "Flood fill"

    point: Point
    """Voxel to begin with, in the remaining (z, y, x) order of the slice."""
    tolerance: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    """How far intensities may differ from that of the first voxel, up and down, in grey values."""
    reach: Annotated[int, Field(ge=1, json_schema_extra={"unit": "voxel"})] = 1000
    """How far from the first voxel the area may go within the slice, in each direction."""
    depth: Annotated[int, Field(ge=0, json_schema_extra={"unit": "slice"})] = 0
    """How many slices to either side the area may go on into; 0 stays in the slice."""

    def resolve(self, scene: Scene) -> Edit:
        scene.annotation.classes[self.label]
        seed = self._seed(self.point, scene)
        voxel = box_round(seed, scene.shape)
        first = scene.image(voxel).item()
        if not np.isfinite(first):
            raise ValueError("the image has no finite value at this voxel; choose another one")
        limit = pad_box(voxel, across(self.axis, self.depth, self.reach), scene.shape)
        low, high = first - self.tolerance, first + self.tolerance
        box, area = parts_at(
            lambda part: between(scene.image(part), low, high), seed, scene.shape, limit
        )
        return self._mark(scene, area > 0, box)


def between(values: Array, low: float, high: float) -> Array:
    """Tell which values lie between two bounds, or at one of them; NaN does not."""
    inside: Array = (values >= low) & (values <= high)
    return inside


def _reaches(area: Array, box: Box, plane: Box, number: int) -> bool:
    """Tell whether an area touches a border of the slice."""
    for axis in {0, 1, 2} - {number}:
        ends = ((0, box[axis].start, plane[axis].start), (-1, box[axis].stop, plane[axis].stop))
        if any(here == there and area.take(end, axis).any() for end, here, there in ends):
            return True
    return False
