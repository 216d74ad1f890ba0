"""Giving each part of a class a class of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from annotat_nb.annotation.history import Edit
from annotat_nb.annotation.tools.morphing import box_of_class
from annotat_nb.annotation.tools.tool import Labelled, Size, Tool
from annotat_nb.annotation.tools.writing import label_writes

if TYPE_CHECKING:
    from annotat_nb.annotation.scene import Scene


class Relabel(Tool):
    """Give each connected part of a class of the segmentation a class of its own.

    Parts are connected through faces, in 3D. The first of them, from the beginning of the volume,
    keeps the class; the others get new ones.
    """

    title: ClassVar[str] = "Relabel"

    label: Labelled
    """Class to divide."""
    minimum_size: Size = 1
    """Parts with fewer voxels than this become Background."""

    def resolve(self, scene: Scene) -> Edit:
        from scipy import ndimage

        name, labels = scene.annotation.classes[self.label].name, scene.require_changeable()
        box = box_of_class(labels, self.label)
        if box is None:
            raise ValueError(f"the segmentation has no voxel of {name}; choose another class")
        old = labels.data[box]
        parts, count = ndimage.label(old == self.label)
        large = np.flatnonzero(np.bincount(parts.ravel(), minlength=count + 1) >= self.minimum_size)
        large = large[large > 0]
        classes, ids = scene.annotation.classes.with_new(max(0, len(large) - 1))
        table = np.zeros(count + 1, np.int64)
        table[large] = [self.label, *ids][: len(large)]
        new = np.where(parts > 0, table[parts], old)
        writes = tuple(label_writes(old, new, box, scene.shape))
        return Edit(self.step, writes, classes=classes if ids else None)
