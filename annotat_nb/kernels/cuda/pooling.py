"""Gather the values of superpixels, on a graphics card."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from annotat_nb.kernels.cpu.pooling import cut_of

if TYPE_CHECKING:
    from annotat_nb.operation import Array


class Slots:
    """Which slot each voxel of a box belongs to, kept on a device while channels come.

    The voxels are sorted by their slots once, and each channel is summed up slot by slot in each
    slab, in float64 and always in the same order. Adding at random places would be no slower, but a
    graphics card does it in an order that changes from run to run, and the last bits with it.

    Parameters
    ----------
    slots
        Which slot each voxel belongs to, int32 below the number of slots, (z, y, x); negative:
        none.
    whole
        Of each slot, whether all its voxels are in the box.
    slabs
        Which planes are summed up together, first to last.
    device
        Where the channels will lie.
    """

    def __init__(self, slots: Array, whole: Array, slabs: list[slice], device: str) -> None:
        of_voxel = torch.tensor(slots, device=device).clamp(min=-1)
        for number, planes in enumerate(slabs):
            of_voxel[planes] += number * whole.size * (of_voxel[planes] >= 0)
        of_voxel = of_voxel.ravel()
        sizes = torch.bincount(of_voxel + 1, minlength=len(slabs) * whole.size + 1)
        self._order = torch.argsort(of_voxel, stable=True)[sizes[0] :]
        self._sizes = sizes[1:]
        self.sizes: Array = self._sizes.cpu().numpy().reshape(len(slabs), whole.size)
        """Number of voxels of each slot in each slab, int64, (slabs, slots)."""
        self.cut = cut_of(self.sizes, whole)
        """Slots of which other parts lie elsewhere, for each slab."""
        places = [number * whole.size + cut for number, cut in enumerate(self.cut)]
        self._places = torch.tensor(np.concatenate(places), device=device)

    def pool(self, values: torch.Tensor) -> tuple[Array, Array]:
        """Gather the values of each slot; see `annotat_nb.kernels.cpu.pooling.Slots.pool`."""
        row = values.reshape(-1)[self._order].double()
        fields = torch.cat(
            [
                self._reduce(torch.stack([row, row * row], dim=1), "sum", 0.0),
                self._reduce(row[:, None], "min", torch.inf),
                self._reduce(row[:, None], "max", -torch.inf),
            ]
        )
        parts = fields[:, self._places]
        slabs = fields.view(len(fields), *self.sizes.shape)
        sums = slabs[:2, 0]
        for number in range(1, len(self.sizes)):  # in this order on every device
            sums = sums + slabs[:2, number]
        low, high = slabs[2:3].amin(dim=1), slabs[3:].amax(dim=1)
        found = torch.cat([torch.cat([sums, low, high]), parts], dim=1).cpu().numpy()
        return found[:, : self.sizes.shape[1]], found[:, self.sizes.shape[1] :]

    def _reduce(self, rows: torch.Tensor, way: str, initial: float) -> torch.Tensor:
        """Reduce each column of `rows` slot by slot, (columns, slabs · slots).

        Of columns, each slot is one thread's work; of a vector it would be that of a whole block
        of threads, far too many for so few voxels.
        """
        lengths = self._sizes
        if not len(rows):  # which torch divides by
            return rows.new_full((rows.shape[1], len(lengths)), initial)
        found = torch.segment_reduce(rows, way, lengths=lengths, initial=initial, unsafe=True)
        return found.T
