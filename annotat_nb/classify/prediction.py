"""What a classifier found: labels, and probabilities on demand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from annotat_nb.classify.on_demand import OnDemand

if TYPE_CHECKING:
    from annotat_nb.blocks import Box
    from annotat_nb.classify.mask import Mask
    from annotat_nb.classify.regions import Regions
    from annotat_nb.classify.tables import FewRows, Rows
    from annotat_nb.operation import Array


class Uncertainty(OnDemand):
    """How hard it was to tell the most probable class from the next, (z, y, x), float32.

    It is 1 − (p₁ − p₂) of the two highest probabilities p₁ ≥ p₂: 0 where the classifier is sure,
    1 where two classes are equally probable, NaN where nothing was classified.

    References
    ----------
    T. Scheffer, C. Decomain, S. Wrobel, Active Hidden Markov Models for Information Extraction,
    Advances in Intelligent Data Analysis, 2001: the margin of the two best hypotheses.

    Examples
    --------
    >>> shares = np.array([0.5, 0.3, 0.2], "float32").reshape(3, 1, 1, 1)
    >>> round(float(Probabilities((3, 1, 1, 1), lambda box: shares).uncertainty[0, 0, 0]), 3)
    0.8
    """


class Probabilities(OnDemand):
    """The probability of each class at each voxel, computed where it is looked at.

    Reads like an array, (classes, z, y, x), float32; NaN where nothing was classified.

    Parameters
    ----------
    shape
        Number of classes, then the shape of the volume.
    read
        Gives the probabilities in a box of the volume, (classes, z, y, x).

    Examples
    --------
    >>> halves = Probabilities((2, 3, 4, 5), lambda box: np.full((2, 1, 1, 1), 0.5, "float32"))
    >>> halves[:, 0, 1, 2]
    array([0.5, 0.5], dtype=float32)
    """

    is_stored = False
    """Whether they are known already: then nobody waits for a slice."""

    @property
    def uncertainty(self) -> Uncertainty:
        """How close the two most probable classes are at each voxel."""
        return Uncertainty(self.shape[-3:], lambda box: uncertainty_of(self._read(box)))


class SuperpixelProbabilities(Probabilities):
    """Probabilities that all voxels of a superpixel share.

    Parameters
    ----------
    regions
        The superpixels.
    table
        Their probabilities, float32, (ids, classes); NaN where they were not classified.
    """

    is_stored = True

    def __init__(self, regions: Regions, table: Rows | FewRows) -> None:
        self._regions, self._table = regions, table
        super().__init__((table.columns, *regions.shape), self._look_up)

    @property
    def uncertainty(self) -> Uncertainty:
        """How close the two most probable classes are at each voxel."""
        return Uncertainty(self.shape[-3:], self._uncertain)

    def _look_up(self, box: Box) -> Array:
        return np.moveaxis(self._table.look_up(self._regions.read(box)), -1, 0)

    def _uncertain(self, box: Box) -> Array:
        ids = self._regions.read(box)
        return self._table.look_up(ids, lambda rows: uncertainty_of(rows.T))


def uncertainty_of(probabilities: Array) -> Array:
    """Return 1 minus the difference of the two highest probabilities.

    Parameters
    ----------
    probabilities
        (classes, ...), at least two classes.

    Examples
    --------
    >>> uncertainty_of(np.array([[0.25, 1.0], [0.5, 0.0], [0.25, 0.0]])).tolist()
    [0.75, 0.0]
    """
    second, first = np.partition(probabilities, -2, axis=0)[-2:]
    margin: Array = 1 - (first - second)
    return margin


@dataclass(frozen=True, eq=False)
class Prediction:
    """The classes of the voxels in a box."""

    box: Box
    """Where, in voxels of the volume."""
    labels: Array
    """Class ids in `box`: uint8, or uint16 above 256 classes, of the whole volume; int16 of a
    part of it, with -1 where nothing was classified."""
    classes: Array
    """The class ids that were learnt, ascending: the order of the probabilities."""
    probabilities: Probabilities
    """In voxels of the whole volume."""


def label_type(classes: Array, mask: Mask | None = None) -> np.dtype[Any]:
    """Return the smallest type of a label image that holds `classes`, and what `mask` keeps."""
    needed = np.dtype(np.uint8 if classes.max() < 256 else np.uint16)
    return needed if mask is None else np.promote_types(needed, mask.labels.dtype)
