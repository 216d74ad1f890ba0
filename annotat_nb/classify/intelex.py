"""Forests grown by scikit-learn-intelex."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from annotat_nb.classify.marks import TrainingError
from annotat_nb.classify.packed import PackedForest
from annotat_nb.kernels import processors

if TYPE_CHECKING:
    from annotat_nb.operation import Array
    from annotat_nb.progress import Report

TREES_AT_ONCE = 25
"""Trees grown between two reports of progress."""


def grow_with_intelex(
    kind: str,
    n_trees: int,
    rows: Array,
    targets: Array,
    weights: Array,
    seed: int,
    progress: Report,
) -> PackedForest:
    """Grow the trees of a classifier of ``sklearnex.ensemble`` called `kind`.

    Raises
    ------
    TrainingError
        If scikit-learn-intelex is not installed.
    """
    forest = getattr(_ensemble(), kind)
    # Given weights, even equal ones, intelex leaves the work to scikit-learn.
    own = None if np.ptp(weights) == 0 else weights
    trees: list[Any] = []
    while len(trees) < n_trees:
        grower = forest(
            min(TREES_AT_ONCE, n_trees - len(trees)),
            random_state=(seed + len(trees)) % 2**32,
            n_jobs=processors(),
        )
        trees += grower.fit(rows, targets, own).estimators_
        progress(len(trees) / n_trees)
    return PackedForest.of(trees)


def _ensemble() -> Any:
    try:
        return import_module("sklearnex.ensemble")
    except ImportError as error:
        raise TrainingError(
            "scikit-learn-intelex is not installed: install it by pip install 'annotat_nb[fast]', "
            f"or train without it ({error})"
        ) from error
