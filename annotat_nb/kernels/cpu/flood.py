"""Flood a relief from markers; see `annotat_nb.superpixels.Waterpixels` for what it means.

The key of a voxel is ``level · 2¹⁵ + hops``; a path of more hops counts as one level higher. The
smallest key of the neighbours plus one, or the voxel's own ``level · 2¹⁵`` where that is more, is
the voxel's key: the order in which voxels are visited does not matter. They are visited row by
row, forwards and backwards, until nothing changes: processors take a whole vector of a row at
once, and superpixels are small. A queue would visit each voxel once, but at random places: it
takes six times as long.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from annotat_nb.kernels.compiling import helper, kernel

if TYPE_CHECKING:
    from annotat_nb.operation import Array

HOPS = 15
"""Bits of a key that count hops."""

FAR = (2**16 - 1) << HOPS
"""The key of what is not image, and of what is not reached yet."""

PLANES = 8
"""Planes that are visited several times before the next ones: they fit in a processor's cache."""

TURNS = 3
"""How often."""

NONE = 2**16 - 1
"""The id of what is not image, and of what is not reached yet."""


@helper
def _lower_keys(
    keys: Array, levels: Array, z: int, y: int, floors: Array, best: Array, row: Array
) -> int:
    """Extend the paths of the neighbours to a row; return 0 if nothing changed, 2 if it goes on.

    Each of the two passes along the row carries paths one voxel further within it.
    """
    width = row.size - 1
    for x in range(1, width):
        floors[x] = np.int32(levels[z, y, x]) << HOPS
        beside = min(keys[z, y - 1, x], keys[z, y + 1, x])
        around = min(min(keys[z - 1, y, x], keys[z + 1, y, x]), beside)
        best[x] = min(keys[z, y, x], max(floors[x], np.int32(around + 1)))
    changed = np.int32(0)
    for x in range(1, width):
        along = np.int32(min(keys[z, y, x - 1], keys[z, y, x + 1]) + 1)
        row[x] = min(best[x], max(floors[x], along))
        changed |= row[x] ^ keys[z, y, x]
    if changed == 0:
        return 0
    changed = np.int32(0)
    for x in range(1, width):
        along = np.int32(min(row[x - 1], row[x + 1]) + 1)
        keys[z, y, x] = min(best[x], max(floors[x], along))
        changed |= row[x] ^ keys[z, y, x]
    return 1 if changed == 0 else 2


@helper
def _note(due: Array, z: int, y: int, outcome: int) -> None:
    """Note which rows are due again after one was visited."""
    due[z, y] = outcome == 2
    if outcome:
        due[z - 1, y] = due[z + 1, y] = due[z, y - 1] = due[z, y + 1] = True


@helper
def _sweeps(depth: int) -> Array:
    """Return the planes to visit, and whether their rows come backwards: one way, and back again.

    Some planes, which fit in a processor's cache, are visited several times before the next.
    """
    inner = depth - 2
    order, visit = np.empty((2, TURNS * inner, 2), np.int64), 0
    for start in range(0, inner, PLANES):
        count = min(PLANES, inner - start)
        for turn in range(TURNS):
            for plane in range(count):
                z = start + (count - 1 - plane if turn & 1 else plane)
                is_backward = (turn ^ turn >> 1) & 1
                order[0, visit] = 1 + z, is_backward
                order[1, visit] = inner - z, 1 - is_backward
                visit += 1
    return order


@kernel(("const uint16[:,:,::1]", "const int64[::1]", "int32[:,:,::1]"))
def spread_keys(levels: Array, markers: Array, keys: Array) -> None:
    """Write the key of every voxel into `keys`.

    Parameters
    ----------
    levels
        The relief, uint16, of `annotat_nb.kernels.cpu.relief.relief_shape`.
    markers
        Where each marker lies in the flat relief.
    keys
        int32, of the same shape.
    """
    depth, height, width = levels.shape
    keys[:] = FAR
    for marker in markers:
        keys.reshape(keys.size)[marker] = np.int32(levels.reshape(levels.size)[marker]) << HOPS
    floors, best = np.empty(width, np.int32), np.empty(width, np.int32)
    row = np.full(width, FAR, np.int32)
    due = np.ones((depth, height), np.bool_)
    order, sweep, is_over = _sweeps(depth), 0, False
    while not is_over:
        is_over = True
        for z, is_backward in order[sweep]:
            for j in range(1, height - 1):
                y = height - 1 - j if is_backward else j
                if due[z, y]:
                    _note(due, z, y, _lower_keys(keys, levels, z, y, floors, best, row))
                    is_over = False
        sweep = 1 - sweep


