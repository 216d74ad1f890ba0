"""What every classifier has in common."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Protocol

from annotat_nb.operation import Record

if TYPE_CHECKING:
    from annotat_nb.classify.progress import Report
    from annotat_nb.operation import Array


class Predictor(Protocol):
    """A classifier that has learnt."""

    def predict_proba(self, rows: Array, report: Report, /) -> Array:
        """Return the probability of each class, (rows, classes), float32, summing to 1."""


class Classifier(Record):
    """The parameters of a method that learns classes from examples."""

    @abstractmethod
    def fit(
        self, rows: Array, targets: Array, /, *, weights: Array, seed: int, progress: Report
    ) -> Predictor:
        """Learn from float32 `rows`, (samples, features), and their class ids, (samples,).

        A sample of weight 2 counts like two samples. The result depends on the arguments alone,
        never on the number of processors.
        """
