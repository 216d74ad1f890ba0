"""Votes of decision trees."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from annotat_nb.kernels.compiling import helper, kernel

if TYPE_CHECKING:
    from annotat_nb.operation import Array

BLOCK = 2048
"""Rows that go through one tree together: the tree then stays in the processor's cache."""

STEPS = 2
"""Steps down a tree before it is asked whether all rows have arrived."""


@helper
def _step(rows: Array, nodes: Array, cuts: Array, at: Array, first: int, count: int) -> None:
    """Lead each row from the node where it stands to the next one; at a leaf it stays.

    All rows step together, which a processor does several times faster than one row after the
    other. Indices without a sign spare numba the question whether they count from the end.
    """
    columns = np.uint64(rows.shape[1])
    values = rows.reshape(rows.size)
    for row in range(count):
        node = np.uint64(at[row]) * np.uint64(4)
        value = values[np.uint64(first + row) * columns + np.uint64(nodes[node])]
        is_left = value <= cuts[node + np.uint64(1)]
        at[row] = nodes[node + np.uint64(2)] if is_left else nodes[node + np.uint64(3)]


@helper
def _moving(nodes: Array, at: Array, count: int) -> bool:
    """Return whether a row is not yet at its leaf."""
    for row in range(count):
        if nodes[np.uint64(at[row]) * np.uint64(4) + np.uint64(2)] != at[row]:
            return True
    return False


@helper
def _count(votes: Array, at: Array, total: Array, count: int) -> None:
    """Add the votes of the leaves where the rows stand."""
    classes = np.uint64(votes.shape[1])
    values = votes.reshape(votes.size)
    for label in range(votes.shape[1]):
        for row in range(count):
            total[label, row] += values[np.uint64(at[row]) * classes + np.uint64(label)]


@kernel(
    (
        "const float32[:,::1]",
        "const uint32[::1]",
        "const float32[::1]",
        "const float32[:,::1]",
        "const int64[::1]",
        "float32[:,::1]",
        "int64",
        "int64",
    )
)
def vote(
    rows: Array,
    nodes: Array,
    cuts: Array,
    votes: Array,
    roots: Array,
    out: Array,
    start: int,
    stop: int,
) -> None:
    """Write the mean vote of all trees for rows `start` to `stop` into `out`.

    Parameters
    ----------
    rows
        Features, (rows, features).
    nodes
        Four numbers for each node: its feature, its threshold, and which nodes follow for values
        up to the threshold and above it. At a leaf, the leaf itself follows.
    cuts
        The same memory as float32, in which the thresholds are read.
    votes
        Shares of the classes in each node, (nodes, classes).
    roots
        The first node of each tree.
    out
        (rows, classes).
    start, stop
        Which rows.
    """
    at = np.empty(BLOCK, np.uint32)
    total = np.empty((votes.shape[1], BLOCK))
    for first in range(start, stop, BLOCK):
        count = min(BLOCK, stop - first)
        total[:] = 0
        for tree in range(roots.size):
            at[:] = roots[tree]
            while _moving(nodes, at, count):
                for _ in range(STEPS):
                    _step(rows, nodes, cuts, at, first, count)
            _count(votes, at, total, count)
        for row in range(count):
            for label in range(votes.shape[1]):
                out[first + row, label] = total[label, row] / roots.size
