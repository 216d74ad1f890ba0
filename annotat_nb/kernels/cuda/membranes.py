"""What lines in all directions have in common at each voxel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from annotat_nb.blocks import plan_blocks, shape_of
from annotat_nb.kernels.cuda.neighbours import axes_of, mirrored
from annotat_nb.kernels.mirror import Reading
from annotat_nb.kernels.weights import LINE, line_weights

if TYPE_CHECKING:
    from annotat_nb.blocks import Box, Shape
    from annotat_nb.operation import Array

_AT_ONCE = (1, 1024, 1024)
"""Voxels whose averages along all lines are held together."""


def membrane_projections(image: torch.Tensor, count: int, box: Box) -> tuple[torch.Tensor, ...]:
    """Average along lines; see `annotat_nb.kernels.cpu.membranes.membrane_projections`."""
    read = Reading.of(box, LINE // 2, 2, image.shape)
    near, weights = image[read.box], line_weights(count)
    for axis, table in axes_of(read, 2):
        near = mirrored(near, table, axis)
    out = torch.empty((6, *shape_of(box)), device=image.device)
    for block in plan_blocks(shape_of(box), core=_AT_ONCE):
        z, y, x = block.core
        part = near[z, y.start : y.stop + LINE - 1, x.start : x.stop + LINE - 1]
        _describe(_averages(part, weights), out[:, z, y, x])
    return tuple(out)


def _averages(near: torch.Tensor, weights: Array) -> torch.Tensor:
    """Return the averages along each line, (lines, z, y, x)."""
    shape: Shape = near.shape[0], near.shape[1] - LINE + 1, near.shape[2] - LINE + 1
    found = torch.zeros((len(weights), *shape), device=near.device)
    for line, y, x in np.argwhere(weights > 0).tolist():
        part = near[:, y : y + shape[1], x : x + shape[2]]
        found[line].add_(part, alpha=float(weights[line, y, x]))
    return found


def _describe(averages: torch.Tensor, out: torch.Tensor) -> None:
    count = len(averages)
    total = torch.zeros_like(averages[0], dtype=torch.float64)
    spread = torch.zeros_like(total)
    for average in averages:
        total += average
    mean = total / count
    for average in averages:
        spread += (average - mean).square()
    out[0], out[1], out[2] = total, mean, (spread / count).sqrt()
    low, high = (averages.kthvalue(place, dim=0).values for place in (count // 2, count // 2 + 1))
    out[3], out[4], out[5] = (low + high) / 2, averages.amax(dim=0), averages.amin(dim=0)
