"""Give each part that is cut off from its superpixel to the neighbour that it touches most."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from annotat_nb.operation import Array


def reconnect(labels: Array, ndim: int) -> Array:
    """Give each part that is cut off from its superpixel to the neighbour that it touches most.

    The largest part of a superpixel keeps its id, so that no id is lost; among equals the part
    that comes first in z, y, x order, and the neighbour with the smallest id.

    Parameters
    ----------
    labels
        Ids of superpixels, from 0 or 1, uint32, (z, y, x); no id may lie in two slices where
        `ndim` is 2.
    ndim
        2 looks for neighbours within each slice only.

    Returns
    -------
    ndarray
        uint32, (z, y, x).

    Examples
    --------
    >>> reconnect(np.array([[[1, 1, 1, 2, 1, 2, 2]]], "uint32"), 2).tolist()
    [[[1, 1, 1, 1, 2, 2, 2]]]
    """
    from annotat_nb.kernels.cpu.contacts import settle

    chosen = np.ones(int(labels.max()) + 1, bool)
    parts, owners, spans = find_parts(labels, chosen, ndim)
    settled = largest_parts(owners, spans)
    if settled.all():
        return labels
    settle(owners, settled, _contacts(parts, settled, spans, ndim))
    return np.take(owners, parts)


def find_parts(labels: Array, chosen: Array, ndim: int) -> tuple[Array, Array, Array]:
    """Find what of each label hangs together.

    Parameters
    ----------
    labels
        uint32, (z, y, x).
    chosen
        For each label, whether its parts are looked for.
    ndim
        2 looks within each slice only.

    Returns
    -------
    parts : ndarray
        int32, (z, y, x): the part of each voxel, from 0 in the order of their first voxels; -1
        where the label is not looked at.
    owners : ndarray
        The label of each part, uint32.
    spans : ndarray
        The number of voxels of each part, and the flat index of its first one, int64, (2, parts).
    """
    from annotat_nb.kernels.cpu import parts as kernels

    labels = np.ascontiguousarray(labels)
    parts = np.empty(labels.shape, np.int32)
    count = kernels.join(labels, chosen, ndim == 2, parts)
    owners, spans = np.empty(count, np.uint32), np.empty((2, count), np.int64)
    kernels.number(labels, parts, owners, spans)
    return parts, owners, spans


def largest_parts(owners: Array, spans: Array) -> Array:
    """Return which parts are the largest of their owner, among equals the first."""
    from annotat_nb.kernels.cpu import parts as kernels

    largest = np.zeros(owners.size, bool)
    kernels.choose_largest(owners, spans, np.full(int(owners.max()) + 1, -1), largest)
    return largest


def _contacts(parts: Array, settled: Array, spans: Array, ndim: int) -> Array:
    """Return the loose parts, the parts beside each, and how many faces they share."""
    from annotat_nb.kernels.cpu import contacts as kernels
    from annotat_nb.kernels.cpu.parts import OUTSIDE

    loose = np.flatnonzero(~settled)
    edges = np.concatenate([[0], np.cumsum(spans[0, loose])])
    ends, items = np.full(settled.size, -1), np.empty(edges[-1], np.int64)
    ends[loose] = edges[:-1]
    bordered = np.pad(parts, 1, constant_values=OUTSIDE)
    kernels.list_items(bordered, ends, items)
    contacts, lengths = np.empty((6 * items.size, 3), np.int64), np.zeros(settled.size, np.int32)
    flat = ndim == 2
    count = kernels.count_contacts(bordered, loose, edges, items, flat, lengths, contacts)
    return contacts[:count]
