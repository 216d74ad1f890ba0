"""Superpixels as the classifier sees them: ids with bounding boxes."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from annotat_nb.blocks import Box, Shape
    from annotat_nb.operation import Array


class Regions:
    """Superpixels and where each of them lies.

    Parameters
    ----------
    labels
        Ids from 1, integers, (z, y, x); ids may be missing.
    shape
        Shape of the volume to which they belong.

    Raises
    ------
    TypeError
        If the ids are not integers.
    ValueError
        If the shapes differ, an id is below 1, or an id is larger than the number of voxels.
    """

    def __init__(self, labels: Array, shape: Shape) -> None:
        self.labels = np.asarray(labels)
        if self.labels.dtype.kind not in "iu":
            raise TypeError(
                f"superpixels are integers, got {self.labels.dtype}; use .astype('uint32')"
            )
        if self.labels.shape != shape:
            raise ValueError(
                f"superpixels must have the shape of the image, {shape}, got {self.labels.shape}"
            )
        lowest = int(self.labels.min())
        if lowest < 1:
            raise ValueError(f"superpixels are numbered from 1, got {lowest}; add {1 - lowest}")
        self.largest = int(self.labels.max())
        if self.largest > self.labels.size:
            raise ValueError(
                f"superpixels are numbered almost without gaps, got id {self.largest} in "
                f"{self.labels.size} voxels; renumber them from 1"
            )

    @cached_property
    def _bounds(self) -> tuple[Array, Array, Array]:
        from scipy import ndimage

        boxes = ndimage.find_objects(self.labels)
        ids = np.array([i for i, box in enumerate(boxes, 1) if box is not None], np.int64)
        sides = [[(s.start, s.stop) for s in box] for box in boxes if box is not None]
        bounds = np.array(sides, np.int64)
        return ids, bounds[:, :, 0], bounds[:, :, 1]

    @property
    def ids(self) -> Array:
        """The ids that occur, ascending."""
        return self._bounds[0]

    def bounds(self, ids: Array) -> tuple[Array, Array]:
        """Return starts and stops of the bounding boxes of `ids`, each (ids, 3), z y x."""
        place = np.searchsorted(self.ids, ids)
        return self._bounds[1][place], self._bounds[2][place]

    def touching(self, box: Box) -> Array:
        """Return the ids that have a voxel in `box`, ascending."""
        return np.unique(self.labels[box]).astype(np.int64)

    def box_around(self, ids: Array) -> Box:
        """Return the smallest box that holds all of `ids`."""
        starts, stops = self.bounds(ids)
        z, y, x = (
            slice(int(a), int(b))
            for a, b in zip(starts.min(axis=0), stops.max(axis=0), strict=True)
        )
        return z, y, x
