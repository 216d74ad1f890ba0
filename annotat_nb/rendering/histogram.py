"""How intensities and labels are distributed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from annotat_nb.operation import Array

_ENOUGH = 2**18
_LARGEST = 1e300  # differences between larger numbers than that are not finite


def histogram(sample: Array, bins: int = 64) -> tuple[Array, Array]:
    """Count the finite values of `sample` in bins of equal width.

    Integers get bins of a whole number of values each, so that no comb appears; where they span
    fewer values than `bins`, there are fewer bins.

    Parameters
    ----------
    sample
        Real numbers of any shape and type.
    bins
        Largest number of bins.

    Returns
    -------
    tuple of Array
        Counts, int64, (n,), and edges, float64, (n + 1,). A sample without finite values gives
        one empty bin from 0 to 1.

    Examples
    --------
    >>> counts, edges = histogram(np.array([0, 0, 1, 3]))
    >>> counts.tolist(), edges.tolist()
    ([2, 1, 0, 1], [-0.5, 0.5, 1.5, 2.5, 3.5])
    """
    values = _finite(sample)
    if not values.size:
        return np.zeros(1, np.int64), np.array([0.0, 1.0])
    edges = _edges(float(values.min()), float(values.max()), bins, sample.dtype.kind)
    counts = np.histogram(values.astype(np.float64), edges)[0]
    return counts.astype(np.int64), edges


def _edges(low: float, high: float, bins: int, kind: str) -> Array:
    if kind in "bui":
        span = high - low + 1
        width = -(-span // bins)
        return low - 0.5 + width * np.arange(-(-span // width) + 1)
    low, high = _widened(low, high)
    edges = np.linspace(low, high, bins + 1)
    # A range of a few representable numbers cannot be cut any finer.
    return np.unique(edges)


def auto_window(
    sample: Array, percentiles: tuple[float, float] = (0.5, 99.5)
) -> tuple[float, float]:
    """Choose the intensities to show as black and as white.

    Parameters
    ----------
    sample
        Real numbers of any shape and type; only finite ones count, and only every n-th where
        there are more than 262,144.
    percentiles
        Share of the voxels, in percent, that may be drawn black and not white.

    Returns
    -------
    tuple of float
        (low, high) with low < high for every sample, the constant and the empty one included.

    Examples
    --------
    >>> auto_window(np.arange(201))
    (1.0, 199.0)
    >>> auto_window(np.full((3, 4), 7))
    (6.5, 7.5)
    """
    flat = np.asarray(sample).reshape(-1)
    values = _finite(flat[:: max(1, flat.size // _ENOUGH)])
    if not values.size:
        return 0.0, 1.0
    low, high = np.percentile(values.astype(np.float64), percentiles)
    if not low < high:
        # More than 99 % of the voxels share one value: the rest still deserves contrast.
        low, high = values.min(), values.max()
    return _widened(float(low), float(high))


def label_histogram(labels: Array, num_classes: int) -> Array:
    """Count the voxels of each class.

    Parameters
    ----------
    labels
        Integer class ids of any shape; ids outside 0 to `num_classes` - 1 are not counted.
    num_classes
        Number of classes, Background included.

    Returns
    -------
    Array
        int64, (num_classes,).

    Examples
    --------
    >>> label_histogram(np.array([[0, 2], [2, -1]]), 3).tolist()
    [1, 0, 2]
    """
    flat = np.asarray(labels).reshape(-1)
    known = flat[(flat >= 0) & (flat < num_classes)]
    return np.bincount(known, minlength=num_classes).astype(np.int64)


def _finite(sample: Array) -> Array:
    flat = np.asarray(sample).reshape(-1)
    if flat.dtype.kind != "f":
        return flat
    values: Array = flat[np.isfinite(flat)]
    return values if flat.dtype.itemsize < 8 else values.clip(-_LARGEST, _LARGEST)


def _widened(low: float, high: float) -> tuple[float, float]:
    """Open a range that is closed, by half a unit or what the numbers can resolve."""
    if low < high:
        return low, high
    margin = max(0.5, 4 * float(np.spacing(abs(low))))
    return low - margin, high + margin
