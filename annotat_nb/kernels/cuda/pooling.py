"""Gather the values of superpixels, on a graphics card."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from annotat_nb.kernels.cpu.pooling import Gathered
    from annotat_nb.operation import Array


class Slots:
    """Which slot each voxel of a box belongs to, kept on a device while channels come.

    The voxels are sorted by their slots once, and each channel is summed up slot by slot in each
    slab, in float64 and always in the same order. Adding at random places would be no slower, but a
    graphics card does it in an order that changes from run to run, and the last bits with it.

    Parameters
    ----------
    slots
        Which slot each voxel belongs to, int32 below `count`, (z, y, x); negative: none.
    count
        Number of slots.
    slabs
        Which planes are summed up together, first to last.
    device
        Where the channels will lie.
    """

    def __init__(self, slots: Array, count: int, slabs: list[slice], device: str) -> None:
        of_voxel = torch.tensor(slots, device=device).clamp(min=-1)
        for number, planes in enumerate(slabs):
            of_voxel[planes] += number * count * (of_voxel[planes] >= 0)
        of_voxel = of_voxel.ravel()
        sizes = torch.bincount(of_voxel + 1, minlength=len(slabs) * count + 1)
        self._order = torch.argsort(of_voxel, stable=True)[sizes[0] :]
        self._sizes = sizes[1:]
        self.sizes: Array = self._sizes.cpu().numpy().reshape(len(slabs), count)
        """Number of voxels of each slot in each slab, int64, (slabs, count)."""

    def pool(self, values: torch.Tensor) -> list[tuple[int, Gathered]]:
        """Gather the values of each slot; see `annotat_nb.kernels.cpu.pooling.pool_slabs`."""
        row = values.reshape(-1)[self._order].double()
        found = (
            self._reduce(row, "sum", 0.0),
            self._reduce(row * row, "sum", 0.0),
            self._reduce(row, "min", torch.inf),
            self._reduce(row, "max", -torch.inf),
        )
        fields = torch.stack(found).cpu().numpy().reshape(len(found), *self.sizes.shape)
        sums, squares, *extremes = fields
        lows, highs = (each.astype(np.float32) for each in extremes)
        return [(0, slab) for slab in zip(sums, squares, lows, highs, strict=True)]

    def _reduce(self, row: torch.Tensor, way: str, initial: float) -> torch.Tensor:
        lengths = self._sizes
        return torch.segment_reduce(row, way, lengths=lengths, initial=initial, unsafe=True)
