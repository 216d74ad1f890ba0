"""What a classifier says of samples that it has not learnt from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from annotat_nb.classify.strokes import parts_by_stroke, strokes_of_rarest
from annotat_nb.progress import share_of

if TYPE_CHECKING:
    from annotat_nb.classify.classifier import Classifier
    from annotat_nb.operation import Array
    from annotat_nb.progress import Report

SAMPLES_AT_MOST = 2000
"""Samples with which is cross-validated: enough to know the accuracy to 1 per cent or so."""

BY_STROKES = "whole strokes kept apart"
"""How the samples are kept apart where each class has strokes enough, in words."""


@dataclass(frozen=True, eq=False)
class HeldOut:
    """Samples, and what was learnt without them says of each."""

    samples: Array
    """Which samples were looked at."""
    probabilities: Array
    """(samples, classes)."""
    how: str
    """How they were kept apart, in words."""


def smallest_class(targets: Array) -> int:
    """Return how many samples the class with the fewest has."""
    return int(np.unique(targets, return_counts=True)[1].min())


def folds_of(targets: Array, count: int, seed: int) -> Array:
    """Divide samples at random into `count` parts with equal shares of each class.

    Examples
    --------
    >>> parts = folds_of(np.array([0, 1] * 6), 3, seed=0)
    >>> [np.bincount(parts[np.arange(12) % 2 == label]).tolist() for label in (0, 1)]
    [[2, 2, 2], [2, 2, 2]]
    """
    mixed = np.random.default_rng(seed).permutation(len(targets))
    by_class = mixed[np.argsort(targets[mixed], kind="stable")]
    parts = np.empty(len(targets), np.int64)
    parts[by_class] = np.arange(len(targets)) % count
    return parts


def cross_validated(
    classifier: Classifier,
    rows: Array,
    targets: Array,
    *,
    weights: Array,
    seed: int,
    progress: Report,
) -> HeldOut:
    """Classify each part of the samples by what is learnt from the others.

    Each class needs two samples at least; of very many samples some are left out.
    """
    chosen = _some(targets, seed)
    count = min(classifier.folds, smallest_class(targets[chosen]))
    samples = rows[chosen], targets[chosen], weights[chosen]
    parts = folds_of(targets[chosen], count, seed)
    table = _in_turn(classifier, *samples, parts, seed, progress)
    return HeldOut(chosen, table, f"{count}-fold cross-validation")


def validated_by_stroke(
    classifier: Classifier,
    rows: Array,
    targets: Array,
    strokes: Array,
    *,
    weights: Array,
    seed: int,
    progress: Report,
) -> HeldOut:
    """Classify the samples of each stroke by what is learnt from other strokes.

    Each class needs two strokes at least; of very many samples some are left out.
    """
    count = min(classifier.folds, strokes_of_rarest(strokes, targets))
    parts = parts_by_stroke(strokes, targets, count)
    chosen = _some(np.unique(targets, return_inverse=True)[1] * count + parts, seed)
    samples = rows[chosen], targets[chosen], weights[chosen]
    table = _in_turn(classifier.hasty, *samples, parts[chosen], seed, progress)
    return HeldOut(chosen, table, BY_STROKES)


def _in_turn(
    classifier: Classifier,
    rows: Array,
    targets: Array,
    weights: Array,
    parts: Array,
    seed: int,
    progress: Report,
) -> Array:
    """Return what is found of each part by what is learnt from the others, (samples, classes)."""
    table = np.empty((len(targets), np.unique(targets).size), np.float32)
    count = int(parts.max()) + 1
    for part in range(count):
        rest, report = parts != part, share_of(progress, part, count)
        learnt = classifier.fit(
            rows[rest], targets[rest], weights=weights[rest], seed=seed, progress=report
        )
        table[~rest] = learnt.predict_proba(rows[~rest], lambda share: None)
    progress(1.0)
    return table


def _some(kinds: Array, seed: int) -> Array:
    """Return at most about `SAMPLES_AT_MOST` samples, of each kind its share, but two at least."""
    every = max(1, -(-len(kinds) // SAMPLES_AT_MOST))
    mixed = np.random.default_rng(seed).permutation(len(kinds))
    chosen = []
    for kind in np.unique(kinds):
        own = mixed[kinds[mixed] == kind]
        chosen.append(own[: max(2, len(own) // every)])
    return np.sort(np.concatenate(chosen))
