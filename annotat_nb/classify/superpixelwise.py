"""Classify superpixels by the pooled features of their voxels."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from annotat_nb.blocks import Block, whole
from annotat_nb.classify.device import COMPUTING, Device
from annotat_nb.classify.marks import Examples, Marks, majority
from annotat_nb.classify.mask import Mask, MaskedRegions
from annotat_nb.classify.pipeline import columns_of
from annotat_nb.classify.prediction import Prediction, SuperpixelProbabilities, label_type
from annotat_nb.classify.progress import Progress, part_of
from annotat_nb.classify.regions import Regions
from annotat_nb.classify.tables import DenseTable, Table
from annotat_nb.classify.windows import plan_windows, tile_of
from annotat_nb.superpixels.pooling import Members, Pool, Pooling

if TYPE_CHECKING:
    from collections.abc import Sequence

    from annotat_nb.blocks import Box
    from annotat_nb.classify.device import Use
    from annotat_nb.classify.model import Model
    from annotat_nb.classify.pipeline import Pipeline
    from annotat_nb.features import Feature
    from annotat_nb.operation import Array
    from annotat_nb.volume import Volume

ROWS_AT_ONCE = 2**18
"""Superpixels that are classified at once."""


class SuperpixelWise:
    """The superpixels of a volume and what is known of their features so far."""

    def __init__(self, volume: Volume, superpixels: Any, mask: Mask | None = None) -> None:
        self._volume, self._mask = volume, mask
        self.device = Device()
        """Where features are computed."""
        self._regions = (
            Regions(superpixels, volume.shape)
            if mask is None
            else MaskedRegions(superpixels, volume.shape, mask)
        )
        self._tables: dict[tuple[Feature, Pooling], Table] = {}

    def examples(self, marks: Marks) -> Examples:
        """Return the marked superpixels with the label that most marks in each have.

        Each counts as much as it is marked: a stroke grazes superpixels of which it says little.
        """
        ids = self._regions.at(marks.voxels)
        samples, targets, counts = majority(ids, marks.labels)
        return Examples(samples, targets, counts / counts.mean())

    def names(self, feature: Feature, pipeline: Pipeline) -> tuple[str, ...]:
        """Name the columns of `feature`."""
        return columns_of(feature, pipeline.pooling)

    def prepare(self, pipeline: Pipeline, progress: Progress) -> None:
        """Compute all features of all superpixels, in one pass through the volume.

        Training first and computing then what the model uses would take two passes, and the next
        strokes may choose other features.
        """
        self._fill(pipeline.features, pipeline.pooling, self._regions.ids, progress)

    def rows(
        self, features: Sequence[Feature], pipeline: Pipeline, samples: Array, progress: Progress
    ) -> Array:
        """Return the pooled features of superpixels `samples`, float32, (samples, columns)."""
        self._fill(features, pipeline.pooling, samples, progress)
        return self._taken(features, pipeline.pooling, samples)

    def predict(self, model: Model, box: Box | None, progress: Progress) -> Prediction:
        """Classify all superpixels, or those that have a voxel in `box`."""
        regions, pooling = self._regions, model.pipeline.pooling
        ids = regions.ids if box is None else regions.touching(box)
        computing, classifying = part_of(progress, 0.0, 0.8), part_of(progress, 0.8, 1.0)
        self._fill(model.features, pooling, ids, computing)
        table = self._classified(model, ids, classifying)
        label_of = self._label_of(model, ids, table, elsewhere=0 if box is None else -1)
        around = whole(self._volume.shape) if box is None else regions.box_around(ids)
        return Prediction(
            box=around,
            labels=self._labels(around, label_of),
            classes=model.classes,
            probabilities=SuperpixelProbabilities(regions, ids, table),
        )

    def _label_of(self, model: Model, ids: Array, table: Array, elsewhere: int) -> Array:
        """Return the class of each superpixel id; `elsewhere` for the others."""
        kind = np.dtype(np.int16) if elsewhere < 0 else label_type(model.classes, self._mask)
        label_of = np.full(self._regions.largest + 1, elsewhere, kind)
        label_of[ids] = model.classes[table.argmax(axis=1)]
        return label_of

    def _classified(self, model: Model, ids: Array, progress: Progress) -> Array:
        """Return the probabilities of superpixels whose features are known, (ids, classes)."""
        parts = np.array_split(ids, -(-ids.size // ROWS_AT_ONCE))
        tables = []
        for done, part in enumerate(parts):
            rows = self._taken(model.features, model.pipeline.pooling, part)
            share = part_of(progress, done / len(parts), (done + 1) / len(parts))
            tables.append(model.predict_proba(rows, share))
        return np.concatenate(tables)

    def _labels(self, box: Box, label_of: Array) -> Array:
        from annotat_nb.kernels.cpu.pooling import look_up

        labels = np.empty([side.stop - side.start for side in box], label_of.dtype)
        for slab in self._regions.slabs(box):
            ids, part = self._regions.read(slab), labels[Block(slab, box).inner]
            look_up(ids, label_of, part)
            if self._mask is not None and label_of.dtype.kind == "u":
                np.copyto(part, self._mask.earlier(slab), where=ids == 0)
        return labels

    def _taken(
        self, features: Sequence[Feature], poolings: Sequence[Pooling], samples: Array
    ) -> Array:
        tables = [self._table(f, pooling) for f in features for pooling in poolings]
        return np.concatenate([table.take(samples) for table in tables], axis=1)

    def _table(self, feature: Feature, pooling: Pooling) -> Table:
        key = feature, pooling
        if key not in self._tables:
            count = self._regions.largest + 1
            self._tables[key] = DenseTable(count, len(feature.channels()))
        return self._tables[key]

    def _fill(
        self,
        features: Sequence[Feature],
        poolings: Sequence[Pooling],
        samples: Array,
        progress: Progress,
    ) -> None:
        """Compute what is not known yet of `samples`."""
        progress(COMPUTING, 0.0)
        missing = {
            f: [self._table(f, pooling).missing(samples) for pooling in poolings] for f in features
        }
        lacking = [f for f, ids in missing.items() if any(part.size for part in ids)]
        if lacking:
            ids = np.unique(np.concatenate([part for f in lacking for part in missing[f]]))
            for feature, pool in self._pooled(lacking, poolings, ids, progress).items():
                for pooling, absent in zip(poolings, missing[feature], strict=True):
                    rows = pool.rows(pooling)[np.searchsorted(ids, absent)]
                    self._table(feature, pooling).extend(absent, rows)
        progress(COMPUTING, 1.0)

    def _pooled(
        self,
        features: Sequence[Feature],
        poolings: Sequence[Pooling],
        ids: Array,
        progress: Progress,
    ) -> dict[Feature, Pool]:
        """Compute `features` and pool them over the superpixels `ids`."""
        pools = {f: Pool(ids.size, len(f.channels()), poolings) for f in features}
        starts, stops = self._regions.bounds(ids)
        few = ids.size < self._regions.ids.size // 2
        windows = list(plan_windows(starts, stops, tile_of(features, few=few)))
        for number, window in enumerate(windows):
            begin = partial(self._begin, pools, ids, window.members)
            share = part_of(progress, number / len(windows), (number + 1) / len(windows))
            self.device.compute(features, self._volume, window.box, begin, share)
        return pools

    def _begin(self, pools: dict[Feature, Pool], ids: Array, places: Array, box: Box) -> Use:
        """Find those of ``ids[places]`` that reach into `box`, and return what pools them."""
        starts, stops = self._regions.bounds(ids[places])
        near = _touching(starts, stops, box)
        places, complete = places[near], _inside(starts[near], stops[near], box)
        members = Members.of(self._regions.read(box), ids[places], places, complete)
        return lambda feature, channels: pools[feature].add(members, channels)


def _inside(starts: Array, stops: Array, box: Box) -> Array:
    """Tell which bounding boxes lie in `box`."""
    low, high = [side.start for side in box], [side.stop for side in box]
    inside: Array = np.all((starts >= low) & (stops <= high), axis=1)
    return inside


def _touching(starts: Array, stops: Array, box: Box) -> Array:
    """Tell which bounding boxes reach into `box`."""
    low, high = [side.start for side in box], [side.stop for side in box]
    touching: Array = np.all((starts < high) & (stops > low), axis=1)
    return touching
