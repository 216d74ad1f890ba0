"""Making one class of several: where a stroke touches them, or altogether."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

import numpy as np
from pydantic import Field

from annotat_nb.annotation.growing import parts_at
from annotat_nb.annotation.history import Edit, Write
from annotat_nb.annotation.markers import Stroke
from annotat_nb.annotation.places import box_round, flat_of, place_in
from annotat_nb.annotation.raster import line_points
from annotat_nb.annotation.runs import Runs
from annotat_nb.annotation.tools.brush import Brush
from annotat_nb.annotation.tools.tool import LARGEST_LABEL, Tool
from annotat_nb.annotation.tools.writing import check_markable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from annotat_nb.annotation.labels import LabelImage
    from annotat_nb.annotation.runs import Flat
    from annotat_nb.annotation.scene import Scene
    from annotat_nb.blocks import Box
    from annotat_nb.operation import Array

ClassId = Annotated[int, Field(ge=0, le=LARGEST_LABEL)]


class Merge(Brush):
    """Give the objects of the segmentation that the stroke touches the class of the first one.

    An object is what is connected through faces and has one class, in 3D; Background is none.
    """

    title: ClassVar[str] = "Merge"

    def resolve(self, scene: Scene) -> Edit:
        scene.require_changeable()
        flat, first = self.voxels(scene.shape).flat(), self._first_class(scene)
        touched = classes_at(scene, flat) if len(flat) else np.zeros(0, int)
        others = np.setdiff1d(touched, [0, first]).tolist()
        if not first or not others:
            what = scene.annotation.classes[first].name if first else "no object"
            raise ValueError(
                f"the stroke touches {what} only; draw it from the object that stays to those "
                "that shall be merged with it"
            )
        parts = [object_at(scene, flat[touched == label], label) for label in others]
        voxels = np.concatenate([flat_of(mask, box, scene.shape) for box, mask in parts])
        return Edit(self.step, (Write("labels", Runs.from_flat(np.sort(voxels)), first),))

    def _first_class(self, scene: Scene) -> int:
        """Return the class of the first object that the middle of the brush passed."""
        path = self.inside(line_points(self.points), scene.shape)
        if not len(path):
            return 0
        labels = classes_at(scene, path)
        return int(labels[np.argmax(labels > 0)])


def classes_at(scene: Scene, flat: Flat) -> Array:
    """Return the class of each voxel in the segmentation."""
    box = box_round(flat, scene.shape)
    labels: Array = scene.segmentation(box)[place_in(flat, box, scene.shape)]
    return labels


def object_at(scene: Scene, seeds: Flat, label: int) -> tuple[Box, Array]:
    """Return the numbered parts of class `label` in the segmentation that hold `seeds`."""
    return parts_at(lambda box: scene.segmentation(box) == label, seeds, scene.shape)


class MergeClasses(Tool):
    """Make one class of several, in the markers and in the segmentation; the first one stays.

    Examples
    --------
    >>> from annotat_nb.annotation import Annotation, Scene
    >>> from annotat_nb.volume import Volume
    >>> scene = Scene(Annotation((1, 2, 2)), Volume(np.zeros((1, 2, 2))))
    >>> scene.annotation.classes.add("bone"), scene.annotation.classes.add("old bone")
    (1, 2)
    >>> scene.annotation.make(MergeClasses(classes=(1, 2)).edit(scene))
    >>> [item.name for item in scene.annotation.classes]
    ['Background', 'bone']
    """

    title: ClassVar[str] = "Merge classes"

    classes: Annotated[tuple[ClassId, ...], Field(min_length=2)]
    """Classes to merge: all become the first of them, which keeps its name and colour."""

    def resolve(self, scene: Scene) -> Edit:
        table, kept = scene.annotation.classes, self.classes[0]
        gone = {table[label].id for label in self.classes} - {kept}
        if not gone or 0 in gone:
            raise ValueError(
                "Background can only be the first of the classes to merge; put it first"
                if gone
                else f"{table[kept].name} cannot be merged with itself; name another class too"
            )
        strokes, writes = self._strokes(scene, gone)
        writes += self._label_writes(scene, gone)
        rest = tuple(item for item in table.stored() if item.id not in gone)
        return Edit(self.step, tuple(writes), tuple(strokes), rest)

    def _strokes(self, scene: Scene, gone: set[int]) -> tuple[list[Stroke], list[Write]]:
        """Draw each stroke of the classes that go anew: it can still be erased by itself."""
        markers, number = scene.annotation.markers, scene.annotation.new_stroke()
        strokes: list[Stroke] = []
        writes: list[Write] = []
        for stroke in [each for each in markers.strokes.values() if each.label in gone]:
            voxels = markers.voxels_of(stroke.id)
            if voxels.size:
                strokes.append(Stroke(number + len(strokes), self.classes[0]))
                writes.append(Write("markers", voxels, strokes[-1].id))
        if strokes:
            check_markable(self.classes[0])
        return strokes, writes

    def _label_writes(self, scene: Scene, gone: set[int]) -> list[Write]:
        labels = scene.annotation.labels
        if labels is None or not gone & labels.counts.keys():
            return []
        voxels = np.concatenate([*_voxels_of(scene.require_changeable(), gone)])
        return [Write("labels", Runs.from_flat(np.sort(voxels)), self.classes[0])]


def _voxels_of(labels: LabelImage, values: set[int]) -> Iterator[Flat]:
    for box, part in labels.parts():
        yield flat_of(np.isin(part, [*values]), box, labels.shape)
