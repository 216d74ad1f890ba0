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

    The voxels are sorted by their slots once, and each channel is summed up slot by slot, in
    float64 and always in the same order. Adding at random places would be no slower, but a
    graphics card does it in an order that changes from run to run, and the last bits with it.

    Parameters
    ----------
    slots
        Which slot each voxel belongs to, int32 below `count`, (z, y, x); negative: none.
    count
        Number of slots.
    device
        Where the channels will lie.
    """

    def __init__(self, slots: Array, count: int, device: str) -> None:
        of_voxel = torch.tensor(slots.ravel(), device=device).clamp(min=-1)
        sizes = torch.bincount(of_voxel + 1, minlength=count + 1)
        self._order = torch.argsort(of_voxel, stable=True)[sizes[0] :]
        self._sizes = sizes[1:]
        self.sizes: Array = self._sizes.cpu().numpy()
        """Number of voxels of each slot, int64."""

    def pool(self, values: torch.Tensor) -> Gathered:
        """Gather the values of each slot; see `annotat_nb.kernels.cpu.pooling.pool`."""
        row = values.reshape(-1)[self._order].double()
        found = (
            self._reduce(row, "sum", 0.0),
            self._reduce(row * row, "sum", 0.0),
            self._reduce(row, "min", torch.inf),
            self._reduce(row, "max", -torch.inf),
        )
        sums, squares, lows, highs = torch.stack(found).cpu().numpy()
        return sums, squares, lows.astype(np.float32), highs.astype(np.float32)

    def _reduce(self, row: torch.Tensor, way: str, initial: float) -> torch.Tensor:
        lengths = self._sizes
        return torch.segment_reduce(row, way, lengths=lengths, initial=initial, unsafe=True)
