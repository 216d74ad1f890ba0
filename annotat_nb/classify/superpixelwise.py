"""Classify superpixels by the pooled features of their voxels."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from annotat_nb.classify.marks import Examples, Marks, majority
from annotat_nb.classify.prediction import Prediction, label_type, superpixel_probabilities
from annotat_nb.classify.progress import Progress, Report, part_of
from annotat_nb.classify.tables import Table, gather
from annotat_nb.classify.windows import compute, plan_windows, tile_of
from annotat_nb.superpixels.pooling import Pool, Pooling

if TYPE_CHECKING:
    from collections.abc import Sequence

    from annotat_nb.blocks import Box
    from annotat_nb.classify.model import Model
    from annotat_nb.classify.pipeline import Pipeline
    from annotat_nb.classify.regions import Regions
    from annotat_nb.features import Feature
    from annotat_nb.operation import Array
    from annotat_nb.volume import Volume


class SuperpixelWise:
    """The superpixels of a volume and what is known of their features so far."""

    def __init__(self, volume: Volume, regions: Regions) -> None:
        self._volume, self._regions = volume, regions
        self._tables: dict[tuple[Feature, Pooling], Table] = {}

    def examples(self, marks: Marks) -> Examples:
        """Return the marked superpixels with the label that most marks in each have.

        Each counts as much as it is marked: a stroke grazes superpixels of which it says little.
        """
        ids = self._regions.labels.ravel()[marks.voxels].astype(np.int64)
        samples, targets, counts = majority(ids, marks.labels)
        return Examples(samples, targets, counts / counts.mean())

    def names(self, feature: Feature, pipeline: Pipeline) -> tuple[str, ...]:
        """Name the columns of `feature`."""
        channels = feature.channels()
        return tuple(f"{name}, {pooling}" for pooling in pipeline.pooling for name in channels)

    def rows(
        self, features: Sequence[Feature], pipeline: Pipeline, samples: Array, progress: Progress
    ) -> Array:
        """Return the pooled features of superpixels `samples`, float32, (samples, columns)."""
        return gather(features, partial(self._columns, pipeline.pooling, samples), progress)

    def predict(self, model: Model, box: Box | None, progress: Progress) -> Prediction:
        """Classify all superpixels, or those that have a voxel in `box`."""
        regions = self._regions
        ids = regions.ids if box is None else regions.touching(box)
        rows = self.rows(model.features, model.pipeline, ids, part_of(progress, 0.0, 0.8))
        table = model.predict_proba(rows, part_of(progress, 0.8, 1.0))
        kind = label_type(model.classes) if box is None else np.dtype(np.int16)
        label_of = np.full(regions.largest + 1, 0 if box is None else -1, kind)
        label_of[ids] = model.classes[table.argmax(axis=1)]
        around = regions.box_around(ids)
        return Prediction(
            box=around,
            labels=label_of[regions.labels[around]],
            classes=model.classes,
            probabilities=superpixel_probabilities(regions.labels, ids, table),
        )

    def _columns(
        self,
        poolings: Sequence[Pooling],
        samples: Array,
        feature: Feature,
        report: Report,
    ) -> Array:
        tables = [self._table(feature, pooling) for pooling in poolings]
        missing = [table.missing(samples) for table in tables]
        if any(ids.size for ids in missing):
            pools = [
                Pool(ids, len(feature.channels()), pooling)
                for ids, pooling in zip(missing, poolings, strict=True)
            ]
            self._fill(feature, np.unique(np.concatenate(missing)), pools, report)
            for table, ids, pool in zip(tables, missing, pools, strict=True):
                table.extend(ids, pool.rows())
        return np.concatenate([table.take(samples) for table in tables], axis=1)

    def _table(self, feature: Feature, pooling: Pooling) -> Table:
        empty = Table.empty(len(feature.channels()))
        return self._tables.setdefault((feature, pooling), empty)

    def _fill(self, feature: Feature, ids: Array, pools: Sequence[Pool], report: Report) -> None:
        windows = list(plan_windows(*self._regions.bounds(ids), tile_of(feature)))
        for done, window in enumerate(windows, 1):
            values = compute(feature, self._volume, window.box)
            for pool in pools:
                pool.add(self._regions.labels[window.box], values)
            report(done / len(windows))
