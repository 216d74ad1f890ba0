"""How much each feature helps to tell the classes apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from annotat_nb.classify.held_out import folds_of, smallest_class
from annotat_nb.classify.trees import Growth, Samples, grow_forest, out_of_bag
from annotat_nb.progress import share_of

if TYPE_CHECKING:
    from annotat_nb.classify.packed import PackedForest
    from annotat_nb.operation import Array
    from annotat_nb.progress import Report

EXTRA_TREES = Growth(bootstrap=False, random_cuts=True)
RANDOM_FOREST = Growth(bootstrap=True, random_cuts=False)
TREES = 100
"""Trees of the random forests whose accuracy is compared."""
REPEATS = 5
"""How often the values of a feature are mixed up anew."""


def by_impurity(samples: Samples, *, seed: int, progress: Report) -> Array:
    """Return each feature's share in what lessens the Gini impurity in 50 extremely random trees.

    The shares sum to 1 over all features.
    """
    return grow_forest(samples, EXTRA_TREES, 50, seed, progress)[1]


def by_drop_column(samples: Samples, *, threshold: float, seed: int, progress: Report) -> Array:
    """Return the accuracy that a random forest loses without each feature.

    The features are tried in turn, those of the least impurity importance first, and one whose
    loss is below `threshold` stays out: of features that say the same, the last one is missed.
    Every loss is that from the accuracy with all features, out of bag, to that without the
    feature and those that are already out. So all that are left out together cost less than
    `threshold`.
    """
    forest, gains = grow_forest(samples, RANDOM_FOREST, TREES, seed, lambda share: None)
    best = _out_of_bag_accuracy(samples, forest, seed)
    kept, losses = np.ones(gains.size, bool), np.zeros(gains.size)
    for done, feature in enumerate(np.argsort(gains, kind="stable")):
        report = share_of(progress, done, gains.size)
        kept[feature] = False
        losses[feature] = best - _accuracy(samples.only(kept), seed, report)
        kept[feature] = losses[feature] >= threshold
    return losses


def by_permutation(samples: Samples, *, seed: int, progress: Report) -> Array:
    """Return the accuracy that a random forest loses when a feature's values are mixed up.

    The forest learns from two thirds of the samples and classifies the third that is left, each
    third in turn (two halves where a class has two samples only).

    References
    ----------
    L. Breiman, Random Forests, Machine Learning 45, 2001, section 10.
    """
    count = max(2, min(3, smallest_class(samples.kinds)))
    parts = folds_of(samples.kinds, count, seed)
    losses = np.zeros(len(samples.columns))
    for part in range(count):
        report = share_of(progress, part, count)
        losses += _lost(samples, parts == part, seed, report)
    shares: Array = losses / samples.weights.sum()
    return shares


def _lost(samples: Samples, apart: Array, seed: int, report: Report) -> Array:
    """Return the weight of the samples `apart` that are lost when a feature is mixed up."""
    rows, kinds, weights = samples.rows, samples.kinds, samples.weights
    rest = Samples.of(rows[~apart], kinds[~apart], weights[~apart])
    forest, _ = grow_forest(rest, RANDOM_FOREST, TREES, seed, lambda share: None)
    present = np.unique(kinds[~apart])
    truth = np.tile(kinds[apart], REPEATS)
    counts = np.tile(weights[apart], REPEATS) / REPEATS
    own = np.tile(rows[apart], (REPEATS, 1))

    def right(table: Array) -> float:
        found = present[forest.predict_proba(table, lambda share: None).argmax(axis=1)]
        return float(counts[found == truth].sum())

    random, best = np.random.default_rng(seed), right(own)
    losses = np.empty(forest.n_features)
    for feature in range(forest.n_features):
        mixed = own.copy()
        columns = own[:, feature].reshape(REPEATS, -1)
        mixed[:, feature] = random.permuted(columns, axis=1).ravel()
        losses[feature] = best - right(mixed)
        report((feature + 1) / forest.n_features)
    return losses


def _accuracy(samples: Samples, seed: int, report: Report) -> float:
    """Return the accuracy of a random forest, out of bag; without features, of a guess."""
    if not len(samples.columns):
        sums = np.bincount(samples.kinds, samples.weights)
        return float(sums.max() / sums.sum())
    forest, _ = grow_forest(samples, RANDOM_FOREST, TREES, seed, report)
    return _out_of_bag_accuracy(samples, forest, seed)


def _out_of_bag_accuracy(samples: Samples, forest: PackedForest, seed: int) -> float:
    rows, weights = samples.rows, samples.weights
    table = out_of_bag(forest, RANDOM_FOREST, rows, weights=weights, seed=seed)
    known = ~np.isnan(table[:, 0])
    is_right = table[known].argmax(axis=1) == samples.kinds[known]
    return float(np.average(is_right, weights=weights[known]))
