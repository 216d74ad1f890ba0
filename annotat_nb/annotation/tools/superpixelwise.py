"""Marking whole superpixels."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from annotat_nb.annotation.growing import parts_at
from annotat_nb.annotation.history import Edit
from annotat_nb.annotation.places import box_round, flat_of, place_in
from annotat_nb.annotation.tools.brush import Brush
from annotat_nb.annotation.tools.tool import Marked
from annotat_nb.annotation.tools.writing import marking

if TYPE_CHECKING:
    from annotat_nb.annotation.scene import Scene


class SuperpixelBrush(Brush):
    """Mark every superpixel that the brush touches, all of it, in the other slices too."""

    title: ClassVar[str] = "Superpixel brush"

    label: Marked = 1
    """Class to mark with; 0 is Background."""

    def resolve(self, scene: Scene) -> Edit:
        scene.annotation.classes[self.label]
        flat = self.voxels(scene.shape).flat()
        if not len(flat):
            return Edit(self.step)
        box = box_round(flat, scene.shape)
        touched = np.unique(scene.superpixel_ids(box)[place_in(flat, box, scene.shape)])
        box, parts = parts_at(
            lambda part: np.isin(scene.superpixel_ids(part), touched), flat, scene.shape
        )
        voxels = flat_of(parts > 0, box, scene.shape)
        return marking(scene.annotation, self.step, [(self.label, voxels)])
