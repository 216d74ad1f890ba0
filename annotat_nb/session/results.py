"""What a session has computed so far."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from psygnal import Signal

from annotat_nb.annotation import LabelImage
from annotat_nb.classify import uncertainty_of
from annotat_nb.rendering import label_histogram

if TYPE_CHECKING:
    from collections.abc import Mapping

    from annotat_nb.annotation import Annotation
    from annotat_nb.blocks import Box
    from annotat_nb.classify import Pipeline, Prediction
    from annotat_nb.operation import Array
    from annotat_nb.session.engine import Outcome, Superpixels
    from annotat_nb.session.recorder import Recorder

Voxel = tuple[int, int, int]


@dataclass(frozen=True)
class Probe:
    """What is at one voxel."""

    value: Any
    label: int | None
    """Class that is shown, of a preview or else of the segmentation; None without one."""
    probability: float | None
    """Of that class; None when the segmentation was loaded or reopened."""
    uncertainty: float | None = None
    """From 0, sure, to 1, a tie of two classes; None as for the probability."""


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
        self.prediction: Prediction | None = None
        self.segmented_at: int | None = None
        """Position of the history that the segmentation knows; None without one."""
        self.segmented_with: Pipeline | None = None
        """What the segmentation was computed with; None when it was loaded."""
        self.mask: LabelImage | None = None
        """The earlier label of which the pipeline's mask names classes."""
        self.kept_features: tuple[str, ...] = ()
        self._fractions: tuple[int, dict[int, float]] = (-1, {})
        self._unwritten: list[tuple[str, str, Array]] = []

    def resume(
        self,
        superpixels: Superpixels | None,
        segmented_at: int | None,
        segmented_with: Pipeline | None,
        mask: LabelImage | None,
    ) -> None:
        """Take over what a workspace holds."""
        self.superpixels, self.mask = superpixels, mask
        self.segmented_at, self.segmented_with = segmented_at, segmented_with

    @property
    def fractions(self) -> dict[int, float]:
        """Share of the voxels that each class has in the segmentation; empty without one."""
        revision = self._annotation.labels_revision
        if self._fractions[0] != revision:
            self._fractions = revision, fractions_of(self._annotation.labels)
        return dict(self._fractions[1])

    def set_superpixels(self, found: Superpixels) -> None:
        """Keep superpixels that were generated or loaded."""
        self.superpixels = found
        method = found.method and found.method.model_dump(mode="json")
        self._record("superpixels", found.image, {"method": method})
        self.superpixels_changed.emit()

    def set_mask(self, labels: LabelImage) -> None:
        """Keep a label for the mask, as it is now."""
        self.mask = LabelImage(labels.data, origin=labels.origin)
        self._record("mask", self.mask, {})

    def lift_mask(self) -> None:
        """Forget the label for the mask; the next mask takes the one that is there then."""
        self.mask = None

    def set_preview(self, outcome: Outcome) -> None:
        """Keep a preview, in memory only."""
        self._take_by_products(outcome)
        self.preview = outcome.prediction
        self.preview_changed.emit()

    def set_prediction(self, outcome: Outcome) -> None:
        """Keep the segmentation that a job found."""
        self._take_by_products(outcome)
        labels = self._without_removed_classes(outcome.prediction.labels)
        begun = outcome.snapshot
        self.set_segmentation(
            LabelImage(labels, origin="Apply"), begun.position, begun.pipeline, outcome.prediction
        )

    def set_segmentation(
        self,
        labels: LabelImage,
        position: int,
        pipeline: Pipeline | None = None,
        prediction: Prediction | None = None,
    ) -> None:
        """Keep a segmentation that knows the history up to `position`."""
        self._annotation.set_labels(labels)
        self.segmented_at, self.segmented_with = position, pipeline
        self.preview, self.prediction = None, prediction
        used = pipeline and pipeline.model_dump(mode="json")
        self._record("segmentation", labels, {"position": position, "pipeline": used})
        self.segmentation_changed.emit()

    def write(self) -> None:
        """Write to the workspace what is new; slow, so not to be called under the lock."""
        unwritten, self._unwritten = self._unwritten, []
        for kind, file, data in unwritten:
            self._write(kind, file, data)

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
        self.kept_features = outcome.kept
        if outcome.superpixels is not None and outcome.superpixels is not self.superpixels:
            self.set_superpixels(outcome.superpixels)

    def _without_removed_classes(self, labels: Array) -> Array:
        classes = self._annotation.classes
        removed = [number for number in np.unique(labels).tolist() if number not in classes]
        if not removed:
            return labels
        return np.where(np.isin(labels, removed), 0, labels).astype(labels.dtype)

    def _record(self, kind: str, image: LabelImage, facts: Mapping[str, Any]) -> None:
        """Journal a result, in order with the edits; its voxels follow when there is time."""
        workspace = self._recorder.workspace
        if workspace is None:
            return
        file, data = workspace.next_result(kind), image.data
        stored = {"file": file, "shape": data.shape, "dtype": data.dtype.str}
        self._recorder.record(kind, {**stored, "origin": image.origin, **facts})
        self._unwritten.append((kind, file, data))

    def _write(self, kind: str, file: str, data: Array) -> None:
        workspace = self._recorder.workspace
        if workspace is None or not workspace.is_open:
            return

        def write() -> None:
            workspace.save_result(file, data)
            workspace.drop_results(kind, keep=file)

        self._recorder.attempt(kind, write)


def chances_at(voxel: Voxel, label: int, found: Prediction) -> tuple[float | None, float]:
    """Return how probable class `label` was at `voxel`, if it was known, and the uncertainty."""
    shares = found.probabilities[(slice(None), *voxel)]
    place = np.flatnonzero(found.classes == label)
    probability = float(shares[place[0]]) if place.size else None
    return probability, float(uncertainty_of(shares))


def _holds(box: Box, voxel: Voxel) -> bool:
    return all(side.start <= at < side.stop for at, side in zip(voxel, box, strict=True))


def fractions_of(labels: LabelImage | None) -> dict[int, float]:
    """Return the share of the voxels that each class has; empty without labels."""
    if labels is None:
        return {}
    counts = label_histogram(labels.data, int(labels.data.max()) + 1)
    return {number: int(n) / labels.data.size for number, n in enumerate(counts) if n}
