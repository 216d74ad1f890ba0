"""The linear support vector machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from pydantic import Field

from annotat_nb.classify.classifier import Classifier

if TYPE_CHECKING:
    from annotat_nb.classify.progress import Report
    from annotat_nb.operation import Array


class LinearSvm(Classifier):
    """The flat boundaries that separate each class from the others with the widest margin.

    Its probabilities order the classes as the distances to the boundaries do (logistic function
    for two classes, softmax for more); they are not calibrated frequencies.

    Examples
    --------
    >>> rows = np.array([[0.0], [0.1], [0.9], [1.0]], "float32")
    >>> boundary = LinearSvm(C=100.0).fit(
    ...     rows, [0, 0, 1, 1], weights=np.ones(4), seed=0, progress=print
    ... )
    1.0
    >>> boundary.predict_proba(rows, lambda share: None).argmax(axis=1).tolist()
    [0, 0, 1, 1]
    """

    title: ClassVar[str] = "Linear SVM"

    C: float = Field(1.0, gt=0, le=1e6)
    """Price of a marker on the wrong side. Larger values follow the markers more closely; smaller
    values draw a steadier boundary. Try powers of 10."""

    def fit(
        self, rows: Array, targets: Array, /, *, weights: Array, seed: int, progress: Report
    ) -> Boundaries:
        from sklearn.svm import LinearSVC

        machine = LinearSVC(C=self.C, dual="auto", random_state=seed, max_iter=10_000)
        machine.fit(rows, targets, weights)
        progress(1.0)
        return Boundaries(machine.coef_, machine.intercept_)


@dataclass(frozen=True, eq=False)
class Boundaries:
    """One boundary for each class; for two classes one in all."""

    coefficients: Array
    """(boundaries, features)."""
    intercepts: Array
    """(boundaries,)."""

    def predict_proba(self, rows: Array, report: Report, /) -> Array:
        """Return how far the distances to the boundaries favour each class, float32."""
        from scipy.special import expit, softmax

        distances = rows @ self.coefficients.T + self.intercepts
        if distances.shape[1] == 1:
            second = expit(distances[:, 0])
            shares: Array = np.stack([1 - second, second], axis=1)
        else:
            shares = softmax(distances, axis=1)
        report(1.0)
        return shares.astype(np.float32)
