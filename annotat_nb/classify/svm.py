"""The linear support vector machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from annotat_nb.classify.classifier import Classifier, Predictor

if TYPE_CHECKING:
    from collections.abc import Callable

    from annotat_nb.operation import Array


class LinearSvm(Classifier):
    """The flat boundary that separates the classes with the widest margin.

    Its probabilities order the classes as the distances to the boundaries do (logistic function
    for two classes, softmax for more); they are not calibrated frequencies.
    """

    title: ClassVar[str] = "Linear SVM"

    C: float = Field(1.0, gt=0, le=1e6, json_schema_extra={"scale": "log"})
    """Price of a marker on the wrong side. Larger values follow the markers more closely; smaller
    values draw a steadier boundary. Try powers of 10."""

    def fit(
        self, rows: Array, targets: Array, /, *, seed: int, progress: Callable[[float], None]
    ) -> Predictor:
        raise NotImplementedError
