"""The nearest neighbours."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from pydantic import Field

from annotat_nb.classify.arrays import checked, fitting
from annotat_nb.classify.classifier import Classifier
from annotat_nb.classify.dense import in_parts
from annotat_nb.kernels import over

if TYPE_CHECKING:
    from collections.abc import Mapping

    from annotat_nb.operation import Array
    from annotat_nb.progress import Report


class KNearestNeighbours(Classifier):
    """The classes of the most similar markers, which vote.

    Similar is what has nearly the same features, each measured by how much it varies over the
    markers. Neighbours vote by the weight of their samples.

    Examples
    --------
    >>> rows = np.array([[0.0], [0.1], [0.9], [1.0]], "float32")
    >>> nearest = KNearestNeighbours(n_neighbors=2).fit(
    ...     rows, [0, 0, 1, 1], weights=np.ones(4), seed=0, progress=print
    ... )
    1.0
    >>> nearest.predict_proba(np.array([[0.2], [0.8]], "float32"), lambda share: None).tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """

    title: ClassVar[str] = "k nearest neighbours"

    n_neighbors: int = Field(5, ge=1, le=1000, json_schema_extra={"unit": "neighbours"})
    """Number of neighbours that vote. More neighbours give smoother results and lose small
    details; 1 follows each single marker."""

    def fit(
        self, rows: Array, targets: Array, /, *, weights: Array, seed: int, progress: Report
    ) -> Neighbours:
        _, kinds = np.unique(targets, return_inverse=True)
        learnt = Neighbours(
            np.ascontiguousarray(rows, np.float32),
            kinds.astype(np.int32),
            np.asarray(weights, np.float32),
            self.n_neighbors,
        )
        progress(1.0)
        return learnt

    def _restored(self, arrays: Mapping[str, Array], n_features: int) -> Neighbours:
        kinds = {"rows": ("float32", 2), "kinds": ("int32", 1), "weights": ("float32", 1)}
        return Neighbours(**checked(arrays, **kinds), n_neighbors=self.n_neighbors)


@dataclass(frozen=True, eq=False)
class Neighbours:
    """The samples themselves.

    Raises
    ------
    ValueError
        If not each sample has a class and a weight above 0, and each class a sample.
    """

    rows: Array
    """float32, (samples, features)."""
    kinds: Array
    """The class of each sample, int32, from 0."""
    weights: Array
    """How much each sample counts, float32."""
    n_neighbors: int

    def __post_init__(self) -> None:
        if not len(self.rows) == self.kinds.size == self.weights.size > 0:
            raise ValueError(
                f"each sample needs one class and one weight, got {len(self.rows)} samples, "
                f"{self.kinds.size} classes and {self.weights.size} weights"
            )
        present = np.unique(self.kinds)
        if present[0] != 0 or present[-1] != present.size - 1:
            raise ValueError("the classes of the samples must be numbered from 0 without gaps")
        if not (self.weights > 0).all():
            raise ValueError("each sample must count more than 0")

    @property
    def n_features(self) -> int:
        """Number of columns of the rows that it classifies."""
        return int(self.rows.shape[1])

    @cached_property
    def n_classes(self) -> int:
        """Number of classes that it tells apart."""
        return int(self.kinds.max()) + 1

    def arrays(self) -> dict[str, Array]:
        """Return all that it has learnt."""
        return {"rows": self.rows, "kinds": self.kinds, "weights": self.weights}

    def predict_proba(self, rows: Array, report: Report, /) -> Array:
        """Return the share of each class in the weight of the nearest samples, float32."""
        return in_parts(self._shares, fitting(rows, self.n_features), report)

    def _shares(self, rows: Array) -> Array:
        shares = np.empty((len(rows), self.n_classes), np.float32)
        count = min(self.n_neighbors, len(self.rows))

        def work(start: int, stop: int) -> None:
            # Far beyond the samples, scaled features may leave the range of float32.
            finite = np.nan_to_num(rows[start:stop])
            _, nearest = self._tree.query(finite, np.arange(1, count + 1))
            weights, kinds = self.weights[nearest].astype(np.float64), self.kinds[nearest]
            for label in range(self.n_classes):
                share = (weights * (kinds == label)).sum(axis=1) / weights.sum(axis=1)
                shares[start:stop, label] = share

        over(len(rows), work)
        return shares

    @cached_property
    def _tree(self) -> Any:
        from scipy.spatial import cKDTree

        return cKDTree(self.rows)
