"""What every classifier has in common."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar, Protocol

from annotat_nb.classify.held_out import HeldOut, cross_validated
from annotat_nb.operation import Record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from annotat_nb.operation import Array
    from annotat_nb.progress import Report


class Predictor(Protocol):
    """A classifier that has learnt: nothing but plain arrays."""

    @property
    def n_features(self) -> int:
        """Number of columns of the rows that it classifies."""

    @property
    def n_classes(self) -> int:
        """Number of classes that it tells apart."""

    def arrays(self) -> dict[str, Array]:
        """Return all that it has learnt, for `Classifier.restore`."""

    def predict_proba(self, rows: Array, report: Report, /) -> Array:
        """Return the probability of each class, (rows, classes), float32, summing to 1.

        A row's probabilities are the same to the last bit whatever other rows come with it.
        """


class Classifier(Record):
    """The parameters of a method that learns classes from examples."""

    folds: ClassVar[int] = 3
    """Parts in which the samples are divided to find the accuracy; fewer take less time."""

    @abstractmethod
    def fit(
        self, rows: Array, targets: Array, /, *, weights: Array, seed: int, progress: Report
    ) -> Predictor:
        """Learn from float32 `rows`, (samples, features), and their class ids, (samples,).

        A sample of weight 2 counts like two samples. The result depends on the arguments alone,
        never on the number of processors.
        """

    @property
    def hasty(self) -> Classifier:
        """What learns nearly as well in less time, for estimates."""
        return self

    def held_out(
        self,
        predictor: Predictor,
        rows: Array,
        targets: Array,
        /,
        *,
        weights: Array,
        seed: int,
        progress: Report,
    ) -> HeldOut:
        """Classify the samples of a fit, each by what is learnt without it.

        Parameters
        ----------
        predictor
            What `fit` gave with the same arguments.
        rows, targets, weights, seed, progress
            As for `fit`; each class has two samples at least.
        """
        return cross_validated(self, rows, targets, weights=weights, seed=seed, progress=progress)

    def restore(
        self, arrays: Mapping[str, Array], /, *, n_features: int, n_classes: int
    ) -> Predictor:
        """Return the predictor that a fit with these parameters gave, from its `arrays`.

        The arrays may come from an untrusted file: what is restored never reads beyond them.

        Raises
        ------
        ValueError
            If they are not what a predictor of so many features and classes is made of.
        """
        predictor = self._restored(arrays, n_features)
        found, expected = (predictor.n_features, predictor.n_classes), (n_features, n_classes)
        if found != expected:
            raise ValueError(
                f"expected a classifier of {n_features} features and {n_classes} classes, "
                f"got one of {found[0]} and {found[1]}"
            )
        return predictor

    @abstractmethod
    def _restored(self, arrays: Mapping[str, Array], n_features: int) -> Predictor:
        """Return the predictor of `arrays`, which may be anything; ValueError if it is none."""
