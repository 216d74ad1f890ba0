"""Superpixels as the classifier sees them: ids with bounding boxes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from annotat_nb.blocks import pieces, plan_blocks, whole
from annotat_nb.classify.tables import Rows
from annotat_nb.kernels.threads import PLANES
from annotat_nb.room import Room

if TYPE_CHECKING:
    from annotat_nb.blocks import Box, Shape
    from annotat_nb.operation import Array

GROUP: Shape = (8 * PLANES, 2**11, 2**11)
"""The most whose superpixels are looked at together, in voxels."""
GROWN = 2**21
"""Superpixels whose boxes are found together."""
TOGETHER = 2**20
"""Superpixels whose boxes are read together."""


@dataclass(frozen=True, eq=False)
class Group:
    """Superpixels that reach into a box of the volume."""

    box: Box
    ids: Array
    """int64, ascending."""
    starts: Array
    """Where the bounding box of each begins, int32, (ids, 3), z y x; in the volume."""
    stops: Array
    """Where it ends."""

    @property
    def is_last(self) -> Array:
        """Tell which of them reach into no later box, in the order of the groups."""
        ends = np.array([side.stop for side in self.box])
        done: Array = np.all(self.stops <= ends, axis=1)
        return done

    @property
    def within(self) -> tuple[Array, Array]:
        """Starts and stops of the bounding boxes, cut off at the box."""
        low, high = ([getattr(side, end) for side in self.box] for end in ("start", "stop"))
        return np.maximum(self.starts, low), np.minimum(self.stops, high)

    @property
    def around(self) -> Box:
        """The smallest box that holds all of them."""
        pairs = zip(self.starts.min(axis=0), self.stops.max(axis=0), strict=True)
        z, y, x = (slice(int(start), int(stop)) for start, stop in pairs)
        return z, y, x

    def inside(self, box: Box) -> Array:
        """Tell which of them lie in `box` with all their voxels."""
        low, high = ([getattr(side, end) for side in box] for end in ("start", "stop"))
        inside: Array = np.all((self.starts >= low) & (self.stops <= high), axis=1)
        return inside

    def touching(self, box: Box) -> Array:
        """Tell which bounding boxes reach into `box`."""
        low, high = ([getattr(side, end) for side in box] for end in ("start", "stop"))
        touching: Array = np.all((self.starts < high) & (self.stops > low), axis=1)
        return touching

    def only(self, chosen: Array) -> Group:
        """Return the same box with some of the superpixels."""
        return Group(self.box, self.ids[chosen], self.starts[chosen], self.stops[chosen])


class Regions:
    """Superpixels and where each of them lies.

    Parameters
    ----------
    labels
        Ids from 1, integers, (z, y, x), an array or what reads like one; ids may be missing.
    shape
        Shape of the volume to which they belong.
    room
        Where to put what is known of each.

    Raises
    ------
    TypeError
        If the ids are not integers.
    ValueError
        If the shapes differ, an id is below 1, or an id is larger than the number of voxels.
    """

    def __init__(self, labels: Any, shape: Shape, room: Room | None = None) -> None:
        if labels.dtype.kind not in "iu":
            raise TypeError(f"superpixels are integers, got {labels.dtype}; use .astype('uint32')")
        if labels.shape != shape:
            raise ValueError(
                f"superpixels must have the shape of the image, {shape}, got {labels.shape}"
            )
        self.shape = shape
        self.labels = labels
        self._room = Room() if room is None else room
        self._spans = [self._span(layer) for layer in self._layers()]
        lowest, self.largest = min(low for low, _ in self._spans), max(h for _, h in self._spans)
        if lowest < 1:
            raise ValueError(f"superpixels are numbered from 1, got {lowest}; add {1 - lowest}")
        voxels = int(np.prod(shape))
        if self.largest > voxels:
            raise ValueError(
                f"superpixels are numbered almost without gaps, got id {self.largest} in "
                f"{voxels} voxels; renumber them from 1"
            )

    def read(self, box: Box) -> Array:
        """Return the ids in `box`, uint32, (z, y, x); 0 belongs to no superpixel."""
        return np.asarray(self.labels[box]).astype(np.uint32, copy=False)

    def _layers(self) -> list[Box]:
        """Cut the volume into the layers that the groups have in common."""
        _, height, width = self.shape
        return [block.core for block in plan_blocks(self.shape, core=(GROUP[0], height, width))]

    def _span(self, layer: Box) -> tuple[int, int]:
        """Return the smallest and the largest id in a layer."""
        parts = (np.asarray(self.labels[box]) for box in pieces(layer))
        ends = [(int(part.min()), int(part.max())) for part in parts]
        return min(low for low, _ in ends), max(high for _, high in ends)

    @cached_property
    def _boxes(self) -> Rows:
        """The bounding box of each id: starts, then stops, z y x; zeros where it is missing."""
        boxes = Rows(self._room, "superpixels", self.largest + 1, 6, np.int32)
        for layer, (low, high) in zip(self._layers(), self._spans, strict=True):
            for start in range(low, high + 1, GROWN):
                self._grow(boxes, layer, start, min(start + GROWN, high + 1))
        return boxes

    def _grow(self, boxes: Rows, layer: Box, start: int, stop: int) -> None:
        from annotat_nb.kernels.cpu.lookup import grow_boxes

        rows = np.array(boxes.between(start, stop))
        for box in pieces(layer):
            grow_boxes(self.read(box), box, start, rows)
        boxes.write(start, rows)

    def groups(self) -> list[Box]:
        """Return boxes that cover the volume, first to last; see `group`."""
        return [block.core for block in plan_blocks(self.shape, core=GROUP)]

    def group(self, box: Box) -> Group:
        """Return the superpixels whose bounding boxes reach into `box`, one of `groups`."""
        low, high = self._spans[box[0].start // GROUP[0]]
        parts = [
            self._reaching(box, start, min(start + TOGETHER, high + 1))
            for start in range(low, high + 1, TOGETHER)
        ]
        ids, starts, stops = (np.concatenate(part) for part in zip(*parts, strict=True))
        return Group(box, ids, starts, stops)

    def _reaching(self, box: Box, start: int, stop: int) -> tuple[Array, Array, Array]:
        rows = self._boxes.between(start, stop)
        begins, ends = rows[:, :3], rows[:, 3:]
        low, high = [side.start for side in box], [side.stop for side in box]
        found = np.flatnonzero(np.all((begins < high) & (ends > low), axis=1))
        return found + start, begins[found], ends[found]

    def group_of(self, ids: Array) -> Group:
        """Return `ids`, which ascend, as a group in the box of all."""
        rows = self._boxes.take(ids)
        return Group(whole(self.shape), ids, rows[:, :3], rows[:, 3:])

    def between(self, start: int, stop: int) -> Array:
        """Return the ids from `start` up to `stop` that occur, int64, ascending."""
        return np.flatnonzero(self._boxes.between(start, stop)[:, 3]) + start

    def at(self, voxels: Array) -> Array:
        """Return the id of each of `voxels`, flat indices, int64."""
        z, y, x = np.unravel_index(voxels, self.shape)
        ids = np.empty(voxels.size, np.int64)
        for plane in np.unique(z):
            here = np.flatnonzero(z == plane)
            rows, columns = y[here], x[here]
            top, left = rows.min(), columns.min()
            part = self.labels[int(plane), top : rows.max() + 1, left : columns.max() + 1]
            ids[here] = np.asarray(part)[rows - top, columns - left]
        return ids

    def touching(self, box: Box) -> Array:
        """Return the ids that have a voxel in `box`, ascending."""
        ids = np.unique(self.read(box)).astype(np.int64)
        return ids[ids > 0]
