"""Classify each voxel by itself."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from annotat_nb.blocks import Block
from annotat_nb.classify.device import COMPUTING, Device, lending
from annotat_nb.classify.marks import Examples
from annotat_nb.classify.pipeline import columns_of
from annotat_nb.classify.prediction import Prediction, Probabilities, label_type
from annotat_nb.classify.strokes import strokes_of
from annotat_nb.classify.tables import SparseTable
from annotat_nb.classify.windows import plan_windows, tile_of
from annotat_nb.features.backend import to_numpy
from annotat_nb.progress import Progress, part_of, silent
from annotat_nb.room import Room

if TYPE_CHECKING:
    from collections.abc import Sequence

    from annotat_nb.blocks import Box, Shape
    from annotat_nb.classify.device import Use
    from annotat_nb.classify.marks import Marks
    from annotat_nb.classify.mask import Mask
    from annotat_nb.classify.model import Model
    from annotat_nb.classify.pipeline import Pipeline
    from annotat_nb.features import Feature
    from annotat_nb.operation import Array
    from annotat_nb.volume import Volume

PART: Shape = (16, 256, 256)
"""The most that is classified at once, in voxels: all its features are in memory together."""
PART_BYTES = 2**27
"""Bytes that these features may take; more features mean smaller parts."""


class VoxelWise:
    """The voxels of a volume and what is known so far of the features of those marked."""

    def __init__(self, volume: Volume, mask: Mask | None = None, room: Room | None = None) -> None:
        self._volume, self._mask = volume, mask
        self.device = Device()
        """Where features are computed."""
        self._room = Room() if room is None else room
        self._tables: dict[Feature, SparseTable] = {}

    def examples(self, marks: Marks) -> Examples:
        """Return the marked voxels."""
        order = np.argsort(marks.voxels)
        weights = np.ones(order.size)
        strokes = strokes_of(marks, self._volume.shape)[order]
        return Examples(marks.voxels[order], marks.labels[order], weights, strokes)

    def names(self, pipeline: Pipeline) -> dict[Feature, tuple[str, ...]]:
        """Name the columns of each feature."""
        return columns_of(pipeline.features, None)

    def rows(
        self, features: Sequence[Feature], _pipeline: Pipeline, samples: Array, progress: Progress
    ) -> Array:
        """Return the features of voxels `samples`, float32, (samples, columns)."""
        progress(COMPUTING, 0.0)
        tables = {f: self._table_of(f) for f in features}
        lacking = [f for f in features if tables[f].missing(samples).size]
        if lacking:
            voxels = np.unique(np.concatenate([tables[f].missing(samples) for f in lacking]))
            for feature, rows in self._values_at(voxels, lacking, progress).items():
                absent = tables[feature].missing(samples)
                tables[feature].extend(absent, rows[np.searchsorted(voxels, absent)])
        progress(COMPUTING, 1.0)
        return np.concatenate([table.take(samples) for table in tables.values()], axis=1)

    def predict(self, model: Model, box: Box | None, progress: Progress) -> Prediction:
        """Classify every voxel of `box`, or of the volume."""
        is_part = box is not None
        kind = np.dtype(np.int16) if is_part else label_type(model.classes, self._mask)
        box = _within(box, self._volume.shape)
        shape = tuple(side.stop - side.start for side in box)
        labels = np.empty(shape, kind) if is_part else self._room.new("label", shape, kind)
        parts = _cut(box, _part_for(model))
        for done, part in enumerate(parts):
            share = part_of(progress, done / len(parts), (done + 1) / len(parts))
            inside = self._inside(part)
            found = np.empty(inside.shape, kind)
            found[:] = -1 if is_part else self._earlier(part)
            if inside.any():
                table = self._table(model, part, inside, share)
                found[inside] = model.classes[table.argmax(axis=1)]
            labels[Block(part, box).inner] = found
            share("Classifying", 1.0)
        return Prediction(box, labels, model.classes, self._probabilities(model))

    def _inside(self, box: Box) -> Array:
        """Tell which voxels of `box` are to be classified."""
        shape = [side.stop - side.start for side in box]
        return np.ones(shape, bool) if self._mask is None else self._mask.inside(box)

    def _earlier(self, box: Box) -> Array | int:
        return 0 if self._mask is None else self._mask.earlier(box)

    def _table_of(self, feature: Feature) -> SparseTable:
        empty = SparseTable.empty(len(feature.channels()))
        return self._tables.setdefault(feature, empty)

    def _values_at(
        self, voxels: Array, features: Sequence[Feature], progress: Progress
    ) -> dict[Feature, Array]:
        places = np.stack(np.unravel_index(voxels, self._volume.shape), axis=1)
        rows = {f: np.empty((voxels.size, len(f.channels())), np.float32) for f in features}
        windows = list(
            plan_windows(places, places + 1, tile_of(features, self.device.name, few=True))
        )
        for number, window in enumerate(windows):
            begin = partial(_picking, rows, places, window.members)
            share = part_of(progress, number / len(windows), (number + 1) / len(windows))
            self.device.compute(features, self._volume, window.box, begin, share)
        return rows

    def _table(self, model: Model, box: Box, inside: Array, progress: Progress) -> Array:
        """Return the probabilities of the voxels `inside` the box, (voxels, classes)."""
        computing = part_of(progress, 0.0, 0.4)
        computing(COMPUTING, 0.0)
        stacks = {
            f: np.empty((len(f.channels()), *inside.shape), np.float32) for f in model.features
        }
        begin = partial(_filling, stacks, box)
        self.device.compute(model.features, self._volume, box, begin, computing)
        columns = [_chosen(channel, inside) for stack in stacks.values() for channel in stack]
        return model.predict_proba(np.stack(columns, axis=1), part_of(progress, 0.4, 1.0))

    def _probabilities(self, model: Model) -> Probabilities:
        def read(box: Box) -> Array:
            shape = (side.stop - side.start for side in box)
            found = np.full((model.classes.size, *shape), np.nan, np.float32)
            with lending(self.device.asked):
                for part in _cut(box, _part_for(model)):
                    inside = self._inside(part)
                    if inside.any():
                        here = found[(slice(None), *Block(part, box).inner)]
                        here[:, inside] = self._table(model, part, inside, silent).T
            return found

        return Probabilities((model.classes.size, *self._volume.shape), read)


def _picking(rows: dict[Feature, Array], places: Array, members: Array, box: Box) -> Use:
    """Return what writes the values of those voxels that lie in `box` into their rows."""
    low, high = [side.start for side in box], [side.stop for side in box]
    own = members[np.all((places[members] >= low) & (places[members] < high), axis=1)]
    z, y, x = (places[own] - low).T

    def use(feature: Feature, channels: list[Any]) -> None:
        values = [to_numpy(channel[z, y, x]) for channel in channels]
        rows[feature][own] = np.stack(values, axis=1)

    return use


def _filling(stacks: dict[Feature, Array], box: Box, part: Box) -> Use:
    """Return what writes the channels in a part of `box` into their stacks."""
    here = Block(part, box).inner

    def use(feature: Feature, channels: list[Any]) -> None:
        for whole, channel in zip(stacks[feature], channels, strict=True):
            whole[here] = to_numpy(channel)

    return use


def _chosen(channel: Array, inside: Array) -> Array:
    # Most volumes have no mask, and choosing by a mask is slow.
    return np.ravel(channel) if inside.all() else channel[inside]


def _part_for(model: Model) -> Shape:
    """Return the most that is classified at once: less than `PART` where there are many features.

    What is found in a voxel does not depend on it.
    """
    channels = sum(len(feature.channels()) for feature in model.features)
    depth, height, width = PART
    while 4 * channels * depth * height * width > PART_BYTES and min(height, width) > 64:
        height, width = height // 2, width // 2
    return depth, height, width


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
