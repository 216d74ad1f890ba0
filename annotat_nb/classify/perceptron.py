"""The multilayer perceptron."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import numpy as np
from pydantic import Field

from annotat_nb.classify.arrays import checked, fitting
from annotat_nb.classify.classifier import Classifier
from annotat_nb.classify.dense import in_parts, shares_of, weighed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from annotat_nb.operation import Array
    from annotat_nb.progress import Report

PATIENCE = 10
"""Passes without progress after which training ends."""

TOLERANCE = 1e-4
"""By how much the loss must fall for a pass to count as progress."""

Sizes = Annotated[
    tuple[Annotated[int, Field(ge=1, le=1000)], ...], Field(min_length=1, max_length=5)
]


class MultilayerPerceptron(Classifier):
    """A small neural network of fully connected layers with rectified linear units.

    Trained by Adam on the logistic loss, as scikit-learn's ``MLPClassifier``, until the loss
    stops falling.

    References
    ----------
    D. P. Kingma and J. Ba, Adam: A Method for Stochastic Optimization, ICLR 2015.

    Examples
    --------
    >>> rows = np.array([[0.0], [0.1], [0.9], [1.0]], "float32")
    >>> network = MultilayerPerceptron(hidden_layer_sizes=(20,)).fit(
    ...     rows, [0, 0, 1, 1], weights=np.ones(4), seed=0, progress=lambda share: None
    ... )
    >>> network.predict_proba(rows, lambda share: None).argmax(axis=1).tolist()
    [0, 0, 1, 1]
    """

    title: ClassVar[str] = "Multilayer perceptron"
    folds: ClassVar[int] = 2

    hidden_layer_sizes: Sizes = Field((100,), json_schema_extra={"unit": "units"})
    """Number of units in each hidden layer. More units and layers can learn more complicated
    boundaries, but need more markers and take longer."""

    alpha: float = Field(1e-4, ge=0, le=1e3, title="Weight penalty (alpha)")
    """Price of large weights. Larger values give smoother boundaries; try powers of 10."""

    max_iter: int = Field(200, ge=1, le=10_000, title="Largest number of passes")
    """Largest number of passes over the markers. Training ends sooner when it no longer gains."""

    def fit(
        self, rows: Array, targets: Array, /, *, weights: Array, seed: int, progress: Report
    ) -> Layers:
        from sklearn.neural_network import MLPClassifier
        from threadpoolctl import threadpool_limits

        # An instance, not a number, which would shuffle the samples alike in every pass.
        random = np.random.RandomState(seed)
        machine = MLPClassifier(self.hidden_layer_sizes, alpha=self.alpha, random_state=random)
        with threadpool_limits(1, "blas"):  # more threads may round differently
            self._run(machine, np.asarray(rows), np.asarray(targets), weights, progress)
        progress(1.0)
        return Layers.of(machine.coefs_, machine.intercepts_)

    def _run(
        self, machine: Any, rows: Array, targets: Array, weights: Array, progress: Report
    ) -> None:
        """Pass over the samples until the loss has not fallen for some passes."""
        best, waited = np.inf, 0
        for passed in range(self.max_iter):
            progress(passed / self.max_iter)
            machine.partial_fit(rows, targets, weights, np.unique(targets))
            waited = 0 if machine.loss_ < best - TOLERANCE else waited + 1
            best = min(best, machine.loss_)
            if waited >= PATIENCE:
                return

    def _restored(self, arrays: Mapping[str, Array], n_features: int) -> Layers:
        kinds = {
            "coefficients": ("float32", 1),
            "intercepts": ("float32", 1),
            "sizes": ("int32", 1),
        }
        return Layers(**checked(arrays, **kinds))


@dataclass(frozen=True, eq=False)
class Layers:
    """Fully connected layers, one behind the other.

    Raises
    ------
    ValueError
        If there are not as many numbers as the sizes of the layers ask for.
    """

    sizes: Array
    """Number of features, of units in each hidden layer, and of outputs, int32; one output stands
    for two classes."""
    coefficients: Array
    """float32; (inputs, units) of each layer in turn."""
    intercepts: Array
    """float32; (units,) of each layer in turn."""

    def __post_init__(self) -> None:
        sizes = self.sizes.astype(np.int64)
        if sizes.size < 2 or (sizes < 1).any() or sizes[-1] == 2:
            raise ValueError(f"layers of {sizes.tolist()} units classify nothing")
        needed = sum(inputs * units for inputs, units in zip(*self._ends, strict=True))
        if self.coefficients.size != needed or self.intercepts.size != sum(self._ends[1]):
            raise ValueError(
                f"layers of {sizes.tolist()} units need {needed} coefficients and "
                f"{sum(self._ends[1])} intercepts, got {self.coefficients.size} and "
                f"{self.intercepts.size}"
            )

    @classmethod
    def of(cls, coefficients: list[Array], intercepts: list[Array]) -> Layers:
        """Return the layers that scikit-learn has trained."""
        return cls(
            sizes=np.array([len(coefficients[0]), *map(len, intercepts)], np.int32),
            coefficients=np.concatenate([each.ravel() for each in coefficients]).astype("float32"),
            intercepts=np.concatenate(intercepts).astype(np.float32),
        )

    @property
    def _ends(self) -> tuple[list[int], list[int]]:
        """The inputs and the units of each layer."""
        sizes: list[int] = self.sizes.tolist()
        return sizes[:-1], sizes[1:]

    @property
    def n_features(self) -> int:
        """Number of columns of the rows that it classifies."""
        return int(self.sizes[0])

    @property
    def n_classes(self) -> int:
        """Number of classes that it tells apart."""
        return max(2, int(self.sizes[-1]))

    def arrays(self) -> dict[str, Array]:
        """Return all that it has learnt."""
        names = ("sizes", "coefficients", "intercepts")
        return {name: getattr(self, name) for name in names}

    def predict_proba(self, rows: Array, report: Report, /) -> Array:
        """Return the probabilities that the last layer gives, float32."""
        return in_parts(self._shares, fitting(rows, self.n_features), report)

    def _shares(self, rows: Array) -> Array:
        *hidden, last = self._layers
        for coefficients, intercepts in hidden:
            rows = weighed(rows, coefficients, intercepts)
            np.maximum(rows, 0, out=rows)
        return shares_of(weighed(rows, *last))

    @cached_property
    def _layers(self) -> list[tuple[Array, Array]]:
        inputs, units = self._ends
        sizes = [many * few for many, few in zip(inputs, units, strict=True)]
        weights = np.split(self.coefficients, np.cumsum(sizes)[:-1])
        offsets = np.split(self.intercepts, np.cumsum(units)[:-1])
        return [
            (weight.reshape(shape), offset)
            for weight, offset, shape in zip(
                weights, offsets, zip(inputs, units, strict=True), strict=True
            )
        ]
