"""What a session has computed so far."""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Callable
from math import prod
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any

import numpy as np
from psygnal import Signal

from annotat_nb.annotation import LabelImage
from annotat_nb.classify import (
    TrainedClassifier,
    TrainingData,
    load_classifier,
)
from annotat_nb.classify.classifier_file import write_classifier
from annotat_nb.classify.training_file import write_training_data
from annotat_nb.io import ReadError
from annotat_nb.session.engine import grounds_of
from annotat_nb.store import Workspace

if TYPE_CHECKING:
    from collections.abc import Mapping

    from annotat_nb.annotation import Annotation, Classes
    from annotat_nb.blocks import Box
    from annotat_nb.classify import Pipeline, Prediction
    from annotat_nb.session.engine import Grounds, Outcome, Superpixels
    from annotat_nb.session.loaded import Loaded
    from annotat_nb.session.probing import Voxel
    from annotat_nb.session.recorder import Recorder
    from annotat_nb.session.replay import Resumed

Save = Callable[[Workspace, str], object]
"""Writes a result to a workspace, under a name."""
Inside = tuple[str | None, tuple[int, ...] | None]
"""What tells the label of a mask from any other, and which of its classes count; None: no mask."""
LOADED_FACTS = ("kind", "name", "position", "key", "caution", "news")
"""What the journal says of a classifier or training data that were loaded."""


