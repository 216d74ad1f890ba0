"""Dividing objects of the segmentation between strokes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from annotat_nb.annotation.history import Edit
from annotat_nb.annotation.places import box_round, place_in
from annotat_nb.annotation.tools.brush import Paint
from annotat_nb.annotation.tools.merging import classes_at, object_at
from annotat_nb.annotation.tools.tool import Tool
from annotat_nb.annotation.tools.writing import label_writes
from annotat_nb.blocks import Block, pad_box, shape_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from annotat_nb.annotation.history import Write
    from annotat_nb.annotation.runs import Flat
    from annotat_nb.annotation.scene import Scene
    from annotat_nb.blocks import Box
    from annotat_nb.operation import Array


COMPACTNESS = 0.03
"""How much nearness counts against the relief, in its standard deviations: without, one part runs
round the other through noise. Found on pairs of touching nuclei, and of cells with membranes."""


class Split(Tool):
    """Divide an object of the segmentation between strokes of different classes inside it.

    A compact watershed (Neubert and Protzel, International Conference on Pattern Recognition,
    2014) grows from the strokes through the object, in 3D. What only strokes of one class touch
    stays, as does Background. The strokes leave no markers.
    """

    title: ClassVar[str] = "Split"

    strokes: Annotated[tuple[Paint, ...], Field(min_length=2)]
    """Strokes from which the parts grow, each with the class that its part gets."""
    relief: Literal["edges", "bright walls", "dark walls", "shape"] = "edges"
    """Where the parts meet: at "edges" in the image; at "bright walls" such as stained membranes,
    or "dark walls" such as gaps; or where the "shape" of the object is narrowest, for objects
    that touch without anything to see between them."""

    def resolve(self, scene: Scene) -> Edit:
        scene.require_changeable()
        flat, seeds = self._seeds(scene)
        writes: list[Write] = []
        if len(flat):
            touched = classes_at(scene, flat)
            for label in np.unique(touched[touched > 0]).tolist():
                here = touched == label
                writes += self._divide(scene, flat[here], seeds[here], label)
        if not writes:
            raise ValueError(
                "no object has strokes of two classes in it; draw two strokes of different "
                "classes inside the object that shall be divided"
            )
        return Edit(self.step, tuple(writes))

    def _seeds(self, scene: Scene) -> tuple[Flat, Array]:
        """Return the voxels of all strokes and the class of each; the last one on top."""
        for stroke in self.strokes:
            scene.annotation.classes[stroke.label]
        parts = [stroke.voxels(scene.shape).flat() for stroke in reversed(self.strokes)]
        labels = [stroke.label for stroke in reversed(self.strokes)]
        flat, first = np.unique(np.concatenate(parts), return_index=True)
        return flat, np.repeat(labels, [len(part) for part in parts])[first]

    def _divide(self, scene: Scene, flat: Flat, seeds: Array, label: int) -> Iterator[Write]:
        """Yield what divides those objects of class `label` that hold seeds of two classes."""
        box, parts = object_at(scene, flat, label)
        owners = parts[place_in(flat, box, scene.shape)]
        for part in np.unique(owners).tolist():
            inside = owners == part
            if len(np.unique(seeds[inside])) > 1:
                yield from self._flood(scene, flat[inside], seeds[inside], (box, parts == part))

    def _flood(
        self, scene: Scene, flat: Flat, seeds: Array, thing: tuple[Box, Array]
    ) -> Iterator[Write]:
        from skimage.segmentation import watershed

        box, mask = _trimmed(*thing)
        markers = np.zeros(mask.shape, np.int32)
        markers[place_in(flat, box, scene.shape)] = seeds + 1
        relief = self._relief(scene, box, mask)
        spread = relief[mask].std() or 1
        found = watershed(relief / spread, markers, mask=mask, compactness=COMPACTNESS) - 1
        old = scene.segmentation(box)
        yield from label_writes(old, np.where(mask, found, old), box, scene.shape)

    def _relief(self, scene: Scene, box: Box, mask: Array) -> Array:
        """Return what the watershed floods: low inside the parts, high between them."""
        match self.relief:
            case "edges":
                return _edges(scene, box)
            case "bright walls":
                return scene.finite_image(box)
            case "dark walls":
                return -scene.finite_image(box)
            case _:
                return -_depths(mask)


def _edges(scene: Scene, box: Box) -> Array:
    """Return how steep the image is."""
    from skimage.filters import sobel

    block = Block(box, pad_box(box, (1, 1, 1), scene.shape))
    edges: Array = sobel(scene.finite_image(block.padded))[block.inner]
    return edges


def _depths(mask: Array) -> Array:
    """Return how far each voxel of an object lies from its surface."""
    from scipy import ndimage

    depths: Array = ndimage.distance_transform_edt(np.pad(mask, 1))[1:-1, 1:-1, 1:-1]
    return depths


def _trimmed(box: Box, mask: Array) -> tuple[Box, Array]:
    """Cut away the empty sides of a mask."""
    inner = box_round(np.flatnonzero(mask), shape_of(box))
    z, y, x = (slice(b.start + i.start, b.start + i.stop) for b, i in zip(box, inner, strict=True))
    return (z, y, x), mask[inner]
