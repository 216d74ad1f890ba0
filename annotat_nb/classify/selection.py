"""Choosing the features that matter."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from pydantic import Field

from annotat_nb.classify.marks import TrainingError
from annotat_nb.operation import Record

if TYPE_CHECKING:
    from annotat_nb.operation import Array


class FeatureSelection(Record):
    """Leave out the features that hardly help to tell the classes apart.

    The importances are those of 50 extremely randomised trees; they sum to 1 over all features.
    """

    title: ClassVar[str] = "Feature selection"

    threshold: float = Field(0.01, ge=0, le=1)
    """Importance below which a feature is left out. Larger values keep fewer features; too large
    a value keeps none, which is refused."""

    def choose(self, rows: Array, targets: Array, /, *, weights: Array, seed: int) -> Array:
        """Return which columns of `rows`, (samples, columns), are kept, ascending.

        Raises
        ------
        TrainingError
            If none is.
        """
        from sklearn.ensemble import ExtraTreesClassifier

        trees = ExtraTreesClassifier(n_estimators=50, random_state=seed)
        trees.fit(rows, targets, weights)
        importances = trees.feature_importances_
        kept = np.flatnonzero(importances >= self.threshold)
        if not kept.size:
            raise TrainingError(
                f"Feature selection leaves no feature: the largest importance is "
                f"{importances.max():.3g}, below the threshold {self.threshold:g}; lower the "
                f"threshold."
            )
        return kept