class Results:
    """Superpixels, preview and segmentation: kept, dated, and written to the workspace.

    The segmentation itself belongs to the annotation, whose edits and undo steps may touch it.
    """

    superpixels_changed = Signal()
    segmentation_changed = Signal()
    preview_changed = Signal()

    def __init__(self, annotation: Annotation, recorder: Recorder) -> None:
        self._annotation, self._recorder = annotation, recorder
        self.superpixels: Superpixels | None = None
        self.preview: Prediction | None = None
        self.previewed: Outcome | None = None
        """The job that found the preview, and what it knew."""
        self.prediction: Prediction | None = None
        self.segmented_at: int | None = None
        """Position of the history that the segmentation knows; None without one."""
        self.segmented_with: Pipeline | None = None
        """What the segmentation was computed with; None when it was loaded."""
        self.mask: LabelImage | None = None
        """The earlier label of which the pipeline's mask names classes."""
        self.mask_key: str | None = None
        """What tells it from any other; None without one."""
        self.segmented_on: Grounds | None = None
        """What the segmentation rests on besides; None when it was loaded."""
        self.segmented_from: str | None = None
        """Key of what was loaded then; None: nothing."""
        self._trained: TrainedClassifier | Path | None = None
        self.trained_from: str | None = None
        """Key of what was loaded when the last training was; None: nothing."""
        self.trained_inside: Inside = (None, None)
        """The mask of the last training."""
        self._unwritten: deque[tuple[str, str, Save]] = deque()
        self._writing = RLock()

    def resume(self, found: Resumed) -> None:
        """Take over what a workspace holds."""
        self.superpixels = found.superpixels
        self.mask, self.mask_key = found.mask, found.mask_key
        self.segmented_at, self.segmented_with = found.segmented_at, found.segmented_with
        self.segmented_from, self._trained = found.segmented_from, found.trained
        self.trained_from = found.segmented_from
        self.segmented_on = found.segmented_on
        if found.segmented_on is not None and found.segmented_with is not None:
            self.trained_inside = found.segmented_on[1], found.segmented_with.mask

    @property
    def has_trained(self) -> bool:
        """Whether there is a classifier; it may lie in the workspace still."""
        return self._trained is not None

    @property
    def trained(self) -> TrainedClassifier | None:
        """The classifier of the last training, or the one that was loaded since."""
        if isinstance(self._trained, Path):
            try:
                self._trained = load_classifier(self._trained)
            except ReadError:
                self._trained = None
        return self._trained

    @property
    def kept_features(self) -> tuple[str, ...]:
        """Feature channels that the classifier uses; empty before it was used here."""
        found = self._trained
        return found.model.kept if isinstance(found, TrainedClassifier) else ()

    def keep_loaded(self, loaded: Loaded | None, classes: Classes) -> None:
        """Keep what was loaded from a file, or that it was let go of."""
        if loaded is None:
            self._record("loaded", {}, None)
            return
        if isinstance(loaded.learnt, TrainedClassifier):
            self._trained, self.trained_from = loaded.learnt, loaded.key
        facts = {name: getattr(loaded, name) for name in LOADED_FACTS}
        self._record("loaded", facts, _saving(loaded.learnt, classes))

    @property
    def fractions(self) -> dict[int, float]:
        """Share of the voxels that each class has in the segmentation; empty without one."""
        labels = self._annotation.labels
        try:
            return {} if labels is None else fractions_of(labels)
        except ReadError:  # told where it is drawn
            return {}

    def set_superpixels(self, found: Superpixels) -> None:
        """Keep superpixels that were generated or loaded."""
        self.superpixels = found
        method = found.method and found.method.model_dump(mode="json")
        facts = {"method": method, "count": found.count, "key": found.key}
        self._record_image("superpixels", found.image, facts)
        self.superpixels_changed.emit()

    def set_mask(self, labels: LabelImage) -> None:
        """Keep a label for the mask, as it is now."""
        self.mask = LabelImage(labels.data, origin=labels.origin)
        self.mask_key = secrets.token_hex(8)
        self._record_image("mask", self.mask, {"key": self.mask_key})

    def lift_mask(self) -> None:
        """Forget the label for the mask; the next mask takes the one that is there then."""
        self.mask = self.mask_key = None

    def grounds(self, pipeline: Pipeline) -> Grounds:
        """Return what a segmentation with `pipeline` would rest on now."""
        return grounds_of(pipeline, self.superpixels, self.mask_key)

    def set_preview(self, outcome: Outcome) -> None:
        """Keep a preview, in memory only."""
        self._take_by_products(outcome)
        self.preview, self.previewed = outcome.prediction, outcome
        self.preview_changed.emit()

    def drop_preview(self) -> None:
        """Show the segmentation alone."""
        if self.preview is not None:
            self.preview = self.previewed = None
            self.preview_changed.emit()

    def set_prediction(self, outcome: Outcome) -> None:
        """Keep the segmentation that a job found, and the classifier that found it."""
        self._take_by_products(outcome)
        labels = outcome.label or LabelImage(outcome.prediction.labels, origin="Apply")
        self._drop_removed_classes(labels)
        self.set_segmentation(labels, outcome.snapshot.position, outcome)
        self._record("classifier", {}, _saving(outcome.trained, outcome.snapshot.classes))

    def set_segmentation(
        self, labels: LabelImage, position: int, outcome: Outcome | None = None
    ) -> None:
        """Keep a segmentation that knows the history up to `position`.

        Parameters
        ----------
        labels
            The segmentation.
        position
            Where the history stood.
        outcome
            What the job found that made it; None when it was loaded.
        """
        self._annotation.set_labels(labels)
        self.segmented_at = position
        self.segmented_with = None if outcome is None else outcome.snapshot.pipeline
        self.segmented_from = None if outcome is None else outcome.snapshot.key
        self.segmented_on = None if outcome is None else self.grounds(outcome.snapshot.pipeline)
        self.preview = self.previewed = None
        self.prediction = None if outcome is None else outcome.prediction
        used = self.segmented_with and self.segmented_with.model_dump(mode="json")
        facts = {
            "position": position,
            "pipeline": used,
            "from": self.segmented_from,
            "on": self.segmented_on,
        }
        counts = [[number, count] for number, count in labels.counts.items()]
        self._record_image("segmentation", labels, {**facts, "counts": counts})
        self.segmentation_changed.emit()

    def forget(self) -> None:
        """Let go of what is not kept in the workspace."""
        self.preview = self.previewed = self.prediction = None

    def write(self) -> None:
        """Write to the workspace what is new; slow, so not to be called under the lock."""
        with self._writing:
            while self._unwritten:
                self._write(*self._unwritten.popleft())

    def shown_at(self, voxel: Voxel) -> tuple[int | None, Prediction | None]:
        """Return the class that is shown at `voxel`, and what found it; a preview goes first."""
        preview = self.preview
        if preview is not None and _holds(preview.box, voxel):
            place = tuple(at - side.start for at, side in zip(voxel, preview.box, strict=True))
            if (label := int(preview.labels[place])) >= 0:
                return label, preview
        labels = self._annotation.labels
        return (None, None) if labels is None else (int(labels.data[voxel]), self.prediction)

    def _take_by_products(self, outcome: Outcome) -> None:
        self._trained, self.trained_from = outcome.trained, outcome.snapshot.key
        self.trained_inside = outcome.snapshot.mask_key, outcome.snapshot.pipeline.mask
        if outcome.superpixels is not None and outcome.superpixels is not self.superpixels:
            self.set_superpixels(outcome.superpixels)

    def _drop_removed_classes(self, labels: LabelImage) -> None:
        """Make Background of the classes that were removed since the job began, or before."""
        known = {item.id for item in self._annotation.classes}
        if labels.counts.keys() - known:
            table = np.zeros(2**16, np.uint16)
            table[[*known]] = [*known]
            labels.relabel(table)

    def _record_image(self, kind: str, image: LabelImage, facts: Mapping[str, Any]) -> None:
        data = image.data
        stored = {"shape": data.shape, "dtype": data.dtype.str, "origin": image.origin, **facts}
        self._record(kind, stored, lambda workspace, file: workspace.results.save(file, data))

    def _record(self, kind: str, facts: Mapping[str, Any], save: Save | None) -> None:
        """Journal a result, in order with the edits; its file follows when there is time."""
        workspace = self._recorder.workspace
        if workspace is None:
            return
        if save is None:
            self._recorder.record(kind, dict(facts))
            return
        file = workspace.results.next_file(kind)
        self._recorder.record(kind, {"file": file, **facts})
        self._unwritten.append((kind, file, save))

    def _write(self, kind: str, file: str, save: Save) -> None:
        workspace = self._recorder.workspace
        if workspace is None or not workspace.is_open:
            return

        def write() -> None:
            save(workspace, file)
            workspace.results.drop_older(kind, keep=file)

        self._recorder.attempt(kind, write)


def _saving(learnt: TrainedClassifier | TrainingData, classes: Classes) -> Save:
    """Return what writes a classifier or training data to a workspace."""

    def save(workspace: Workspace, file: str) -> None:
        if isinstance(learnt, TrainedClassifier):
            workspace.results.save_file(file, lambda path: write_classifier(path, learnt))
        else:
            workspace.results.save_file(
                file, lambda path: write_training_data(path, learnt, classes)
            )

    return save


def _holds(box: Box, voxel: Voxel) -> bool:
    return all(side.start <= at < side.stop for at, side in zip(voxel, box, strict=True))


def fractions_of(labels: LabelImage) -> dict[int, float]:
    """Return the share of the voxels that each class has."""
    total = prod(labels.shape)
    return {number: count / total for number, count in labels.counts.items()}
