"""The random forest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from pydantic import Field

from annotat_nb.classify.classifier import Classifier
from annotat_nb.kernels import processors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from annotat_nb.classify.progress import Report
    from annotat_nb.operation import Array

TREES_AT_ONCE = 25
"""Trees grown between two reports of progress."""

ROWS_AT_ONCE = 2**15
"""Rows classified between two reports of progress."""


class RandomForest(Classifier):
    """Many decision trees, each grown on a random part of the markers, that vote together.

    References
    ----------
    L. Breiman, Random Forests, Machine Learning 45, 2001.

    Examples
    --------
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
    ) -> Forest:
        from sklearn.ensemble import RandomForestClassifier

        grower = RandomForestClassifier(
            n_estimators=0, warm_start=True, random_state=seed, n_jobs=processors()
        )
        while grower.n_estimators < self.n_estimators:
            grower.n_estimators = min(grower.n_estimators + TREES_AT_ONCE, self.n_estimators)
            grower.fit(rows, targets, weights)
            progress(grower.n_estimators / self.n_estimators)
        return Forest(grower.estimators_)


@dataclass(frozen=True, eq=False)
class Forest:
    """Grown trees, which vote in a fixed order, so that the sum is always the same."""

    trees: Sequence[Any]

    def predict_proba(self, rows: Array, report: Report, /) -> Array:
        """Return the mean vote of the trees, (rows, classes), float32."""
        from concurrent.futures import ThreadPoolExecutor

        distinct, place = self._distinct(rows)
        chunks = np.array_split(distinct, -(-len(distinct) // ROWS_AT_ONCE))
        votes = []
        with ThreadPoolExecutor(processors()) as threads:
            try:
                for done, chunk in enumerate(threads.map(self._vote, chunks), 1):
                    votes.append(chunk)
                    report(done / len(chunks))
            finally:
                threads.shutdown(cancel_futures=True)
        shares: Array = np.concatenate(votes)[place]
        return shares

    def _vote(self, rows: Array) -> Array:
        total = sum(tree.predict_proba(rows, check_input=False) for tree in self.trees)
        votes: Array = (total / len(self.trees)).astype(np.float32)
        return votes

    def _distinct(self, rows: Array) -> tuple[Array, Array]:
        """Return rows that stand for all others, and which of them stands for each row.

        Rows that lie between the same thresholds of the forest in every feature take the same
        way through every tree. Of millions of voxels often few differ in this sense; where most
        do, finding out would take longer than it saves.
        """
        code = np.zeros(len(rows), np.int64)
        codes = 1
        for column, cuts in zip(rows.T, self._cuts(rows.shape[1]), strict=True):
            if codes > np.iinfo(np.int64).max // (cuts.size + 1):
                known, code = np.unique(code, return_inverse=True)
                codes = known.size
                if codes > len(rows) // 2:
                    return rows, np.arange(len(rows))
            code = code * (cuts.size + 1) + np.searchsorted(cuts, column)
            codes *= cuts.size + 1
        _, first, place = np.unique(code, return_index=True, return_inverse=True)
        return rows[first], place

    def _cuts(self, columns: int) -> list[Array]:
        """Return the thresholds at which the trees split each feature, ascending."""
        features = np.concatenate([tree.tree_.feature for tree in self.trees])
        thresholds = np.concatenate([tree.tree_.threshold for tree in self.trees])
        return [np.unique(thresholds[features == column]) for column in range(columns)]
