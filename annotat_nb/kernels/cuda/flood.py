"""Waterpixels of one tile by torch operations: those of `annotat_nb.kernels.cpu.flood`."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

import numpy as np
import torch

from annotat_nb.kernels.cpu.flood import FAR, HOPS, NONE
from annotat_nb.kernels.cpu.relief import ALIKE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from annotat_nb.blocks import Shape
    from annotat_nb.operation import Array

ROUNDS = 8
"""Rounds between two looks whether anything still changes, for each of which the device waits."""


def flood(
    steps: Array,
    first: Shape,
    squares: Sequence[Array],
    middles: tuple[Sequence[Array], Sequence[Array]],
    pull: Array,
    halvings: int,
    device: str,
) -> Array:
    """Return which cell each voxel of a box belongs to, from 0, uint32, (z, y, x).

    Parameters
    ----------
    steps
        The quantised image and, where there are any, the voxels next to the box, uint16.
    first
        Where the box begins in it.
    squares
        (2 · distance)² of each voxel of the box to the centre of its cell along z, y and x.
    middles
        The first voxel of the middle of each cell, and the one after its last, for z, y and x.
    pull
        What is added to a voxel, for each value that the sum of its three squares may have.
    halvings
        How often the sum is halved to give levels.
    device
        As torch names it: ``"cuda:0"``.
    """
    inner = tuple(slice(at, at + each.size) for at, each in zip(first, squares, strict=True))
    image = torch.from_numpy(steps.view(np.int16)).to(device).int() & 0xFFFF
    gradient = _gradient(image)[inner]
    z, y, x = (torch.from_numpy(each).to(device) for each in squares)
    apart = z[:, None, None] + y[:, None] + x
    markers = _markers(gradient, apart, middles)
    raised = gradient + torch.from_numpy(pull).to(device)[apart]
    keys = _spread_keys((raised + ((1 << halvings) >> 1)) >> halvings, markers)
    return _spread_ids(keys, markers).cpu().numpy().astype(np.uint32)


def _gradient(image: torch.Tensor) -> torch.Tensor:
    """Return dilation minus erosion by 3 voxels along every axis."""
    high = low = image
    for axis in range(image.ndim):
        high, low = _extreme(torch.maximum, high, axis), _extreme(torch.minimum, low, axis)
    return high - low


def _extreme(
    of: Callable[[torch.Tensor, torch.Tensor], torch.Tensor], values: torch.Tensor, axis: int
) -> torch.Tensor:
    """Return the extreme of each voxel and the ones before and after it along an axis."""
    count = values.shape[axis]
    before = torch.cat([values.narrow(axis, 0, 1), values.narrow(axis, 0, count - 1)], axis)
    after = torch.cat([values.narrow(axis, 1, count - 1), values.narrow(axis, count - 1, 1)], axis)
    return of(of(before, after), values)


def _markers(
    gradient: torch.Tensor, apart: torch.Tensor, middles: tuple[Sequence[Array], Sequence[Array]]
) -> torch.Tensor:
    """Return where the marker of each cell lies in the flat box.

    Gradient, distance and position share one number, so that its minimum finds the voxel.
    """
    axes = zip(gradient.shape, *middles, strict=True)
    z, y, x = (_cells(*axis).to(gradient.device) for axis in axes)
    counts = [each.size for each in middles[0]]
    cell = ((z * counts[1])[:, None, None] + y[:, None]) * counts[2] + x
    is_middle = (z >= 0)[:, None, None] & (y >= 0)[:, None] & (x >= 0)
    low = (gradient.long() + ALIKE // 2) // ALIKE
    position = torch.arange(gradient.numel(), device=gradient.device).view(gradient.shape)
    rank = (low << 51) | (apart << 32) | position
    lowest = torch.full((int(np.prod(counts)),), 2**63 - 1, device=gradient.device)
    lowest.scatter_reduce_(0, cell[is_middle], rank[is_middle], "amin")
    return lowest & (2**32 - 1)


def _cells(extent: int, begins: Array, ends: Array) -> torch.Tensor:
    """Return the number of the cell in whose middle each voxel of an axis lies, or -1."""
    cells = np.full(extent, -1)
    for number, (begin, end) in enumerate(zip(begins, ends, strict=True)):
        cells[begin:end] = number
    return torch.from_numpy(cells)


def _padded(values: torch.Tensor, border: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return `values` with a border of one voxel, and the view of what is inside it."""
    shape = [extent + 2 for extent in values.shape]
    whole = torch.full(shape, border, dtype=values.dtype, device=values.device)
    inside = whole[1:-1, 1:-1, 1:-1]
    inside.copy_(values)
    return whole, inside


def _around(whole: torch.Tensor) -> list[torch.Tensor]:
    """Return views of the six neighbours of every voxel inside a border."""
    extents = [extent - 2 for extent in whole.shape]
    views = []
    for axis in range(3):
        for start in (0, 2):
            starts = [1, 1, 1]
            starts[axis] = start
            spans = (slice(at, at + extent) for at, extent in zip(starts, extents, strict=True))
            views.append(whole[tuple(spans)])
    return views


def _at(markers: torch.Tensor, values: torch.Tensor, like: torch.Tensor, rest: int) -> torch.Tensor:
    """Return an array that is `values` at the markers, and `rest` elsewhere."""
    placed = torch.full_like(like, rest)
    placed.view(-1)[markers] = values.to(like.dtype)
    return placed


def _spread_keys(levels: torch.Tensor, markers: torch.Tensor) -> torch.Tensor:
    """Return the key of every voxel, int32; see `annotat_nb.kernels.cpu.flood`."""
    floors = levels.int().contiguous() << HOPS
    whole, keys = _padded(_at(markers, floors.view(-1)[markers], floors, FAR), FAR)
    while True:
        for _ in range(ROUNDS):
            before = keys.clone()
            around = reduce(torch.minimum, _around(whole))
            keys.copy_(torch.minimum(before, torch.maximum(floors, around + 1)))
        if torch.equal(before, keys):
            return whole


def _spread_ids(keys: torch.Tensor, markers: torch.Tensor) -> torch.Tensor:
    """Return the number of the marker that every voxel belongs to, int32.

    Parameters
    ----------
    keys
        With a border.
    markers
        Where they lie in the box within the border.
    """
    near = _around(keys)
    least = reduce(torch.minimum, near)
    numbers = torch.arange(markers.numel(), device=keys.device)
    own = _at(markers, numbers, torch.empty_like(least), NONE)
    parents = [(each == least) & (own == NONE) for each in near]
    whole, ids = _padded(own, NONE)
    while True:
        for _ in range(ROUNDS):
            before = ids.clone()
            pairs = zip(_around(whole), parents, strict=True)
            found = (torch.where(is_parent, each, NONE) for each, is_parent in pairs)
            ids.copy_(torch.minimum(reduce(torch.minimum, found), own))
        if torch.equal(before, ids):
            return ids
