"""The annotation of one volume: classes, markers, labels, and one history over them all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from psygnal import Signal

from annotat_nb.annotation.classes import Classes, ClassTable
from annotat_nb.annotation.history import Edit, History, Step, Write
from annotat_nb.annotation.markers import Markers, Stroke
from annotat_nb.annotation.places import box_round
from annotat_nb.annotation.runs import Runs, Values

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from annotat_nb.annotation.labels import LabelImage
    from annotat_nb.blocks import Box, Shape
    from annotat_nb.operation import Array


class LabelOnDisk(ValueError):
    """The label does not fit into memory, so that its voxels cannot be changed."""


class Annotation:
    """What a person drew and named on a volume of `shape`, with exact undo and redo.

    Parameters
    ----------
    shape
        Shape of the volume, (z, y, x), in voxels.
    submit
        Called with each edit that a change of the class table asks for; by default it is made at
        once. A session passes its own, which also journals.
    lock
        Held while the class table changes; its own by default.
    """

    changed = Signal(object)
    """Emitted with the changed `Box` after each edit, undo and redo; None where only classes
    changed."""

    def __init__(
        self,
        shape: Shape,
        submit: Callable[[Edit], object] | None = None,
        lock: AbstractContextManager[Any] | None = None,
    ) -> None:
        self.markers = Markers(shape)
        self.labels: LabelImage | None = None
        self.labels_version = 0
        self.labels_revision = 0
        """Grows whenever a voxel of the labels may have changed."""
        self.history = History()
        self._submit = submit or self.make
        self.classes = ClassTable(self._commit_classes, lock)
        self._next_stroke = 1
        self._steps_made = 0

    @property
    def shape(self) -> Shape:
        """Shape of the volume, (z, y, x), in voxels."""
        return self.markers.shape

    def new_stroke(self) -> int:
        """Return a number that no stroke has had."""
        return self._next_stroke

    def set_labels(self, labels: LabelImage | None) -> None:
        """Put another segmentation in place; edits of the former one can no longer be undone."""
        self.labels = labels
        self.labels_version += 1
        self.labels_revision += 1

    def make(self, edit: Edit) -> None:
        """Carry out `edit` and remember how to undo it."""
        self._create_strokes(edit)
        self._detach_labels(edit, self.labels_version)
        before = tuple(self._write(write) for write in edit.writes)
        self._steps_made += 1
        step = Step(self._steps_made, edit, before, self.classes.stored(), self.labels_version)
        self.history.push(step)
        self._settle(edit, edit.classes)

    def undo(self) -> Edit | None:
        """Take back the last edit and return it; None when there is none."""
        step = self.history.back()
        if step is None:
            return None
        self._detach_labels(step.edit, step.labels_version)
        pairs = list(zip(step.edit.writes, step.before, strict=True))
        for write, before in reversed(pairs):
            self._restore(write, before, step.labels_version)
        self._settle(step.edit, step.classes_before if step.edit.classes else None)
        return step.edit

    def redo(self) -> Edit | None:
        """Repeat the last edit that was taken back and return it; None when there is none."""
        step = self.history.forward()
        if step is None:
            return None
        self._detach_labels(step.edit, step.labels_version)
        for write in step.edit.writes:
            if write.target == "markers" or step.labels_version == self.labels_version:
                self._write(write)
        self._settle(step.edit, step.edit.classes)
        return step.edit

    def mark_image(self, markers: Array, classes: Classes) -> Edit:
        """Return the edit that marks what `markers` does, one stroke for each class.

        Parameters
        ----------
        markers
            Class ids, (z, y, x), negative where nothing is to be marked.
        classes
            The class table afterwards.
        """
        strokes, writes = [], []
        for number, label in enumerate(np.unique(markers[markers >= 0]), self._next_stroke):
            strokes.append(Stroke(number, int(label)))
            voxels = Runs.from_flat(np.flatnonzero(markers == label))
            writes.append(Write("markers", voxels, number))
        return Edit("load annotation", tuple(writes), tuple(strokes), classes)

    def _create_strokes(self, edit: Edit) -> None:
        for stroke in edit.strokes:
            self.markers.strokes[stroke.id] = stroke
            self._next_stroke = max(self._next_stroke, stroke.id + 1)

    def _detach_labels(self, edit: Edit, version: int) -> None:
        values = [write.value for write in edit.writes if write.target == "labels"]
        if values and self.labels is not None and version == self.labels_version:
            self.labels.detach(max(values))

    def _write(self, write: Write) -> Values:
        if write.target == "markers":
            return self.markers.write(write.voxels, write.value)
        if self.labels is None:
            return Values.pack(np.zeros(write.voxels.size, np.int64))
        return self.labels.write(write.voxels, write.value)

    def _restore(self, write: Write, before: Values, version: int) -> None:
        if write.target == "markers":
            self.markers.write_values(write.voxels, before.unpack().astype(np.int32))
        elif self.labels is not None and version == self.labels_version:
            self.labels.write_values(write.voxels, before)

    def _settle(self, edit: Edit, classes: Classes | None) -> None:
        if any(write.target == "labels" for write in edit.writes):
            self.labels_revision += 1
        if classes is not None:
            self.classes.replace(classes)
        self.changed.emit(bounding_box(edit, self.shape))

    def _commit_classes(self, step: str, classes: Classes, removed: int | None) -> None:
        writes = () if removed is None else tuple(self._removal(removed))
        self._submit(Edit(step, writes, classes=classes))

    def _removal(self, label: int) -> list[Write]:
        flat, labels = self.markers.marked()
        writes = [Write("markers", Runs.from_flat(flat[labels == label]), 0)]
        if self.labels is not None and self.labels.is_in_memory:
            voxels = np.flatnonzero(self.labels.data == label)
            writes.append(Write("labels", Runs.from_flat(voxels), 0))
        elif self.labels is not None and label in self.labels.counts:
            raise LabelOnDisk(
                f"{self.classes[label].name} cannot be removed: the label has voxels of it, and is "
                "too large for memory to be changed; press Apply without its strokes first, or "
                "raise session.memory_budget"
            )
        return writes


def bounding_box(edit: Edit, shape: Shape) -> Box | None:
    """Return the smallest box round all voxels of `edit`; None when it writes none."""
    parts = [write.voxels.flat() for write in edit.writes if write.voxels.size]
    return box_round(np.concatenate(parts), shape) if parts else None