@kernel(("const int32[:,:,::1]", "const int64[::1]", "uint8[:,:,::1]"))
def find_parents(keys: Array, markers: Array, parents: Array) -> None:
    """Write which neighbours of each voxel have the smallest key: they pass their id on to it.

    Parameters
    ----------
    keys
        See `spread_keys`.
    markers
        Where each marker lies; it has no parents.
    parents
        uint8, of the same shape: bits 0 to 5 stand for the voxel before and behind along z, y
        and x.
    """
    depth, height, width = keys.shape
    parents[:] = 0
    for z in range(1, depth - 1):
        for y in range(1, height - 1):
            for x in range(1, width - 1):
                before, behind = keys[z - 1, y, x], keys[z + 1, y, x]
                above, below = keys[z, y - 1, x], keys[z, y + 1, x]
                left, right = keys[z, y, x - 1], keys[z, y, x + 1]
                least = min(min(min(before, behind), min(above, below)), min(left, right))
                found = (1 if before == least else 0) | (2 if behind == least else 0)
                found |= (4 if above == least else 0) | (8 if below == least else 0)
                found |= (16 if left == least else 0) | (32 if right == least else 0)
                parents[z, y, x] = found
    for marker in markers:
        parents.reshape(parents.size)[marker] = 0


@helper
def _from(number: Any, parents: int, bit: int) -> Any:
    """Return a neighbour's id where it is a parent, else `NONE`."""
    return number if np.uint16(np.uint16(parents) & np.uint16(bit)) != 0 else np.uint16(NONE)


@helper
def _lower_ids(ids: Array, parents: Array, z: int, y: int, best: Array, row: Array) -> int:
    """Take the smallest ids of the parents in a row; return as `_lower_keys` does."""
    width = row.size - 1
    for x in range(1, width):
        bits = parents[z, y, x]
        across = min(_from(ids[z - 1, y, x], bits, 1), _from(ids[z + 1, y, x], bits, 2))
        beside = min(_from(ids[z, y - 1, x], bits, 4), _from(ids[z, y + 1, x], bits, 8))
        best[x] = min(ids[z, y, x], min(across, beside))
    changed = np.uint16(0)
    for x in range(1, width):
        bits = parents[z, y, x]
        along = min(_from(ids[z, y, x - 1], bits, 16), _from(ids[z, y, x + 1], bits, 32))
        row[x] = min(best[x], along)
        changed |= np.uint16(row[x] ^ ids[z, y, x])
    if changed == 0:
        return 0
    changed = np.uint16(0)
    for x in range(1, width):
        bits = parents[z, y, x]
        along = min(_from(row[x - 1], bits, 16), _from(row[x + 1], bits, 32))
        ids[z, y, x] = min(best[x], along)
        changed |= np.uint16(row[x] ^ ids[z, y, x])
    return 1 if changed == 0 else 2


@kernel(("const uint8[:,:,::1]", "const int64[::1]", "uint16[:,:,::1]"))
def spread_ids(parents: Array, markers: Array, ids: Array) -> None:
    """Write which marker every voxel belongs to into `ids`: the smallest one of its parents.

    Parameters
    ----------
    parents
        See `find_parents`.
    markers
        Where each marker lies; they are counted from 0.
    ids
        uint16, of the same shape.
    """
    depth, height, width = ids.shape
    ids[:] = NONE
    for number, marker in enumerate(markers):
        ids.reshape(ids.size)[marker] = number
    best, row = np.empty(width, np.uint16), np.full(width, NONE, np.uint16)
    due = np.ones((depth, height), np.bool_)
    order, sweep, is_over = _sweeps(depth), 0, False
    while not is_over:
        is_over = True
        for z, is_backward in order[sweep]:
            for j in range(1, height - 1):
                y = height - 1 - j if is_backward else j
                if due[z, y]:
                    _note(due, z, y, _lower_ids(ids, parents, z, y, best, row))
                    is_over = False
        sweep = 1 - sweep
