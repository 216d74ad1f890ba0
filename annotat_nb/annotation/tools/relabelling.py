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
    from annotat_nb.operation import Array


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
        name, labels = scene.annotation.classes[self.label].name, scene.require_changeable()
        box = box_of_class(labels, self.label)
        if box is None:
            raise ValueError(f"the segmentation has no voxel of {name}; choose another class")
        old = labels.data[box]
        parts, large = self._parts(old == self.label)
        classes, ids = scene.annotation.classes.with_new(max(0, len(large) - 1))
        table = np.zeros(parts.max() + 1, np.int64)
        table[large] = [self.label, *ids][: len(large)]
        new = np.where(parts > 0, table[parts], old)
        writes = tuple(label_writes(old, new, box, scene.shape))
        return Edit(self.step, writes, classes=classes if ids else None)

    def _parts(self, mask: Array) -> tuple[Array, Array]:
        """Number the parts of a mask, from 1, and tell which of them are large enough."""
        from scipy import ndimage

        parts, _ = ndimage.label(mask)
        sizes = np.bincount(parts[mask])
        return parts, np.flatnonzero((sizes >= self.minimum_size) & (sizes > 0))
