"""Superpixels as the classifier sees them: ids with bounding boxes."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from annotat_nb.blocks import Box, Shape
    from annotat_nb.operation import Array

SLAB_VOXELS = 2**24
"""About how many voxels are looked at together."""


class Regions:
    """Superpixels and where each of them lies.

    Parameters
    ----------
    labels
        Ids from 1, integers, (z, y, x), an array or what reads like one; ids may be missing.
    shape
        Shape of the volume to which they belong.

    Raises
    ------
    TypeError
        If the ids are not integers.
    ValueError
        If the shapes differ, an id is below 1, or an id is larger than the number of voxels.
    """

    def __init__(self, labels: Any, shape: Shape) -> None:
        if labels.dtype.kind not in "iu":
            raise TypeError(f"superpixels are integers, got {labels.dtype}; use .astype('uint32')")
        if labels.shape != shape:
            raise ValueError(
                f"superpixels must have the shape of the image, {shape}, got {labels.shape}"
            )
        self.shape = shape
        self.labels = labels
        lowest, self.largest = self._range()
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

    def slabs(self, box: Box | None = None) -> Iterator[Box]:
        """Cut `box`, or everything, into slabs of whole planes, first to last."""
        depth, height, width = box or tuple(slice(0, extent) for extent in self.shape)
        area = (height.stop - height.start) * (width.stop - width.start)
        step = max(1, SLAB_VOXELS // area)
        for start in range(depth.start, depth.stop, step):
            yield slice(start, min(start + step, depth.stop)), height, width

    def _range(self) -> tuple[int, int]:
        ends = [(int(part.min()), int(part.max())) for part in map(self._raw, self.slabs())]
        return min(low for low, _ in ends), max(high for _, high in ends)

    def _raw(self, box: Box) -> Array:
        return np.asarray(self.labels[box])

    @cached_property
    def _bounds(self) -> tuple[Array, Array, Array]:
        from annotat_nb.kernels.cpu.pooling import grow_boxes

        starts = np.full((self.largest + 1, 3), np.iinfo(np.int32).max, np.int32)
        stops = np.zeros((self.largest + 1, 3), np.int32)
        for slab in self.slabs():
            grow_boxes(self.read(slab), slab[0].start, starts, stops)
        stops[0] = 0
        ids = np.flatnonzero(stops[:, 0])
        return ids, starts[ids], stops[ids]

    @property
    def ids(self) -> Array:
        """The ids that occur, int64, ascending."""
        return self._bounds[0]

    def bounds(self, ids: Array) -> tuple[Array, Array]:
        """Return starts and stops of the bounding boxes of `ids`, each (ids, 3), z y x."""
        place = np.searchsorted(self.ids, ids)
        return self._bounds[1][place], self._bounds[2][place]

    def at(self, voxels: Array) -> Array:
        """Return the id of each of `voxels`, flat indices, int64."""
        z, y, x = np.unravel_index(voxels, self.shape)
        ids = np.empty(voxels.size, np.int64)
        for plane in np.unique(z):
            here = z == plane
            ids[here] = np.asarray(self.labels[int(plane)])[y[here], x[here]]
        return ids

    def touching(self, box: Box) -> Array:
        """Return the ids that have a voxel in `box`, ascending."""
        ids = np.unique(self.read(box)).astype(np.int64)
        return ids[ids > 0]

    def box_around(self, ids: Array) -> Box:
        """Return the smallest box that holds all of `ids`."""
        starts, stops = self.bounds(ids)
        z, y, x = (
            slice(int(a), int(b))
            for a, b in zip(starts.min(axis=0), stops.max(axis=0), strict=True)
        )
        return z, y, x
