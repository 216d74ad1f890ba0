"""What the methods share: reading tiles, scaling intensities, mending cut superpixels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from annotat_nb.volume import Volume

if TYPE_CHECKING:
    from annotat_nb.blocks import Box
    from annotat_nb.operation import Array

Range = tuple[float, float]


def range_of(image: Array, intensity_range: Range | None) -> Range:
    """Return `intensity_range`, measured slab by slab where it is None."""
    return Volume(image).intensity_range if intensity_range is None else intensity_range


def read_scaled(image: Array, box: Box, intensity_range: Range) -> Array:
    """Read `box` of `image` as float32 scaled to 0-1; what is not finite becomes 0.

    Examples
    --------
    >>> image = np.array([[[5.0, 7.0, np.nan, 9.0]]])
    >>> read_scaled(image, (slice(1), slice(1), slice(4)), (5.0, 9.0)).tolist()
    [[[0.0, 0.5, 0.0, 1.0]]]
    """
    low, high = intensity_range
    values = np.asarray(image[box], dtype=np.float64)
    values = np.where(np.isfinite(values), values, low)
    if high <= low:
        return np.zeros(values.shape, np.float32)
    scaled: Array = ((values - low) / (high - low)).astype(np.float32)
    return scaled


def reconnect(labels: Array, ndim: int) -> Array:
    """Give each part that is cut off from its superpixel to the neighbour that it touches most.

    The largest part of a superpixel keeps its id, so that no id is lost; among equals the part
    that comes first in z, y, x order, and the neighbour with the smallest id.

    Parameters
    ----------
    labels
        Ids from 1, uint32, (z, y, x); no id may lie in two slices where `ndim` is 2.
    ndim
        2 looks for neighbours within each slice only.
    """
    from skimage import measure

    parts = measure.label(labels, background=0, connectivity=1) - 1
    owner = np.zeros(parts.max() + 1, labels.dtype)
    owner[parts] = labels
    settled = _largest_parts(owner, np.bincount(parts.ravel()))
    if settled.all():
        return labels
    pairs, lengths = _contacts(parts, settled, range(3 - ndim, 3))
    while not settled.all():
        _adopt(owner, settled, pairs, lengths)
    mended: Array = owner[parts]
    return mended


def _largest_parts(owner: Array, sizes: Array) -> Array:
    order = np.lexsort((np.arange(owner.size), -sizes, owner))
    first = np.diff(owner[order], prepend=0) != 0
    largest = np.zeros(owner.size, bool)
    largest[order[first]] = True
    return largest


def _contacts(parts: Array, settled: Array, axes: range) -> tuple[Array, Array]:
    """Return the pairs (loose part, neighbouring part) and how many faces they share."""
    found = []
    for axis in axes:
        near, far = np.moveaxis(parts, axis, 0)[:-1], np.moveaxis(parts, axis, 0)[1:]
        for part, other in ((near, far), (far, near)):
            loose = (part != other) & ~settled[part]
            found.append(np.stack([part[loose], other[loose]]))
    return np.unique(np.concatenate(found, axis=1), axis=1, return_counts=True)


def _adopt(owner: Array, settled: Array, pairs: Array, lengths: Array) -> None:
    """Settle the loose parts that touch a settled one, in place."""
    loose, other = pairs
    ready = ~settled[loose] & settled[other]
    loose, lengths, heirs = loose[ready], lengths[ready], owner[other[ready]]
    order = np.lexsort((heirs, -lengths, loose))
    first = np.diff(loose[order], prepend=-1) != 0
    owner[loose[order[first]]] = heirs[order[first]]
    settled[loose] = True
