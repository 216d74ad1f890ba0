"""Smallest and largest value of the window round each voxel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from annotat_nb.kernels.cuda.neighbours import axes_of, mirrored
from annotat_nb.kernels.mirror import Reading

if TYPE_CHECKING:
    from collections.abc import Callable

    from annotat_nb.blocks import Box

    Choice = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


def extremes(
    image: torch.Tensor, radius: int, ndim: int, box: Box
) -> tuple[torch.Tensor, torch.Tensor]:
    """Find the smallest and the largest value; see `annotat_nb.kernels.cpu.extremes.extremes`."""
    read = Reading.of(box, radius, ndim, image.shape)
    low = high = image[read.box]
    # Across slices first: the slices that are context only are not needed after that.
    for axis, table in axes_of(read, ndim):
        low = _chosen(mirrored(low, table, axis), 2 * radius + 1, axis, torch.minimum)
        high = _chosen(mirrored(high, table, axis), 2 * radius + 1, axis, torch.maximum)
    return low, high


def _chosen(values: torch.Tensor, size: int, axis: int, choose: Choice) -> torch.Tensor:
    """Compare `size` neighbours along `axis`, from each on.

    Those of 2, 4, 8 … are made of one another; two that overlap cover the window.
    """
    count, width = values.shape[axis] - size + 1, 1
    while 2 * width <= size:
        rest = values.shape[axis] - width
        values = choose(values.narrow(axis, 0, rest), values.narrow(axis, width, rest))
        width *= 2
    return choose(values.narrow(axis, 0, count), values.narrow(axis, size - width, count))
