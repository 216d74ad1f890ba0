"""The median of the window round each voxel."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

import torch

from annotat_nb.blocks import plan_blocks, shape_of
from annotat_nb.kernels.cuda.neighbours import axes_of, mirrored, summed
from annotat_nb.kernels.mirror import Reading

if TYPE_CHECKING:
    from annotat_nb.blocks import Box, Shape

_LEVELS, _WINDOW = 256, 343
"""For up to so many grey values, and windows of more than so many voxels, counting the voxels of
the window at or below each grey value takes less time and memory than choosing among the voxels."""

_AT_ONCE = 2**26
"""The most values of windows that are laid out together, to choose among them."""


def median(
    image: torch.Tensor, radius: int, ndim: int, box: Box, *, integral: bool
) -> torch.Tensor:
    """Find the median; see `annotat_nb.kernels.cpu.median.median`."""
    read = Reading.of(box, radius, ndim, image.shape)
    near = image[read.box]
    for axis, table in axes_of(read, ndim):
        near = mirrored(near, table, axis)
    if integral and prod(_sides(near, shape_of(box))) > _WINDOW:
        low, high = near.aminmax()
        if high - low < _LEVELS:
            return _count((near - low).to(torch.uint8), int(high - low), shape_of(box)) + low
    return _select(near, shape_of(box))


def _count(levels: torch.Tensor, largest: int, shape: Shape) -> torch.Tensor:
    """Find the median of integers from 0 to `largest`.

    It is how many of the levels 0, 1, 2 … at most half of the window is at or below.
    """
    sides = _sides(levels, shape)
    half = prod(sides) // 2
    counter = torch.int16 if prod(sides) < 2**15 else torch.int32
    found = torch.zeros(shape, dtype=torch.uint8, device=levels.device)
    for level in range(largest):
        count = (levels <= level).to(counter)
        for axis, side in enumerate(sides):
            count = summed(count, side, axis)
        found += count <= half
    return found.float()


def _select(near: torch.Tensor, shape: Shape) -> torch.Tensor:
    """Choose the median among the values of each window, for a piece of the image at a time."""
    sides, out = _sides(near, shape), torch.empty(shape, device=near.device)
    window, windows = prod(sides), near
    for axis, side in enumerate(sides):
        windows = windows.unfold(axis, side, 1)
    for block in plan_blocks(shape, core=_piece(shape, window)):
        rows = windows[block.core].reshape(-1, window)
        out[block.core] = rows.kthvalue(window // 2 + 1).values.view(shape_of(block.core))
    return out


def _sides(near: torch.Tensor, shape: Shape) -> list[int]:
    """Return the sides of the window, of which `near` holds those of `shape` voxels."""
    return [have - want + 1 for have, want in zip(near.shape, shape, strict=True)]


def _piece(shape: Shape, window: int) -> Shape:
    """Return the largest part of `shape`, halved as often as it takes, to be done at once."""
    sides = list(shape)
    for axis in range(3):
        while sides[axis] > 1 and prod(sides) * window > _AT_ONCE:
            sides[axis] = -(-sides[axis] // 2)
    return sides[0], sides[1], sides[2]
