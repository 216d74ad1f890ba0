"""Rows that a forest cannot tell apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from annotat_nb.operation import Array

SAMPLE = 1024
"""Rows from which it is guessed whether looking for distinct ones pays."""


def distinct(rows: Array, cuts: Sequence[Array]) -> tuple[Array, Array] | None:
    """Return which rows stand for all others, and which of these stands for each row.

    Rows that lie between the same thresholds of a forest in every feature take the same way
    through every tree. Of millions of voxels often few differ in this sense.

    Parameters
    ----------
    rows
        (rows, features).
    cuts
        The thresholds of each feature, ascending.

    Returns
    -------
    tuple or None
        Positions in `rows`, and positions in these for each row; None where so many rows differ
        that finding out takes longer than it saves.

    Examples
    --------
    >>> first, place = distinct(np.array([[1.0], [7.0], [2.0], [9.0]] * 2), [np.array([5.0])])
    >>> first.tolist(), place.tolist()
    ([0, 1], [0, 1, 0, 1, 0, 1, 0, 1])
    """
    few = _codes(rows[:: max(1, len(rows) // SAMPLE)], cuts)
    if np.unique(few).size > few.size // 4:
        return None
    _, first, place = np.unique(_codes(rows, cuts), return_index=True, return_inverse=True)
    return first, place


def _codes(rows: Array, cuts: Sequence[Array]) -> Array:
    """Return a number for each row, the same for those between the same thresholds."""
    code = np.zeros(len(rows), np.int64)
    codes = 1
    for column, own in zip(rows.T, cuts, strict=True):
        if codes > np.iinfo(np.int64).max // (own.size + 1):
            known, code = np.unique(code, return_inverse=True)
            codes = known.size
        code = code * (own.size + 1) + np.searchsorted(own, column)
        codes *= own.size + 1
    return code
