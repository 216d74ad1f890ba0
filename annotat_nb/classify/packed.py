"""Grown trees as plain arrays."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from annotat_nb.classify.arrays import ascends, checked, fitting
from annotat_nb.classify.distinct import distinct
from annotat_nb.kernels import over

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from annotat_nb.operation import Array
    from annotat_nb.progress import Report

VOTES_AT_ONCE = 2**24
"""Votes of one tree on one row that are counted between two reports of progress."""


@dataclass(frozen=True, eq=False)
class PackedForest:
    """Trees whose nodes lie one behind the other, and vote in this order.

    It is checked node by node when it is made, so that no arrays, wherever they come from, can
    lead a row out of its tree or round in circles.

    Raises
    ------
    ValueError
        If the arrays describe no trees.
    """

    feature: Array
    """The feature that each node asks for, int32, (nodes,); −1 at a leaf."""
    threshold: Array
    """The largest value that goes left, float32, (nodes,)."""
    left: Array
    """The node that follows for small values, int32, (nodes,); −1 at a leaf."""
    right: Array
    """The node that follows for large values, int32, (nodes,); −1 at a leaf."""
    votes: Array
    """Shares of the classes among the samples in each node, float32, (nodes, classes)."""
    starts: Array
    """The first node of each tree and, last, the number of nodes, int64, (trees + 1,)."""
    n_features: int
    """Number of columns of the rows that it classifies."""

    def __post_init__(self) -> None:
        _check_lengths(self)
        _check_children(self)
        _check_questions(self)
        _check_votes(self.votes)

    @classmethod
    def of(cls, trees: Sequence[Any]) -> PackedForest:
        """Pack the trees of a forest that scikit-learn has grown."""
        grown = [tree.tree_ for tree in trees]
        starts = np.cumsum([0, *(tree.node_count for tree in grown)])
        return cls(
            feature=_joined(np.where(tree.children_left < 0, -1, tree.feature) for tree in grown),
            threshold=_rounded_down(np.concatenate([tree.threshold for tree in grown])),
            left=_joined(map(_moved, (tree.children_left for tree in grown), starts)),
            right=_joined(map(_moved, (tree.children_right for tree in grown), starts)),
            votes=np.concatenate([tree.value[:, 0] for tree in grown]).astype(np.float32),
            starts=starts.astype(np.int64),
            n_features=grown[0].n_features,
        )

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array], *, n_features: int) -> PackedForest:
        """Return the forest that `arrays` describes; a ValueError says what is wrong with it."""
        sound = checked(
            arrays,
            feature=("int32", 1),
            threshold=("float32", 1),
            left=("int32", 1),
            right=("int32", 1),
            votes=("float32", 2),
            starts=("int64", 1),
        )
        return cls(**sound, n_features=n_features)

    @property
    def n_classes(self) -> int:
        """Number of classes that it tells apart."""
        return int(self.votes.shape[1])

    @property
    def n_trees(self) -> int:
        """Number of trees."""
        return self.starts.size - 1

    def arrays(self) -> dict[str, Array]:
        """Return all arrays, for `from_arrays`."""
        names = ("feature", "threshold", "left", "right", "votes", "starts")
        return {name: getattr(self, name) for name in names}

    def predict_proba(self, rows: Array, report: Report, /) -> Array:
        """Return the mean vote of the trees, (rows, classes), float32."""
        rows = fitting(rows, self.n_features)
        shares = np.empty((len(rows), self.n_classes), np.float32)
        step = max(1, VOTES_AT_ONCE // self.n_trees)
        for first in range(0, len(rows), step):
            self._vote(rows[first : first + step], shares[first : first + step])
            report(min(1.0, (first + step) / len(rows)))
        return shares

    def votes_of(self, tree: int, rows: Array) -> Array:
        """Return the vote of one tree, (rows, classes), float32."""
        from annotat_nb.kernels.cpu.forest import vote

        rows = fitting(rows, self.n_features)
        shares = np.empty((len(rows), self.n_classes), np.float32)
        root = self.starts[tree : tree + 1]
        vote(rows, *self._laid_out, self.votes, root, shares, 0, len(rows))
        return shares

    def _vote(self, rows: Array, out: Array) -> None:
        from annotat_nb.kernels.cpu.forest import vote

        trees = (*self._laid_out, self.votes, self.starts[:-1])

        def work(start: int, stop: int) -> None:
            found = distinct(rows[start:stop], self._cuts)
            if found is None:
                vote(rows, *trees, out, start, stop)
                return
            first, place = found
            few = np.empty((first.size, self.n_classes), np.float32)
            vote(rows[start + first], *trees, few, 0, first.size)
            out[start:stop] = few[place]

        over(len(rows), work)

    @cached_property
    def _laid_out(self) -> tuple[Array, Array]:
        """The nodes as the kernel reads them: what belongs to one lies together."""
        own = np.arange(self.feature.size)
        leaf = self.left < 0
        nodes = np.empty((own.size, 4), np.uint32)
        nodes[:, 0] = np.where(leaf, 0, self.feature)
        nodes[:, 1] = self.threshold.view(np.uint32)
        nodes[:, 2] = np.where(leaf, own, self.left)
        nodes[:, 3] = np.where(leaf, own, self.right)
        return nodes.ravel(), nodes.ravel().view(np.float32)

    @cached_property
    def _cuts(self) -> list[Array]:
        """The thresholds at which the trees split each feature, ascending."""
        features = range(self.n_features)
        return [np.unique(self.threshold[self.feature == each]) for each in features]


def _joined(parts: Iterable[Array]) -> Array:
    return np.concatenate(list(parts)).astype(np.int32)


def _moved(children: Array, start: int) -> Array:
    return np.where(children < 0, -1, children + start)


def _rounded_down(thresholds: Array) -> Array:
    """Return the largest float32 up to each threshold: it divides float32 values as that does."""
    near = thresholds.astype(np.float32)
    below = np.nextafter(near, np.float32(-np.inf))
    lower: Array = np.where(near > thresholds, below, near)
    return lower


def _check_lengths(forest: PackedForest) -> None:
    nodes = len(forest.votes)
    if any(len(each) != nodes for each in (forest.feature, forest.threshold, forest.left)) or (
        len(forest.right) != nodes
    ):
        raise ValueError("the arrays of a forest must have one value for each node")
    starts = forest.starts
    if starts.size < 2 or starts[0] != 0 or starts[-1] != nodes or not ascends(starts):
        raise ValueError(f"the trees of a forest must follow each other over its {nodes} nodes")


def _check_children(forest: PackedForest) -> None:
    """Both children lie behind their node and in its tree, so that every way ends at a leaf."""
    node = np.arange(len(forest.left))
    stop = np.repeat(forest.starts[1:], np.diff(forest.starts))
    inside = [(node < child) & (child < stop) for child in (forest.left, forest.right)]
    is_leaf = (forest.left == -1) & (forest.right == -1)
    wrong = np.flatnonzero(~(is_leaf | (inside[0] & inside[1])))
    if wrong.size:
        raise ValueError(f"node {wrong[0]} leads out of its tree or back")


def _check_questions(forest: PackedForest) -> None:
    lowest = np.where(forest.left < 0, -1, 0)
    wrong = (forest.feature < lowest) | (forest.feature >= forest.n_features)
    if wrong.any() or not np.isfinite(forest.threshold).all():
        raise ValueError(
            f"every node must ask for one of {forest.n_features} features, with a finite threshold"
        )


def _check_votes(votes: Array) -> None:
    if not ((votes >= 0) & (votes < 1.1)).all():  # nor NaN
        raise ValueError("votes must be finite and from 0 to 1")
    if votes.shape[1] < 1 or not np.allclose(votes.sum(axis=1), 1, atol=1e-3):
        raise ValueError("the votes of each node must sum to 1")
