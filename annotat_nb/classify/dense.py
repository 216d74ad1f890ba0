"""Probabilities from weighted sums."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from annotat_nb.kernels import over

if TYPE_CHECKING:
    from collections.abc import Callable

    from annotat_nb.operation import Array
    from annotat_nb.progress import Report

ROWS_AT_ONCE = 2**16
"""Rows classified between two reports of progress."""


def in_parts(classify: Callable[[Array], Array], rows: Array, report: Report) -> Array:
    """Return ``classify(rows)``, computed some rows at a time."""
    parts = [rows[first : first + ROWS_AT_ONCE] for first in range(0, len(rows), ROWS_AT_ONCE)]
    tables = []
    for done, part in enumerate(parts or [rows], 1):
        tables.append(classify(part))
        report(done / max(1, len(parts)))
    return np.concatenate(tables)


def weighed(rows: Array, coefficients: Array, intercepts: Array) -> Array:
    """Return ``rows @ coefficients + intercepts``; all are float32 and contiguous.

    A row's sums are the same to the last bit whatever other rows come with it.
    """
    from annotat_nb.kernels.cpu.dense import weigh

    sums = np.empty((len(rows), intercepts.size), np.float32)
    over(len(rows), lambda start, stop: weigh(rows, coefficients, intercepts, sums, start, stop))
    return sums


def shares_of(scores: Array) -> Array:
    """Return the probabilities that scores of the classes stand for, float32.

    One column scores the second of two classes (logistic function), more columns score a class
    each (softmax).
    """
    from scipy.special import expit, softmax

    if scores.shape[1] == 1:
        second = expit(scores[:, 0])
        return np.stack([1 - second, second], axis=1)
    shares: Array = softmax(scores, axis=1)
    return shares
