"""Classify superpixels by the pooled features of their voxels."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from annotat_nb.blocks import pieces, whole
from annotat_nb.classify.marks import Examples, Marks, majority
from annotat_nb.classify.mask import Mask, MaskedRegions
from annotat_nb.classify.pipeline import columns_of
from annotat_nb.classify.pooled import PooledFeatures
from annotat_nb.classify.prediction import Prediction, SuperpixelProbabilities, label_type
from annotat_nb.classify.regions import Regions
from annotat_nb.classify.strokes import strokes_of
from annotat_nb.classify.tables import FewRows, Rows
from annotat_nb.progress import Progress, part_of
from annotat_nb.room import Room

if TYPE_CHECKING:
    from collections.abc import Sequence

    from annotat_nb.blocks import Box
    from annotat_nb.classify.device import Device
    from annotat_nb.classify.model import Model
    from annotat_nb.classify.pipeline import Pipeline
    from annotat_nb.features import Feature
    from annotat_nb.operation import Array
    from annotat_nb.volume import Volume

ROWS_AT_ONCE = 2**16
"""Superpixels that are classified at once."""


class SuperpixelWise:
    """The superpixels of a volume and what is known of their features so far."""

    def __init__(
        self, volume: Volume, superpixels: Any, mask: Mask | None = None, room: Room | None = None
    ) -> None:
        self._volume, self._mask = volume, mask
        self._room = Room() if room is None else room
        self._regions = (
            Regions(superpixels, volume.shape, self._room)
            if mask is None
            else MaskedRegions(superpixels, volume.shape, mask, self._room)
        )
        self._features = PooledFeatures(volume, self._regions, self._room)

    @property
    def device(self) -> Device:
        """Where features are computed."""
        return self._features.device

    @device.setter
    def device(self, device: Device) -> None:
        self._features.device = device

    def examples(self, marks: Marks) -> Examples:
        """Return the marked superpixels with the label that most marks in each have.

        Each counts as much as it is marked: a stroke grazes superpixels of which it says little.
        """
        ids = self._regions.at(marks.voxels)
        samples, targets, counts = majority(ids, marks.labels)
        strokes = strokes_of(marks, self._volume.shape)
        agree = targets[np.searchsorted(samples, ids)] == marks.labels
        _, own, _ = majority(ids[agree], strokes[agree])
        return Examples(samples, targets, counts / counts.mean(), own)

    def names(self, pipeline: Pipeline) -> dict[Feature, tuple[str, ...]]:
        """Name the columns of each feature."""
        return columns_of(pipeline.features, pipeline.pooling)

    def prepare(self, pipeline: Pipeline, progress: Progress) -> None:
        """Compute all features of all superpixels, in one pass through the volume.

        Training first and computing then what the model uses would take two passes, and the next
        strokes may choose other features.
        """
        self._features.fill_all(pipeline.features, pipeline.pooling, progress)

    def rows(
        self, features: Sequence[Feature], pipeline: Pipeline, samples: Array, progress: Progress
    ) -> Array:
        """Return the pooled features of superpixels `samples`, float32, (samples, columns)."""
        self._features.fill(features, pipeline.pooling, samples, progress)
        return self._features.take(features, pipeline.pooling, samples)

    def predict(self, model: Model, box: Box | None, progress: Progress) -> Prediction:
        """Classify all superpixels, or those that have a voxel in `box`."""
        if box is None:
            return self._predict_all(model, progress)
        return self._predict_part(model, box, progress)

    def _predict_all(self, model: Model, progress: Progress) -> Prediction:
        computing, classifying = part_of(progress, 0.0, 0.8), part_of(progress, 0.8, 1.0)
        self._features.fill_all(model.features, model.pipeline.pooling, computing)
        count, kind = self._regions.largest + 1, label_type(model.classes, self._mask)
        table = Rows(self._room, "probabilities", count, model.classes.size)
        label_of = np.zeros(count, kind)
        for start in range(0, count, ROWS_AT_ONCE):
            stop = min(start + ROWS_AT_ONCE, count)
            ids = self._regions.between(start, stop)
            shares = np.full((stop - start, model.classes.size), np.nan, np.float32)
            share = part_of(classifying, start / count, stop / count)
            shares[ids - start] = self._classified(model, ids, share)
            label_of[ids] = model.classes[shares[ids - start].argmax(axis=1)]
            table.write(start, shares)
        labels = self._room.new("label", self._volume.shape, kind)
        self._write_labels(labels, label_of)
        probabilities = SuperpixelProbabilities(self._regions, table)
        return Prediction(whole(self._volume.shape), labels, model.classes, probabilities)

    def _predict_part(self, model: Model, box: Box, progress: Progress) -> Prediction:
        computing, classifying = part_of(progress, 0.0, 0.8), part_of(progress, 0.8, 1.0)
        ids = self._regions.touching(box)
        self._features.fill(model.features, model.pipeline.pooling, ids, computing)
        shares = self._classified_in_parts(model, ids, classifying)
        around = self._regions.group_of(ids).around if ids.size else box
        return Prediction(
            box=around,
            labels=self._labels_of(around, ids, model.classes[shares.argmax(axis=1)]),
            classes=model.classes,
            probabilities=SuperpixelProbabilities(self._regions, FewRows(ids, shares)),
        )

    def _classified_in_parts(self, model: Model, ids: Array, progress: Progress) -> Array:
        """Return the same as `_classified` for any number of superpixels."""
        parts = np.split(ids, range(ROWS_AT_ONCE, ids.size, ROWS_AT_ONCE))
        edges = pairwise(number / len(parts) for number in range(len(parts) + 1))
        shares = [
            self._classified(model, part, part_of(progress, *ends))
            for part, ends in zip(parts, edges, strict=True)
        ]
        return np.concatenate(shares)

    def _classified(self, model: Model, ids: Array, progress: Progress) -> Array:
        """Return the probabilities of superpixels whose features are known, (ids, classes)."""
        if not ids.size:
            return np.empty((0, model.classes.size), np.float32)
        rows = self._features.take(model.features, model.pipeline.pooling, ids)
        return model.predict_proba(rows, progress)

    def _write_labels(self, labels: Any, label_of: Array) -> None:
        """Write the class of each superpixel; outside the mask the earlier class stays."""
        from annotat_nb.kernels.cpu.lookup import look_up

        for box in pieces(whole(self._volume.shape)):
            ids = self._regions.read(box)
            part = np.empty(ids.shape, label_of.dtype)
            look_up(ids, label_of, part)
            if self._mask is not None:
                np.copyto(part, self._mask.earlier(box), where=ids == 0)
            labels[box] = part

    def _labels_of(self, box: Box, ids: Array, classes: Array) -> Array:
        """Return the classes of a few superpixels, int16, in `box`; -1 for the others."""
        from annotat_nb.kernels.cpu.lookup import look_up

        labels = np.full([side.stop - side.start for side in box], -1, np.int16)
        if ids.size:
            table = np.full(ids[-1] - ids[0] + 1, -1, np.int16)
            table[ids - ids[0]] = classes
            look_up(self._regions.read(box), table, labels, first=int(ids[0]), other=-1)
        return labels
