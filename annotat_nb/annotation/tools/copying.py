"""Repeating markers in the neighbouring slice."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from annotat_nb.annotation.places import flat_of, slice_box
from annotat_nb.annotation.tools.tool import Marked, SliceTool
from annotat_nb.annotation.tools.writing import marking, unmarked
from annotat_nb.volume import axis_number

if TYPE_CHECKING:
    from annotat_nb.annotation.history import Edit
    from annotat_nb.annotation.scene import Scene


class CopyToNextSlice(SliceTool):
    """Mark in the neighbouring slice what is marked in this one; what is marked there stays."""

    title: ClassVar[str] = "Copy to next slice"

    direction: Literal[1, -1] = 1
    """Which neighbour: 1 is the slice after this one, -1 the one before."""
    label: Marked | None = None
    """Class whose markers are copied; empty: those of all classes."""

    def resolve(self, scene: Scene) -> Edit:
        self.plane(scene.shape)
        following = self.index + self.direction
        if not 0 <= following < scene.shape[axis_number(self.axis)]:
            raise ValueError(
                f"slice {self.axis} = {self.index} is the last one in this direction; copy the "
                "other way"
            )
        marked = scene.markers(slice_box(scene.shape, self.axis, self.index))
        there = slice_box(scene.shape, self.axis, following)
        parts = [
            (label, unmarked(scene.annotation, flat_of(marked == label, there, scene.shape)))
            for label in self._labels(scene, np.unique(marked).tolist())
        ]
        return marking(scene.annotation, self.step, parts)

    def _labels(self, scene: Scene, marked: list[int]) -> list[int]:
        if self.label is None:
            return [label for label in marked if label >= 0]
        return [scene.annotation.classes[self.label].id]
