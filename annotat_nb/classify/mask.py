"""Where to train and classify, when that is not everywhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from annotat_nb.classify.regions import Regions

if TYPE_CHECKING:
    from annotat_nb.blocks import Box, Shape
    from annotat_nb.operation import Array
    from annotat_nb.room import Room


@dataclass(frozen=True, eq=False)
class Mask:
    """The voxels of chosen classes of an earlier label.

    Features of superpixels count only voxels inside, marks outside do not train, and what lies
    outside keeps its class of the earlier label.

    Parameters
    ----------
    labels
        The earlier label: class ids, unsigned, (z, y, x), an array or what reads like one.
    classes
        The classes of it that are inside.

    Examples
    --------
    >>> mask = Mask(np.array([[[0, 1, 1, 2]]], "uint8"), (1, 2))
    >>> mask.inside((slice(1), slice(1), slice(4))).ravel().tolist()
    [False, True, True, True]
    """

    labels: Any
    classes: tuple[int, ...]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Mask):
            return NotImplemented
        return self.labels is other.labels and self.classes == other.classes

    def __hash__(self) -> int:
        return hash((id(self.labels), self.classes))

    def inside(self, box: Box) -> Array:
        """Tell which voxels of `box` are inside, bool, (z, y, x)."""
        return np.isin(self.earlier(box), self.classes)

    def earlier(self, box: Box) -> Array:
        """Return the classes of the earlier label in `box`."""
        return np.asarray(self.labels[box])

    def holds(self, voxels: Array) -> Array:
        """Tell which of `voxels`, flat indices, are inside."""
        places = np.unravel_index(voxels, self.labels.shape)
        inside = np.zeros(voxels.size, bool)
        for z in np.unique(places[0]):
            here = np.flatnonzero(places[0] == z)
            y, x = places[1][here], places[2][here]
            inside[here] = np.isin(np.asarray(self.labels[int(z)])[y, x], self.classes)
        return inside


class MaskedRegions(Regions):
    """Superpixels of which only what lies inside a mask counts; the rest has id 0."""

    def __init__(self, labels: Any, shape: Shape, mask: Mask, room: Room | None = None) -> None:
        super().__init__(labels, shape, room)
        self._mask = mask

    def read(self, box: Box) -> Array:
        ids = super().read(box)
        return np.where(self._mask.inside(box), ids, ids.dtype.type(0))
