"""Neighbours along one axis, for filters that work on one axis after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from annotat_nb.kernels.mirror import Reading

if TYPE_CHECKING:
    from collections.abc import Callable

    from annotat_nb.blocks import Box
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


class Near:
    """An image in and round a box, from which the neighbours of each voxel are taken.

    Parameters
    ----------
    image
        (z, y, x), mirrored at its border.
    reach
        How far the neighbours are along each axis, in voxels.
    ndim
        2: they are in the same slice; 3.
    box
        The voxels whose neighbours are wanted.
    """

    def __init__(self, image: torch.Tensor, reach: int, ndim: int, box: Box) -> None:
        read = Reading.of(box, reach, ndim, image.shape)
        self._reach, self._axes, self._values = reach, axes_of(read, ndim), image[read.box]
        for axis, table in self._axes:
            self._values = mirrored(self._values, table, axis)

    def at(self, *steps: tuple[int, int]) -> torch.Tensor:
        """Return the neighbour of each voxel that lies some steps away; of none, the voxel itself.

        Parameters
        ----------
        steps
            An axis, and −1, 0 or 1 times the reach along it.
        """
        values, away = self._values, dict(steps)
        for axis, table in self._axes:
            start = self._reach * (1 + away.get(axis, 0))
            values = values.narrow(axis, start, table.size - 2 * self._reach)
        return values


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


def even(image: torch.Tensor, weights: Array, axis: int) -> torch.Tensor:
    """Filter along `axis` with weights that are the same to both sides.

    Parameters
    ----------
    image
        (z, y, x), with as many neighbours on either side as there are weights but the first.
    weights
        Of the centre and of the neighbours to one side.
    axis
        0, 1 or 2.

    Examples
    --------
    >>> import numpy as np
    >>> even(torch.tensor([[[0.0, 1.0, 4.0]]]), np.array([2.0, 1.0]), 2)
    tensor([[[6.]]])
    """
    found = _pairs(image, weights, axis, torch.add)
    middle = image.narrow(axis, weights.size - 1, found.shape[axis])
    return found.add_(middle, alpha=float(weights[0]))


def odd(image: torch.Tensor, weights: Array, axis: int) -> torch.Tensor:
    """Filter along `axis` with weights that are negative on the low side; see `even`."""
    return _pairs(image, weights, axis, torch.sub)


def _pairs(
    image: torch.Tensor, weights: Array, axis: int, join: Callable[..., torch.Tensor]
) -> torch.Tensor:
    """Add up pairs of neighbours times their weights, from the outermost inwards."""
    reach = weights.size - 1
    count = image.shape[axis] - 2 * reach
    total = torch.zeros_like(image.narrow(axis, 0, count))
    pair = torch.empty_like(total)
    for away in range(reach, 0, -1):
        far, near = image.narrow(axis, reach + away, count), image.narrow(axis, reach - away, count)
        join(far, near, out=pair)
        total.add_(pair, alpha=float(weights[away]))
    return total
