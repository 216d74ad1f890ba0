"""Growing, shrinking and tidying a class of the segmentation."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from annotat_nb.annotation.history import Edit
from annotat_nb.annotation.places import across, box_round, flat_of
from annotat_nb.annotation.tools.tool import Labelled, Size, Tool
from annotat_nb.annotation.tools.writing import label_writes
from annotat_nb.blocks import plan_blocks
from annotat_nb.volume import Axis, axis_number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from annotat_nb.annotation.history import Write
    from annotat_nb.annotation.labels import LabelImage
    from annotat_nb.annotation.scene import Scene
    from annotat_nb.blocks import Box
    from annotat_nb.operation import Array

APART = 2**20
"""How far apart slices lie that shall not see each other."""
SMALL_RADIUS = 6
"""Up to here it is quicker to look at each voxel of the ball than to measure distances."""


class LabelTool(Tool):
    """Changes one class of the segmentation and Background; the other classes stay.

    Voxels that the class gains were Background, and those that it loses become Background.
    """

    label: Labelled
    """Class to change."""
    slices: Axis | None = None
    """Axis across which every slice is taken by itself; empty: all works in 3D."""

    def resolve(self, scene: Scene) -> Edit:
        scene.annotation.classes[self.label]
        return Edit(self.step, tuple(self._writes(scene.require_changeable())))

    @abstractmethod
    def _writes(self, labels: LabelImage) -> Iterator[Write]:
        """Yield what changes."""

    def _changed(self, old: Array, wanted: Array) -> Array:
        """Return the classes `old` with the class where it is `wanted`, as far as it may be."""
        gone = (old == self.label) & ~wanted
        return np.where(gone, 0, np.where(wanted & (old == 0), self.label, old))


class Morphology(LabelTool):
    """Grow or shrink a class of the segmentation by a ball, or a disk in each slice."""

    title: ClassVar[str] = "Morphology"

    operation: Literal["dilate", "erode", "open", "close"] = "dilate"
    """"dilate" grows the class, "erode" shrinks it, "open" takes away what is thinner than the
    ball, "close" fills gaps narrower than it."""
    radius: Annotated[int, Field(ge=1, le=100, json_schema_extra={"unit": "voxel"})] = 1
    """Radius of the ball: 1 adds or takes away one layer of voxels, faces only."""

    @property
    def step(self) -> str:
        return self.operation

    def _writes(self, labels: LabelImage) -> Iterator[Write]:
        reach = (2 if self.operation in ("open", "close") else 1) * self.radius + 1
        halo = (reach,) * 3 if self.slices is None else across(self.slices, 0, reach)
        for block in plan_blocks(labels.shape, halo, core=(64, 256, 256)):
            old = labels.data[block.padded]
            mask = old == self.label
            if mask.any():
                new = self._changed(old, self._morphed(mask))
                yield from label_writes(
                    old[block.inner], new[block.inner], block.core, labels.shape
                )

    def _morphed(self, mask: Array) -> Array:
        match self.operation:
            case "dilate":
                return self._near(mask)
            case "erode":
                return ~self._near(~mask)
            case "open":
                return self._near(~self._near(~mask))
            case _:
                return ~self._near(~self._near(mask))

    def _near(self, mask: Array) -> Array:
        """Tell which voxels lie within the radius of a mask."""
        from scipy import ndimage

        if not mask.any():
            return mask
        near: Array
        if self.radius <= SMALL_RADIUS:
            near = ndimage.binary_dilation(mask, ball(self.radius, self.slices))
        else:
            spacing = (1, 1, 1) if self.slices is None else across(self.slices, APART, 1)
            near = ndimage.distance_transform_edt(~mask, sampling=spacing) <= self.radius
        return near


class RemoveIslands(LabelTool):
    """Make parts of a class that are too small Background; a part is connected through faces."""

    title: ClassVar[str] = "Remove islands"

    minimum_size: Size = 64
    """Parts with fewer voxels than this are removed."""

    def _writes(self, labels: LabelImage) -> Iterator[Write]:
        from scipy import ndimage

        box = box_of_class(labels, self.label)
        if box is not None:
            old = labels.data[box]
            parts, _ = ndimage.label(old == self.label, neighbours(self.slices))
            large = np.bincount(parts.ravel()) >= self.minimum_size
            large[0] = False
            yield from label_writes(old, self._changed(old, large[parts]), box, labels.shape)


class FillLabelHoles(LabelTool):
    """Fill the holes in a class of the segmentation: Background that the class encloses."""

    title: ClassVar[str] = "Fill holes of the label"

    def _writes(self, labels: LabelImage) -> Iterator[Write]:
        from scipy import ndimage

        box = box_of_class(labels, self.label)
        if box is not None:
            old = labels.data[box]
            filled = ndimage.binary_fill_holes(old == self.label, neighbours(self.slices))
            yield from label_writes(old, self._changed(old, filled), box, labels.shape)


def box_of_class(labels: LabelImage, value: int) -> Box | None:
    """Return the smallest box round all voxels of one class; None when there are none."""
    found = (flat_of(part == value, box, labels.shape) for box, part in labels.parts())
    boxes = [box_round(flat, labels.shape) for flat in found if len(flat)]
    if not boxes:
        return None
    z, y, x = (
        slice(min(s.start for s in sides), max(s.stop for s in sides))
        for sides in zip(*boxes, strict=True)
    )
    return z, y, x


def ball(radius: int, slices: Axis | None) -> Array:
    """Return the voxels of a ball, or of the disk in the middle of it across an axis.

    Examples
    --------
    >>> ball(2, None).sum(), ball(2, "x").sum()
    (np.int64(33), np.int64(13))
    """
    steps = np.indices((2 * radius + 1,) * 3) - radius
    inside: Array = (steps**2).sum(axis=0) <= radius**2
    if slices is not None:
        inside &= steps[axis_number(slices)] == 0
    return inside


def neighbours(slices: Axis | None) -> Array:
    """Return which neighbours a voxel hangs together with: those that share a face with it.

    Examples
    --------
    >>> neighbours("z")[:, 1, 1].tolist(), neighbours(None)[:, 1, 1].tolist()
    ([False, True, False], [True, True, True])
    """
    return ball(1, slices)
