"""How often a classifier is right."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from annotat_nb.classify.held_out import BY_STROKES, smallest_class, validated_by_stroke
from annotat_nb.classify.strokes import strokes_of_rarest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from annotat_nb.classify.classifier import Classifier, Predictor
    from annotat_nb.classify.held_out import HeldOut
    from annotat_nb.operation import Array
    from annotat_nb.progress import Report


@dataclass(frozen=True)
class Accuracy:
    """How often a classifier is right about samples that it has not learnt from.

    Where each class has two strokes that lie apart, whole strokes are kept apart. Else the figures
    flatter: the superpixels or voxels of one stroke resemble each other, so that a sample kept
    apart has neighbours among those learnt from. What is not marked may be harder in any case.

    Examples
    --------
    >>> accuracy = Accuracy.counted([[8, 2], [0, 10]], "out-of-bag estimate")
    >>> accuracy.overall, accuracy.per_class
    (0.9, (0.8, 1.0))
    """

    overall: float | None
    """Share of the samples whose class is found, 0 to 1; None where it cannot be known."""
    per_class: tuple[float | None, ...]
    """The same among the samples of each class; None where it cannot be known."""
    confusion: tuple[tuple[int, ...], ...]
    """Numbers of samples by painted class (rows) and found class (columns); empty where they
    cannot be known."""
    how: str
    """How it was found, or why it could not be."""
    lacking: tuple[int, ...] = ()
    """The ids of the classes that have too few samples."""

    @property
    def is_by_strokes(self) -> bool:
        """Whether whole strokes were kept apart."""
        return self.how == BY_STROKES

    @classmethod
    def counted(cls, confusion: Array | Sequence[Sequence[int]], how: str) -> Accuracy:
        """Return what a table of painted and found classes says."""
        table = np.asarray(confusion)
        right, all_of = np.diagonal(table), table.sum(axis=1)
        return cls(
            overall=float(right.sum() / all_of.sum()),
            per_class=tuple((right / all_of).tolist()),
            confusion=tuple(map(tuple, table.tolist())),
            how=how,
        )

    @classmethod
    def unknown(cls, targets: Array) -> Accuracy:
        """Return what can be said where a class has a single sample: nothing."""
        classes, counts = np.unique(targets, return_counts=True)
        lacking = tuple(classes[counts < 2].tolist())
        names = " and ".join(f"class {number}" for number in lacking)
        return cls(
            overall=None,
            per_class=(None,) * classes.size,
            confusion=(),
            how=f"not known: {names} {'has' if len(lacking) == 1 else 'have'} a single sample; "
            "mark more of it",
            lacking=lacking,
        )

    def reordered(self, order: Array) -> Accuracy:
        """Return the same with the classes in another order."""
        table = np.array(self.confusion)
        return replace(
            self,
            per_class=tuple(self.per_class[place] for place in order),
            confusion=tuple(map(tuple, table[np.ix_(order, order)].tolist())) if table.size else (),
        )


def accuracy_of(
    classifier: Classifier,
    predictor: Predictor,
    rows: Array,
    targets: Array,
    *,
    weights: Array,
    seed: int,
    progress: Report,
    strokes: Array | None = None,
) -> Accuracy:
    """Find how often a classifier is right about samples that it has not learnt from.

    Parameters
    ----------
    classifier
        What learnt.
    predictor
        What it has learnt from the following.
    rows, targets, weights, seed
        What it was fitted to.
    progress
        Receives the share that is done.
    strokes
        The stroke that each sample is of; None where that is not known.
    """
    if smallest_class(targets) < 2:
        return Accuracy.unknown(targets)
    if strokes is not None and strokes_of_rarest(strokes, targets) >= 2:
        found = validated_by_stroke(
            classifier, rows, targets, strokes, weights=weights, seed=seed, progress=progress
        )
    else:
        found = classifier.held_out(
            predictor, rows, targets, weights=weights, seed=seed, progress=progress
        )
    return Accuracy.counted(_confusion(found, targets), found.how)


def _confusion(found: HeldOut, targets: Array) -> Array:
    classes, kinds = np.unique(targets, return_inverse=True)
    painted, told = kinds[found.samples], found.probabilities.argmax(axis=1)
    pairs = np.bincount(painted * classes.size + told, minlength=classes.size**2)
    return pairs.reshape(classes.size, classes.size)
