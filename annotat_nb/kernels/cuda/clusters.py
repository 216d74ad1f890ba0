"""Clusters of one tile by torch operations: those of `annotat_nb.kernels.cpu.clusters`."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from annotat_nb.blocks import Shape
    from annotat_nb.operation import Array


def cluster(
    steps: Array, cells: Sequence[Array], counts: Shape, weight: float, iterations: int, device: str
) -> Array:
    """Return the cluster of each voxel of a box, from 0, uint32, (z, y, x).

    Parameters
    ----------
    steps
        The quantised image, uint16.
    cells
        The number of the cell in which each voxel lies along z, y and x.
    counts
        How many cells there are along z, y and x.
    weight
        What a squared difference in grey value counts, in squared voxels.
    iterations
        How often voxels are given to the nearest cluster.
    device
        As torch names it: ``"cuda:0"``.
    """
    values = torch.from_numpy(steps.view(np.int16)).to(device).int() & 0xFFFF
    own = _along_axes([torch.from_numpy(each).to(device) for each in cells])
    voxels = _along_axes([torch.arange(extent, device=device) for extent in steps.shape])
    labels = (own[0] * counts[1] + own[1]) * counts[2] + own[2]
    centres = torch.zeros((int(np.prod(counts)), 4), device=device)
    for _ in range(iterations):
        centres = _move(centres, labels, [*voxels, values])
        labels = _assign(values, voxels, own, counts, centres, float(np.float32(weight)))
    return labels.cpu().numpy().astype(np.uint32)


def _along_axes(values: list[torch.Tensor]) -> list[torch.Tensor]:
    """Lay values out along z, y and x, so that they can be combined."""
    z, y, x = values
    return [z[:, None, None], y[:, None], x]


def _move(centres: torch.Tensor, labels: torch.Tensor, fields: list[torch.Tensor]) -> torch.Tensor:
    """Return the mean of each cluster's fields, float32; as before where it has no voxel."""
    sums = torch.zeros((len(fields), len(centres)), dtype=torch.int64, device=labels.device)
    flat = labels.reshape(-1)
    for total, field in zip(sums, fields, strict=True):
        total.index_add_(0, flat, field.expand(labels.shape).reshape(-1).long())
    sizes = torch.bincount(flat, minlength=len(centres))
    means = (sums.double() / sizes).float().T
    return torch.where((sizes > 0)[:, None], means, centres)


def _assign(
    values: torch.Tensor,
    voxels: list[torch.Tensor],
    own: list[torch.Tensor],
    counts: Shape,
    centres: torch.Tensor,
    weight: float,
) -> torch.Tensor:
    """Return the nearest cluster of each voxel, among equally near ones the first."""
    least = torch.full(values.shape, torch.inf, device=values.device)
    labels = torch.zeros(values.shape, dtype=torch.int64, device=values.device)
    for cells in _neighbours(own, counts):
        label = (cells[0] * counts[1] + cells[1]) * counts[2] + cells[2]
        near = centres[label]
        distance = _squared(voxels[0] - near[..., 0])
        for axis in (1, 2):
            distance = distance + _squared(voxels[axis] - near[..., axis])
        distance = distance + _squared(values - near[..., 3]) * weight
        # A cell at the border stands for the one beyond it, too, and is only compared again.
        is_nearer = distance < least
        least = torch.where(is_nearer, distance, least)
        labels = torch.where(is_nearer, label, labels)
    return labels


def _neighbours(own: list[torch.Tensor], counts: Shape) -> Iterator[list[torch.Tensor]]:
    """Yield the cells around the own ones, first to last, along z, y and x."""
    for steps in product((-1, 0, 1), repeat=3):
        places = zip(own, steps, counts, strict=True)
        yield [(cell + step).clamp(0, count - 1) for cell, step, count in places]


def _squared(values: torch.Tensor) -> torch.Tensor:
    return values * values
