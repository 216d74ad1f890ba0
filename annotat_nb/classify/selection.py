"""Choosing the features that matter."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from pydantic import Field

from annotat_nb.classify.importance import by_drop_column, by_impurity, by_permutation
from annotat_nb.classify.marks import TrainingError
from annotat_nb.classify.trees import Samples
from annotat_nb.operation import Record

if TYPE_CHECKING:
    from annotat_nb.operation import Array
    from annotat_nb.progress import Report


class FeatureSelection(Record):
    """Leave out the features that hardly help to tell the classes apart.

    Forests of decision trees measure how much each feature helps, whatever the classifier is.

    Examples
    --------
    >>> rows = np.random.default_rng(0).normal(size=(60, 3)).astype("float32")
    >>> selection = FeatureSelection(method="drop_column")
    >>> importances = selection.importances(
    ...     rows, rows[:, 1] > 0, weights=np.ones(60), seed=0, progress=lambda share: None
    ... )
    >>> selection.choose(importances).tolist()
    [1]
    """

    title: ClassVar[str] = "Feature selection"

    method: Literal["impurity", "drop_column", "permutation"] = "impurity"
    """How it is measured what a feature is worth. impurity: its share in how 50 extremely
    randomised trees part the classes; quickest. drop_column: the accuracy that a random forest
    loses when it is trained without the feature and those that were left out before it; they are
    tried one after the other, the weakest first, and of those that say the same, one stays.
    permutation: the accuracy lost on markers kept apart when the values of the feature are mixed
    up; features that say the same all seem worth less."""

    threshold: float = Field(0.01, ge=0, le=1, json_schema_extra={"unit": "share"})
    """What a feature must be worth to stay. For impurity a share of the importance of all, for the
    others of the accuracy: 0.01 is 1 per cent. Larger values keep fewer features; too large a
    value keeps none, which is refused."""

    @property
    def share_of_training(self) -> float:
        """About which share of the time for training it takes."""
        return 0.2 if self.method == "impurity" else 0.8

    def importances(
        self, rows: Array, targets: Array, /, *, weights: Array, seed: int, progress: Report
    ) -> Array:
        """Return what each column of `rows`, (samples, columns), is worth, float64."""
        samples = Samples.of(rows, targets, weights)
        if self.method == "impurity":
            return by_impurity(samples, seed=seed, progress=progress)
        if self.method == "permutation":
            return by_permutation(samples, seed=seed, progress=progress)
        return by_drop_column(samples, threshold=self.threshold, seed=seed, progress=progress)

    def choose(self, importances: Array) -> Array:
        """Return which columns are kept, ascending.

        Raises
        ------
        TrainingError
            If none is.
        """
        kept = np.flatnonzero(importances >= self.threshold)
        if not kept.size:
            raise TrainingError(
                f"Feature selection leaves no feature: the largest importance is "
                f"{importances.max():.3g}, below the threshold {self.threshold:g}; lower the "
                f"threshold."
            )
        return kept
