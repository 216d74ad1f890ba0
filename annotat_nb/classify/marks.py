"""What the user marked, as a classifier takes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from annotat_nb.operation import Array
    from annotat_nb.volume import Volume


class TrainingError(ValueError):
    """The markers do not suffice to train a classifier.

    Parameters
    ----------
    message
        The sentence for the user.
    classes
        The ids of the classes that could be learnt, so that a caller can name them.
    """

    def __init__(self, message: str, classes: tuple[int, ...] = ()) -> None:
        super().__init__(message)
        self.classes = classes


@dataclass(frozen=True, eq=False)
class Marks:
    """A snapshot of marked voxels.

    Parameters
    ----------
    voxels
        Flat indices into the volume, int64, each at most once.
    labels
        The class of each of these voxels, int16, from 0.

    Examples
    --------
    >>> Marks(np.array([3, 9]), np.array([0, 1])).labels.dtype
    dtype('int16')
    """

    voxels: Array
    labels: Array

    def __post_init__(self) -> None:
        for name, kind in (("voxels", np.int64), ("labels", np.int16)):
            values = np.array(getattr(self, name), dtype=kind).ravel()
            values.flags.writeable = False
            object.__setattr__(self, name, values)
        if self.voxels.size != self.labels.size:
            raise ValueError(
                f"every marked voxel needs one label, got {self.voxels.size} voxels "
                f"and {self.labels.size} labels"
            )

    def equal(self, other: Marks) -> bool:
        """Tell whether the same voxels are marked with the same classes."""
        return np.array_equal(self.voxels, other.voxels) and np.array_equal(
            self.labels, other.labels
        )

    def where_finite(self, volume: Volume) -> Marks:
        """Leave out the voxels whose value is NaN or infinite: they never train."""
        if volume.dtype.kind != "f" or not self.voxels.size:
            return self
        places = np.stack(np.unravel_index(self.voxels, volume.shape))
        keep = np.ones(self.voxels.size, bool)
        for z in np.unique(places[0]):
            here = np.flatnonzero(places[0] == z)
            keep[here] = np.isfinite(volume.slice("z", int(z))[tuple(places[1:, here])])
        return Marks(self.voxels[keep], self.labels[keep])


def check_trainable(labels: Array, problem: str) -> None:
    """Refuse to train on `labels` of fewer than two classes.

    Raises
    ------
    TrainingError
        With `problem`, in which ``{}`` becomes the only class, or if there is no label at all.
    """
    classes = tuple(np.unique(labels).tolist())
    if not classes:
        raise TrainingError("Paint at least two classes: nothing is marked yet.")
    if len(classes) < 2:
        raise TrainingError(f"Paint at least two classes: {problem.format(classes[0])}.", classes)


@dataclass(frozen=True, eq=False)
class Examples:
    """What a classifier learns from."""

    samples: Array
    """Superpixel ids or flat voxel indices, ascending."""
    targets: Array
    """The class of each."""
    weights: Array
    """How much each counts; 1 on average."""
    strokes: Array
    """The stroke that most of its marks are of, by numbers."""


def majority(ids: Array, labels: Array) -> tuple[Array, Array, Array]:
    """Return the ids that occur, ascending, the most frequent label of each, and how frequent.

    Among equally frequent labels the smallest counts.

    Examples
    --------
    >>> ids, labels, counts = majority(np.array([5, 5, 5, 2, 2]), np.array([1, 0, 1, 3, 0]))
    >>> ids.tolist(), labels.tolist(), counts.tolist()
    ([2, 5], [0, 1], [1, 2])
    """
    pairs, counts = np.unique(np.stack([ids, labels]), axis=1, return_counts=True)
    order = np.lexsort((pairs[1], -counts, pairs[0]))
    owners = pairs[0][order]
    first = np.flatnonzero(np.diff(owners, prepend=-1))
    return owners[first], pairs[1][order][first].astype(labels.dtype), counts[order][first]
