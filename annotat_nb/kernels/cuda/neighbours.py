"""Neighbours along one axis, for filters that work on one axis after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from annotat_nb.kernels.mirror import Reading
    from annotat_nb.operation import Array


def axes_of(read: Reading, ndim: int) -> list[tuple[int, Array]]:
    """Return the axes along which a filter looks, and the table of each."""
    tables = (read.planes.table, read.rows.table, read.columns.table)
    return list(enumerate(tables))[3 - ndim :]


def mirrored(image: torch.Tensor, table: Array, axis: int) -> torch.Tensor:
    """Lay out `image` along `axis` as in the table of an `annotat_nb.kernels.mirror.Span`.

    Parameters
    ----------
    image
        What is read, (z, y, x).
    table
        Where each position lies in it.
    axis
        0, 1 or 2.
    """
    if table.size == image.shape[axis]:  # nothing is mirrored: each is read once, in order
        return image
    return image.index_select(axis, torch.tensor(table, device=image.device))


def summed(values: torch.Tensor, size: int, axis: int) -> torch.Tensor:
    """Add up `size` neighbours along `axis`, from each on.

    Sums of 2, 4, 8 … are made of one another, and those that make up `size` are added, in the
    same order as on the processor.

    Examples
    --------
    >>> summed(torch.arange(5.0), 3, 0)
    tensor([3., 6., 9.])
    """
    count = values.shape[axis] - size + 1
    total, part = values.narrow(axis, size - 1, count), values
    width = done = 1
    while 2 * width <= size:
        rest = part.shape[axis] - width
        part = part.narrow(axis, 0, rest) + part.narrow(axis, width, rest)
        width *= 2
        if size & width:
            total = total + part.narrow(axis, size - done - width, count)
            done += width
    return total
