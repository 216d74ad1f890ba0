"""Mean and variance of the window round each voxel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from annotat_nb.kernels.cuda.neighbours import axes_of, mirrored, summed
from annotat_nb.kernels.mirror import Reading

if TYPE_CHECKING:
    from annotat_nb.blocks import Box
    from annotat_nb.operation import Array


def moments(
    image: torch.Tensor, radius: int, ndim: int, box: Box
) -> tuple[torch.Tensor, torch.Tensor]:
    """Compute the mean and the variance; see `annotat_nb.kernels.cpu.moments.moments`.

    Everything is added in the same order as there, in float64, so that the bits are the same.
    """
    read = Reading.of(box, radius, ndim, image.shape)
    values, axes, size = image[read.box].double(), axes_of(read, ndim), 2 * radius + 1
    # By a plain number, graphics cards do not divide: they multiply by one over it.
    count = values.new_tensor(size**ndim)
    mean = _window_sum(values, axes, size) / count
    spread = _window_sum(values * values, axes, size) / count - mean * mean
    most = torch.finfo(torch.float32).max
    return mean.float(), spread.clamp(0, most).float()


def _window_sum(values: torch.Tensor, axes: list[tuple[int, Array]], size: int) -> torch.Tensor:
    for axis, table in reversed(axes):
        values = summed(mirrored(values, table, axis), size, axis)
    return values
