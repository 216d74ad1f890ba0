"""Strokes of the brush in one slice, and into the neighbouring slices."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from annotat_nb.annotation.history import Edit
from annotat_nb.annotation.raster import stroke_voxels
from annotat_nb.annotation.runs import Runs
from annotat_nb.annotation.tools.tool import Marked, Points, Radius, SliceTool
from annotat_nb.annotation.tools.writing import marking, unmarking
from annotat_nb.volume import axis_number

if TYPE_CHECKING:
    from annotat_nb.annotation.runs import Flat
    from annotat_nb.annotation.scene import Scene
    from annotat_nb.blocks import Shape


class Brush(SliceTool):
    """A stroke of the brush in one slice."""

    points: Points
    """Voxels the brush passed, in the remaining (z, y, x) order of the slice."""
    radius: Radius = 5
    """Radius of the brush. 1 marks five voxels."""

    def voxels(self, shape: Shape) -> Runs:
        """Return the voxels of a volume of `shape` that the brush covers.

        Raises
        ------
        ValueError
            If the slice does not exist.
        """
        rows, columns = stroke_voxels(np.array(self.points), self.radius, self.plane(shape))
        return Runs.from_plane(rows, columns, shape, self.axis, self.index)


class Paint(Brush):
    """Mark the voxels under the brush with a class.

    Examples
    --------
    >>> from annotat_nb.annotation import Annotation, Scene
    >>> from annotat_nb.volume import Volume
    >>> scene = Scene(Annotation((1, 8, 8)), Volume(np.zeros((1, 8, 8))))
    >>> paint = Paint(points=((4, 4),), label=0, radius=1)
    >>> scene.annotation.make(paint.edit(scene))
    >>> scene.annotation.markers.marked()[0].tolist()
    [28, 35, 36, 37, 44]
    """

    title: ClassVar[str] = "Paint"

    label: Marked = 1
    """Class to mark with; 0 is Background."""

    def resolve(self, scene: Scene) -> Edit:
        scene.annotation.classes[self.label]
        flat = self.voxels(scene.shape).flat()
        return marking(scene.annotation, self.step, [(self.label, flat)])


class SequentialPaint(Brush):
    """Mark the voxels under the brush with a new class, so that each stroke has its own."""

    title: ClassVar[str] = "Sequential labelling"

    def resolve(self, scene: Scene) -> Edit:
        flat = self.voxels(scene.shape).flat()
        if not len(flat):
            return Edit(self.step)
        classes, (label,) = scene.annotation.classes.with_new()
        return marking(scene.annotation, self.step, [(label, flat)], classes)


class BallBrush(Brush):
    """Mark the voxels in a ball round the brush, in the neighbouring slices too."""

    title: ClassVar[str] = "Ball brush"

    label: Marked = 1
    """Class to mark with; 0 is Background."""

    def resolve(self, scene: Scene) -> Edit:
        scene.annotation.classes[self.label]
        parts = [self._disk(scene.shape, depth) for depth in range(-self.radius, self.radius + 1)]
        return marking(scene.annotation, self.step, [(self.label, np.sort(np.concatenate(parts)))])

    def _disk(self, shape: Shape, depth: int) -> Flat:
        """Return what the ball covers in the slice `depth` away from its own."""
        plane, index = self.plane(shape), self.index + depth
        if not 0 <= index < shape[axis_number(self.axis)]:
            return np.zeros(0, np.int64)
        rows, columns = stroke_voxels(np.array(self.points), self.radius, plane, depth=depth)
        return Runs.from_plane(rows, columns, shape, self.axis, index).flat()


class Erase(Brush):
    """Unmark the voxels under the brush."""

    title: ClassVar[str] = "Erase"

    def resolve(self, scene: Scene) -> Edit:
        flat = self.voxels(scene.shape).flat()
        return unmarking(self.step, flat[scene.annotation.markers.read(flat) > 0])
