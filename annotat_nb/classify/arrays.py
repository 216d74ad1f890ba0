"""Checks of arrays that a predictor is made of or is handed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from annotat_nb.operation import Array


def checked(arrays: Mapping[str, Array], **kinds: tuple[str, int]) -> dict[str, Array]:
    """Return the arrays that are called for, contiguous, after a check of their types.

    Parameters
    ----------
    arrays
        What came.
    kinds
        The data type and number of dimensions of each array that must be there.

    Raises
    ------
    ValueError
        If one is missing, unknown, of another kind, or holds a value that is not finite.

    Examples
    --------
    >>> checked({"mean": np.zeros((2, 3))}, mean=("float32", 1))
    Traceback (most recent call last):
    ...
    ValueError: array 'mean' must be float32 of 1 dimension, got float64 of 2
    """
    if set(arrays) != set(kinds):
        raise ValueError(f"expected the arrays {_listed(kinds)}, got {_listed(arrays)}")
    for name, (kind, ndim) in kinds.items():
        found = arrays[name]
        if found.dtype != kind or found.ndim != ndim:
            raise ValueError(
                f"array {name!r} must be {kind} of {ndim} dimension{'s' * (ndim > 1)}, "
                f"got {found.dtype} of {found.ndim}"
            )
        if found.dtype.kind == "f" and not np.isfinite(found).all():
            raise ValueError(f"array {name!r} holds values that are not finite")
    return {name: np.ascontiguousarray(arrays[name]) for name in kinds}


def fitting(rows: Array, n_features: int) -> Array:
    """Return `rows` as kernels take them, float32 and contiguous.

    Raises
    ------
    ValueError
        If they do not have `n_features` columns.
    """
    if rows.ndim != 2 or rows.shape[1] != n_features:
        raise ValueError(f"rows must be (rows, {n_features}) features, got shape {rows.shape}")
    return np.ascontiguousarray(rows, np.float32)


def ascends(values: Array) -> bool:
    """Tell whether each value is larger than the one before.

    Examples
    --------
    >>> ascends(np.array([1, 2**62])), ascends(np.array([0, 2**62, -(2**63)]))
    (True, False)
    """
    return bool((values[1:] > values[:-1]).all())  # differences of such numbers run over


def _listed(names: Mapping[str, object]) -> str:
    return ", ".join(map(repr, sorted(names))) or "none"
