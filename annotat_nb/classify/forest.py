"""The random forest."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from annotat_nb.classify.classifier import Classifier, Predictor

if TYPE_CHECKING:
    from collections.abc import Callable

    from annotat_nb.operation import Array


class RandomForest(Classifier):
    """Many decision trees, each grown on a random part of the markers, that vote together.

    References
    ----------
    L. Breiman, Random Forests, Machine Learning 45, 2001.
    """

    title: ClassVar[str] = "Random forest"

    n_estimators: int = Field(200, ge=1, le=5000, json_schema_extra={"unit": "trees"})
    """Number of trees. More trees give steadier results and take longer."""

    def fit(
        self, rows: Array, targets: Array, /, *, seed: int, progress: Callable[[float], None]
    ) -> Predictor:
        raise NotImplementedError
