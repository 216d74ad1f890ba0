"""The linear support vector machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from pydantic import Field

from annotat_nb.classify.arrays import checked, fitting
from annotat_nb.classify.classifier import Classifier
from annotat_nb.classify.dense import in_parts, shares_of, weighed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from annotat_nb.operation import Array
    from annotat_nb.progress import Report


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
        return Boundaries(
            np.ascontiguousarray(machine.coef_.T, np.float32), machine.intercept_.astype(np.float32)
        )

    def _restored(self, arrays: Mapping[str, Array], n_features: int) -> Boundaries:
        return Boundaries(**checked(arrays, coefficients=("float32", 2), intercepts=("float32", 1)))


@dataclass(frozen=True, eq=False)
class Boundaries:
    """One boundary for each class; for two classes one in all.

    Raises
    ------
    ValueError
        If there are not as many intercepts as boundaries.
    """

    coefficients: Array
    """float32, (features, boundaries)."""
    intercepts: Array
    """float32, (boundaries,)."""

    def __post_init__(self) -> None:
        if self.coefficients.shape[1] != self.intercepts.size or self.intercepts.size in (0, 2):
            raise ValueError(
                f"{self.coefficients.shape[1]} boundaries with {self.intercepts.size} intercepts "
                f"separate no classes"
            )

    @property
    def n_features(self) -> int:
        """Number of columns of the rows that it classifies."""
        return len(self.coefficients)

    @property
    def n_classes(self) -> int:
        """Number of classes that it tells apart."""
        return max(2, self.intercepts.size)

    def arrays(self) -> dict[str, Array]:
        """Return all that it has learnt."""
        return {"coefficients": self.coefficients, "intercepts": self.intercepts}

    def predict_proba(self, rows: Array, report: Report, /) -> Array:
        """Return how far the distances to the boundaries favour each class, float32."""

        def classify(part: Array) -> Array:
            return shares_of(weighed(part, self.coefficients, self.intercepts))

        return in_parts(classify, fitting(rows, self.n_features), report)
