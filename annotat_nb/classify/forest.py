"""The random forest."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from annotat_nb.classify.classifier import Classifier
from annotat_nb.classify.packed import PackedForest
from annotat_nb.kernels import processors

if TYPE_CHECKING:
    from collections.abc import Mapping

    from annotat_nb.classify.progress import Report
    from annotat_nb.operation import Array

TREES_AT_ONCE = 25
"""Trees grown between two reports of progress."""


class RandomForest(Classifier):
    """Many decision trees, each grown on a random part of the markers, that vote together.

    References
    ----------
    L. Breiman, Random Forests, Machine Learning 45, 2001.

    Examples
    --------
    >>> import numpy as np
    >>> rows = np.array([[0.0], [0.1], [0.9], [1.0]], "float32")
    >>> forest = RandomForest(n_estimators=10).fit(
    ...     rows, [0, 0, 1, 1], weights=np.ones(4), seed=0, progress=print
    ... )
    1.0
    >>> forest.predict_proba(rows, lambda share: None).argmax(axis=1).tolist()
    [0, 0, 1, 1]
    """

    title: ClassVar[str] = "Random forest"

    n_estimators: int = Field(200, ge=1, le=5000, json_schema_extra={"unit": "trees"})
    """Number of trees. More trees give steadier results and take longer."""

    def fit(
        self, rows: Array, targets: Array, /, *, weights: Array, seed: int, progress: Report
    ) -> PackedForest:
        from sklearn.ensemble import RandomForestClassifier

        grower = RandomForestClassifier(
            n_estimators=0, warm_start=True, random_state=seed, n_jobs=processors()
        )
        while grower.n_estimators < self.n_estimators:
            grower.n_estimators = min(grower.n_estimators + TREES_AT_ONCE, self.n_estimators)
            grower.fit(rows, targets, weights)
            progress(grower.n_estimators / self.n_estimators)
        return PackedForest.of(grower.estimators_)

    def _restored(self, arrays: Mapping[str, Array], n_features: int) -> PackedForest:
        return PackedForest.from_arrays(arrays, n_features=n_features)
