"""How well superpixels fit labels that are known to be right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from annotat_nb.operation import Array


def boundary_recall(
    superpixels: Array, labels: Array, tolerance: int = 1, *, ndim: Literal[2, 3] = 3
) -> float:
    """Return the share of the labels' boundary that lies at a boundary of superpixels.

    A voxel belongs to a boundary if one of its face neighbours has another value.

    Parameters
    ----------
    superpixels
        Ids, integers, (z, y, x) or (y, x).
    labels
        What is right, integers of the same shape.
    tolerance
        How far, in voxels along each axis, the next boundary of superpixels may be.
    ndim
        2 compares slice by slice, as superpixels with ``ndim=2`` were made: boundaries between
        slices do not count.

    Returns
    -------
    float
        0 to 1; 1 if the labels have no boundary.

    Raises
    ------
    ValueError
        If the shapes differ.

    References
    ----------
    D. Stutz et al., Superpixels: An Evaluation of the State-of-the-Art, Computer Vision and Image
    Understanding 166, 2018.

    Examples
    --------
    >>> labels = np.repeat([[0, 0, 0, 1, 1, 1, 1, 1]], 4, axis=0)
    >>> superpixels = np.repeat([[1, 1, 1, 1, 1, 2, 2, 2]], 4, axis=0)
    >>> boundary_recall(superpixels, labels)
    0.5
    >>> boundary_recall(superpixels, labels, tolerance=2)
    1.0
    """
    from scipy import ndimage

    superpixels, labels = _volumes(superpixels, labels)
    wanted = _boundary(labels, ndim)
    if not wanted.any():
        return 1.0
    reach = (2 * tolerance + 1 if ndim == 3 else 1, *(2 * tolerance + 1,) * 2)
    found = ndimage.maximum_filter(_boundary(superpixels, ndim).view(np.uint8), reach)
    return float(found[wanted].mean())


def achievable_accuracy(superpixels: Array, labels: Array) -> float:
    """Return the share of voxels that would be right if every superpixel got its best label.

    No classifier of superpixels can reach more (the achievable segmentation accuracy).

    Parameters
    ----------
    superpixels
        Ids, integers from 0, (z, y, x) or (y, x).
    labels
        What is right, integers of the same shape.

    Returns
    -------
    float
        0 to 1.

    Raises
    ------
    ValueError
        If the shapes differ.

    References
    ----------
    M.-Y. Liu et al., Entropy Rate Superpixel Segmentation, Conference on Computer Vision and
    Pattern Recognition, 2011.

    Examples
    --------
    >>> achievable_accuracy(np.array([[1, 1, 1, 2, 2]]), np.array([[0, 0, 7, 7, 7]]))
    0.8
    """
    superpixels, labels = _volumes(superpixels, labels)
    values, numbers = np.unique(labels, return_inverse=True)
    pairs = superpixels.ravel().astype(np.int64) * values.size + numbers.ravel()
    counts = np.bincount(pairs, minlength=(int(superpixels.max()) + 1) * values.size)
    return float(counts.reshape(-1, values.size).max(axis=1).sum() / labels.size)


def _volumes(superpixels: Array, labels: Array) -> tuple[Array, Array]:
    superpixels, labels = np.asarray(superpixels), np.asarray(labels)
    if superpixels.shape != labels.shape:
        raise ValueError(
            f"superpixels and labels must have one shape, got {superpixels.shape} and "
            f"{labels.shape}"
        )
    return (superpixels[None], labels[None]) if labels.ndim == 2 else (superpixels, labels)


def _boundary(values: Array, ndim: int) -> Array:
    """Return which voxels have a face neighbour of another value."""
    found = np.zeros(values.shape, bool)
    for axis in range(3 - ndim, 3):
        one, other = np.moveaxis(values, axis, 0), np.moveaxis(found, axis, 0)
        differs = one[1:] != one[:-1]
        other[1:] |= differs
        other[:-1] |= differs
    return found
