"""Classify each voxel by itself."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from annotat_nb.blocks import Block
from annotat_nb.classify.marks import Examples
from annotat_nb.classify.prediction import Prediction, Probabilities, label_type
from annotat_nb.classify.progress import Progress, Report, part_of, silent
from annotat_nb.classify.tables import Table, gather
from annotat_nb.classify.windows import DEEP_TILE, compute, plan_windows, tile_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from annotat_nb.blocks import Box, Shape
    from annotat_nb.classify.marks import Marks
    from annotat_nb.classify.model import Model
    from annotat_nb.classify.pipeline import Pipeline
    from annotat_nb.features import Feature
    from annotat_nb.operation import Array
    from annotat_nb.volume import Volume

BLOCK_VOXELS = 2**20
"""About how many voxels are classified at once: all their features are in memory together."""


class VoxelWise:
    """The voxels of a volume and what is known so far of the features of those marked."""

    def __init__(self, volume: Volume) -> None:
        self._volume = volume
        self._tables: dict[Feature, Table] = {}

    def examples(self, marks: Marks) -> Examples:
        """Return the marked voxels."""
        order = np.argsort(marks.voxels)
        weights = np.ones(order.size)
        return Examples(marks.voxels[order], marks.labels[order], weights)

    def names(self, feature: Feature, _pipeline: Pipeline) -> tuple[str, ...]:
        """Name the columns of `feature`."""
        return feature.channels()

    def rows(
        self, features: Sequence[Feature], _pipeline: Pipeline, samples: Array, progress: Progress
    ) -> Array:
        """Return the features of voxels `samples`, float32, (samples, columns)."""
        return gather(features, partial(self._columns, samples), progress)

    def predict(self, model: Model, box: Box | None, progress: Progress) -> Prediction:
        """Classify every voxel of `box`, or of the volume."""
        kind = label_type(model.classes) if box is None else np.dtype(np.int16)
        box = _within(box, self._volume.shape)
        labels = np.empty([side.stop - side.start for side in box], kind)
        parts = _cut(box, self._tile(model))
        for done, part in enumerate(parts):
            share = part_of(progress, done / len(parts), (done + 1) / len(parts))
            table = self._table(model, part, share)
            found = model.classes[table.argmax(axis=1)]
            labels[Block(part, box).inner] = found.reshape([s.stop - s.start for s in part])
        return Prediction(box, labels, model.classes, self._probabilities(model))

    def _columns(self, samples: Array, feature: Feature, report: Report) -> Array:
        table = self._tables.setdefault(feature, Table.empty(len(feature.channels())))
        missing = table.missing(samples)
        if missing.size:
            table.extend(missing, self._values_at(missing, feature, report))
        return table.take(samples)

    def _values_at(self, voxels: Array, feature: Feature, report: Report) -> Array:
        places = np.stack(np.unravel_index(voxels, self._volume.shape), axis=1)
        rows = np.empty((voxels.size, len(feature.channels())), np.float32)
        windows = list(plan_windows(places, places + 1, tile_of(feature)))
        for done, window in enumerate(windows, 1):
            values = compute(feature, self._volume, window.box)
            corner = [side.start for side in window.box]
            z, y, x = (places[window.members] - corner).T
            rows[window.members] = values[:, z, y, x].T
            report(done / len(windows))
        return rows

    def _tile(self, model: Model) -> Shape:
        """Return the largest box of which all features of `model` are computed together."""
        if any(feature.halo()[0] for feature in model.features):
            return DEEP_TILE
        _, height, width = (min(extent, 512) for extent in self._volume.shape)
        return max(1, BLOCK_VOXELS // (height * width)), 512, 512

    def _table(self, model: Model, box: Box, progress: Progress) -> Array:
        """Return the probabilities in `box`, (voxels, classes)."""
        rows = gather(model.features, partial(self._values, box), part_of(progress, 0.0, 0.4))
        return model.predict_proba(rows, part_of(progress, 0.4, 1.0))

    def _values(self, box: Box, feature: Feature, report: Report) -> Array:
        """Return the columns of `feature` for all voxels of `box`."""
        shape = [side.stop - side.start for side in box]
        values = np.empty((len(feature.channels()), *shape), np.float32)
        parts = _cut(box, tile_of(feature))
        for done, part in enumerate(parts, 1):
            inside = Block(part, box).inner
            values[(slice(None), *inside)] = compute(feature, self._volume, part)
            report(done / len(parts))
        return values.reshape(len(values), -1).T

    def _probabilities(self, model: Model) -> Probabilities:
        def read(box: Box) -> Array:
            table = self._table(model, box, silent)
            return table.T.reshape(-1, *(side.stop - side.start for side in box))

        return Probabilities((model.classes.size, *self._volume.shape), read)


def _cut(box: Box, tile: Shape) -> list[Box]:
    """Cut `box` along the grid of tiles."""
    starts = np.array([[side.start for side in box]])
    stops = np.array([[side.stop for side in box]])
    return [window.box for window in plan_windows(starts, stops, tile)]


def _within(box: Box | None, shape: Shape) -> Box:
    """Return `box`, or everything, with its ends as voxels of `shape`."""
    sides = box if box is not None else (slice(None),) * 3
    z, y, x = (slice(*side.indices(extent)[:2]) for side, extent in zip(sides, shape, strict=True))
    return z, y, x
