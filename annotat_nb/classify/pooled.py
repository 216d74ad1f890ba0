"""Features of superpixels: computed block by block, pooled, dropped, and the rows remembered."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from annotat_nb.blocks import whole
from annotat_nb.classify.device import COMPUTING, Device
from annotat_nb.classify.tables import DenseTable
from annotat_nb.classify.windows import plan_windows, tile_of
from annotat_nb.progress import Progress, part_of
from annotat_nb.superpixels.pooling import Members, Parts, Pool

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from annotat_nb.blocks import Box
    from annotat_nb.classify.device import Use
    from annotat_nb.classify.regions import Group, Regions
    from annotat_nb.features import Feature
    from annotat_nb.operation import Array
    from annotat_nb.room import Room
    from annotat_nb.superpixels.pooling import Pooling
    from annotat_nb.volume import Volume

ROWS_HELD = 2**27
"""Bytes of rows that are gathered before they are put away: more features take several passes."""


class PooledFeatures:
    """Features of superpixels, pooled over their voxels; each is computed once.

    Parameters
    ----------
    volume
        The image.
    regions
        The superpixels.
    room
        Where to remember the rows.
    """

    def __init__(self, volume: Volume, regions: Regions, room: Room) -> None:
        self._volume, self._regions, self._room = volume, regions, room
        self.device = Device()
        """Where features are computed."""
        self._tables: dict[tuple[Feature, Pooling], DenseTable] = {}

    def take(self, features: Sequence[Feature], poolings: Sequence[Pooling], ids: Array) -> Array:
        """Return the rows of superpixels `ids`, which ascend, float32, (ids, columns)."""
        tables = [self._tables[f, pooling] for f in features for pooling in poolings]
        return np.concatenate([table.take(ids) for table in tables], axis=1)

    def fill(
        self,
        features: Sequence[Feature],
        poolings: Sequence[Pooling],
        ids: Array,
        progress: Progress,
    ) -> None:
        """Compute what is not known yet of superpixels `ids`, which ascend."""
        self._open_tables(features, poolings)
        progress(COMPUTING, 0.0)
        self._compute(self._regions.group_of(ids), features, poolings, {}, progress)
        progress(COMPUTING, 1.0)

    def fill_all(
        self, features: Sequence[Feature], poolings: Sequence[Pooling], progress: Progress
    ) -> None:
        """Compute what is not known yet of any superpixel, in one pass through the volume."""
        self._open_tables(features, poolings)
        progress(COMPUTING, 0.0)
        pending: dict[Feature, Parts] = {}
        boxes = self._regions.groups()
        for number, box in enumerate(boxes):
            share = part_of(progress, number / len(boxes), (number + 1) / len(boxes))
            self._compute(self._regions.group(box), features, poolings, pending, share)
        progress(COMPUTING, 1.0)

    def _open_tables(self, features: Sequence[Feature], poolings: Sequence[Pooling]) -> None:
        wanted = {(f, pooling): len(f.channels()) for f in features for pooling in poolings}
        fresh = {key: columns for key, columns in wanted.items() if key not in self._tables}
        count = self._regions.largest + 1
        if not self._room.fits(4 * count * sum(fresh.values())):
            # Before something goes to the disk, what other pipelines needed goes.
            self._tables = {key: self._tables[key] for key in wanted.keys() & self._tables.keys()}
        for key, columns in fresh.items():
            self._tables[key] = DenseTable(self._room, count, columns)

    def _compute(
        self,
        group: Group,
        features: Sequence[Feature],
        poolings: Sequence[Pooling],
        pending: dict[Feature, Parts],
        progress: Progress,
    ) -> None:
        """Compute what is not known yet of a group; `pending` is what other groups will add to."""
        missing = {f: self._missing(f, poolings, group.ids) for f in features}
        lacking = [f for f, absent in missing.items() if absent.any()]
        if not lacking:
            return
        group = group.only(np.any([missing[f] for f in lacking], axis=0))
        batches = list(_batches(lacking, group.ids.size * len(poolings)))
        for number, batch in enumerate(batches):
            pools = {f: Pool(group.ids, len(f.channels()), poolings, pending.get(f)) for f in batch}
            share = part_of(progress, number / len(batches), (number + 1) / len(batches))
            self._stream(group, pools, share)
            for feature, pool in pools.items():
                pending[feature] = pool.finish(group.is_last)
                self._keep(feature, poolings, group, pool)

    def _missing(self, feature: Feature, poolings: Sequence[Pooling], ids: Array) -> Array:
        """Tell which of `ids` lack the feature, pooled in one of these ways."""
        tables = [self._tables[feature, pooling] for pooling in poolings]
        missing: Array = np.any([np.isin(ids, table.missing(ids)) for table in tables], axis=0)
        return missing

    def _keep(
        self, feature: Feature, poolings: Sequence[Pooling], group: Group, pool: Pool
    ) -> None:
        done = np.flatnonzero(group.is_last)
        for pooling in poolings:
            table, ids = self._tables[feature, pooling], group.ids[done]
            # Of those that were known, another group may have had no part.
            fresh = np.isin(ids, table.missing(ids))
            table.extend(ids[fresh], pool.rows(pooling)[done[fresh]])

    def _stream(self, group: Group, pools: dict[Feature, Pool], progress: Progress) -> None:
        """Compute features window by window and pool them at once."""
        features = tuple(pools)
        few = group.ids.size < self._regions.largest // 2 and group.box == whole(self._volume.shape)
        starts, stops = group.within
        windows = list(plan_windows(starts, stops, tile_of(features, self.device.name, few=few)))
        for number, window in enumerate(windows):
            begin = partial(self._begin, pools, group, window.members)
            share = part_of(progress, number / len(windows), (number + 1) / len(windows))
            self.device.compute(features, self._volume, window.box, begin, share)

    def _begin(self, pools: dict[Feature, Pool], group: Group, places: Array, box: Box) -> Use:
        """Find those in `places` that reach into `box`, and return what pools them."""
        places = places[group.only(places).touching(box)]
        own = group.only(places)
        members = Members.of(self._regions.read(box), box, own.ids, places, own.inside(box))
        return lambda feature, channels: pools[feature].add(members, channels)


def _batches(features: Sequence[Feature], rows: int) -> Iterator[list[Feature]]:
    """Cut `features` into those whose rows are gathered together."""
    batch: list[Feature] = []
    for feature in features:
        held = sum(len(f.channels()) for f in [*batch, feature])
        if batch and 4 * rows * held > ROWS_HELD:
            yield batch
            batch = []
        batch.append(feature)
    yield batch
