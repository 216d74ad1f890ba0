"""Forests of decision trees."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from pydantic import Field

from annotat_nb.classify.classifier import Classifier
from annotat_nb.classify.held_out import HeldOut
from annotat_nb.classify.intelex import grow_with_intelex
from annotat_nb.classify.packed import PackedForest
from annotat_nb.classify.trees import Growth, Samples, grow_forest, out_of_bag

if TYPE_CHECKING:
    from collections.abc import Mapping

    from annotat_nb.classify.classifier import Predictor
    from annotat_nb.operation import Array
    from annotat_nb.progress import Report

HASTY_TREES = 50
"""Trees that suffice to estimate how often a forest is right."""


class Forest(Classifier):
    """Many decision trees that vote together."""

    n_estimators: int = Field(200, ge=1, le=5000, json_schema_extra={"unit": "trees"})
    """Number of trees. More trees give steadier results and take longer."""

    intelex: bool = Field(
        False,
        title="Use scikit-learn-intelex",
        repr=False,
        json_schema_extra={"needs": "sklearnex"},
    )
    """Grow the trees by scikit-learn-intelex, which must be installed: pip install
    'annotat_nb[fast]', for x86 processors. It only pays where very many samples count the same,
    as voxels do."""

    @property
    @abstractmethod
    def growth(self) -> Growth:
        """How its trees grow."""

    @property
    def hasty(self) -> Forest:
        """The same with fewer trees: their votes settle long before their probabilities do."""
        return self.model_copy(update={"n_estimators": min(self.n_estimators, HASTY_TREES)})

    def fit(
        self, rows: Array, targets: Array, /, *, weights: Array, seed: int, progress: Report
    ) -> PackedForest:
        if self.intelex:
            kind = f"{type(self).__name__}Classifier"
            return grow_with_intelex(
                kind, self.n_estimators, rows, targets, weights, seed, progress
            )
        samples = Samples.of(rows, targets, weights)
        grown, _ = grow_forest(samples, self.growth, self.n_estimators, seed, progress)
        return grown

    def _restored(self, arrays: Mapping[str, Array], n_features: int) -> PackedForest:
        return PackedForest.from_arrays(arrays, n_features=n_features)


class RandomForest(Forest):
    """Many decision trees, each grown on a random part of the markers, that vote together.

    Each tree draws as many samples as there are, 32,768 at most, with replacement. At each node,
    √features random features are compared, and the threshold that leaves the purest halves is
    taken.

    References
    ----------
    L. Breiman, Random Forests, Machine Learning 45, 2001.

    Examples
    --------
    >>> import numpy as np
    >>> rows = np.array([[0.0], [0.1], [0.9], [1.0]], "float32")
    >>> forest = RandomForest(n_estimators=10).fit(
    ...     rows, [0, 0, 1, 1], weights=np.ones(4), seed=0, progress=lambda share: None
    ... )
    >>> forest.predict_proba(rows, lambda share: None).argmax(axis=1).tolist()
    [0, 0, 1, 1]
    """

    title: ClassVar[str] = "Random forest"

    @property
    def growth(self) -> Growth:
        """How its trees grow."""
        return Growth(bootstrap=True, random_cuts=False)

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
        """Ask for each sample the trees that have not seen it, or cross-validate if none has."""
        if not self.intelex and isinstance(predictor, PackedForest):
            table = out_of_bag(predictor, self.growth, rows, weights=weights, seed=seed)
            if not np.isnan(table).any():
                progress(1.0)
                return HeldOut(np.arange(len(rows)), table, "out-of-bag estimate")
        return super().held_out(
            predictor, rows, targets, weights=weights, seed=seed, progress=progress
        )


class ExtraTrees(Forest):
    """Many decision trees that split at random thresholds and vote together.

    At each node, one random threshold of each of √features random features is tried, and the one
    that leaves the purest halves is taken. The boundaries are smoother than those of a random
    forest, and the trees are larger. Of more than 32,768 samples each tree sees as many.

    References
    ----------
    P. Geurts, D. Ernst and L. Wehenkel, Extremely Randomized Trees, Machine Learning 63, 2006.

    Examples
    --------
    >>> import numpy as np
    >>> rows = np.array([[0.0], [0.1], [0.9], [1.0]], "float32")
    >>> trees = ExtraTrees(n_estimators=10).fit(
    ...     rows, [0, 0, 1, 1], weights=np.ones(4), seed=0, progress=lambda share: None
    ... )
    >>> trees.predict_proba(rows, lambda share: None).argmax(axis=1).tolist()
    [0, 0, 1, 1]
    """

    title: ClassVar[str] = "Extremely randomised trees"

    @property
    def growth(self) -> Growth:
        """How its trees grow."""
        return Growth(bootstrap=False, random_cuts=True)
