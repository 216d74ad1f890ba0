"""Parts: what of a label hangs together through the faces of voxels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from annotat_nb.kernels.compiling import helper, kernel

if TYPE_CHECKING:
    from annotat_nb.blocks import Shape
    from annotat_nb.operation import Array

OUTSIDE = -1
"""The part of voxels whose label is not looked at."""


@helper
def _root(roots: Array, item: int) -> int:
    """Return the first item of the set that `item` is in, and shorten the way there."""
    while roots[item] != item:
        roots[item] = roots[roots[item]]
        item = roots[item]
    return item


@helper
def _unite(roots: Array, one: int, other: int) -> int:
    """Make two sets one; return how many sets fewer there are."""
    if roots[one] == roots[other]:
        return 0
    one, other = _root(roots, one), _root(roots, other)
    roots[max(one, other)] = min(one, other)
    return 0 if one == other else 1


@helper
def _meets(labels: Array, z: int, y: int, x: int, label: int, is_run: bool) -> bool:
    """Return whether a voxel of `label` meets one here, unless the one before it did already."""
    return labels[z, y, x] == label and not (is_run and labels[z, y, x - 1] == label)


@helper
def _join_row(labels: Array, roots: Array, z: int, y: int, chosen: Array, is_flat: bool) -> int:
    """Unite the voxels of row (z, y) with equal ones before them; return how many sets began."""
    _, height, width = labels.shape
    flat = roots.reshape(roots.size)
    row = (z * height + y) * width
    begun, is_run = 0, False
    for x in range(width):
        label, item = labels[z, y, x], row + x
        is_run = is_run and labels[z, y, x - 1] == label
        flat[item] = OUTSIDE
        if not chosen[label]:
            is_run = False
            continue
        flat[item] = flat[item - 1] if is_run else item
        begun += 0 if is_run else 1
        if y > 0 and _meets(labels, z, y - 1, x, label, is_run):
            begun -= _unite(flat, item, item - width)
        if z > 0 and not is_flat and _meets(labels, z - 1, y, x, label, is_run):
            begun -= _unite(flat, item, item - width * height)
        is_run = True
    return begun


@kernel(("const uint32[:,:,::1]", "const boolean[::1]", "boolean", "int32[:,:,::1]"))
def join(labels: Array, chosen: Array, is_flat: bool, roots: Array) -> int:
    """Unite the voxels of each part; return how many parts there are.

    Parameters
    ----------
    labels
        uint32, (z, y, x).
    chosen
        For each label, whether its parts are looked for.
    is_flat
        Whether parts lie within one slice.
    roots
        int32, of the same shape; afterwards the flat index of another voxel of the same part,
        never a later one, and its own where it is the first of its part.
    """
    parts = 0
    for z in range(labels.shape[0]):
        for y in range(labels.shape[1]):
            parts += _join_row(labels, roots, z, y, chosen, is_flat)
    return parts


@kernel(("const uint32[:,:,::1]", "int32[:,:,::1]", "uint32[::1]", "int64[:,::1]"))
def number(labels: Array, parts: Array, owners: Array, spans: Array) -> None:
    """Turn what `join` found into numbers of parts, from 0, in the order of their first voxels.

    Parameters
    ----------
    labels
        As for `join`.
    parts
        What `join` wrote; afterwards the part of each voxel, or `OUTSIDE`.
    owners
        The label of each part is written here.
    spans
        The number of voxels of each part, and the flat index of its first one, are written here,
        (2, parts).
    """
    label, part, found = labels.reshape(labels.size), parts.reshape(parts.size), 0
    for item in range(part.size):
        if part[item] == OUTSIDE:
            continue
        if part[item] == item:
            owners[found], spans[0, found], spans[1, found] = label[item], 0, item
            part[item] = found
            found += 1
        else:  # points to a voxel before it, which has its number already
            part[item] = part[part[item]]
        spans[0, part[item]] += 1


@kernel(("int64[::1]", "const int64[:,::1]"))
def unite(roots: Array, pairs: Array) -> None:
    """Make the two sets of each of `pairs`, (pairs, 2), one, and let every item point to its root.

    Parameters
    ----------
    roots
        For each item another one of its set, never a later one.
    pairs
        Items.
    """
    for pair in range(len(pairs)):
        _unite(roots, pairs[pair, 0], pairs[pair, 1])
    for item in range(roots.size):
        roots[item] = roots[roots[item]]


@helper
def _beside(place: Shape, side: int) -> Shape:
    """Return the place on one of the six sides of `place`: two along each axis."""
    z, y, x = place
    step = 1 if side & 1 else -1
    if side < 2:
        return z + step, y, x
    return (z, y + step, x) if side < 4 else (z, y, x + step)


@helper
def _is_in(place: Shape, shape: Shape) -> bool:
    z, y, x = place
    return 0 <= z < shape[0] and 0 <= y < shape[1] and 0 <= x < shape[2]


@helper
def _place(item: int, shape: Shape) -> Shape:
    """Return the place that a flat index stands for."""
    return item // (shape[1] * shape[2]), item // shape[2] % shape[1], item % shape[2]


@helper
def _gather(values: Array, first: int, mark: int, is_flat: bool, items: Array) -> int:
    """List the voxels that hang together with `first` and have its value, and mark them."""
    shape, begin = values.shape, 2 if is_flat else 0
    value, items[0], count, done = values[_place(first, shape)], first, 1, 0
    values[_place(first, shape)] = mark
    while done < count:
        place = _place(items[done], shape)
        done += 1
        for side in range(begin, 6):
            near = _beside(place, side)
            if _is_in(near, shape) and values[near] == value:
                values[near] = mark
                items[count] = (near[0] * shape[1] + near[1]) * shape[2] + near[2]
                count += 1
    return count


@helper
def _restore(values: Array, items: Array, value: int) -> None:
    for item in items:
        values[_place(item, values.shape)] = value


@kernel(("uint32[:,:,:]", "const int64[::1]", "boolean", "int64[::1]"))
def collect(labels: Array, firsts: Array, is_flat: bool, items: Array) -> None:
    """List the voxels of some parts, one part after the other.

    Parameters
    ----------
    labels
        uint32, (z, y, x), nowhere 0; left as it is.
    firsts
        The flat index of a voxel of each part.
    is_flat
        Whether parts lie within one slice.
    items
        What is written: flat indices.
    """
    count = 0
    for first in firsts:
        label = labels[_place(first, labels.shape)]
        found = _gather(labels, first, 0, is_flat, items[count:])
        _restore(labels, items[count : count + found], label)
        count += found


@kernel(("const uint32[::1]", "const int64[:,::1]", "int64[::1]", "boolean[::1]"))
def choose_largest(owners: Array, spans: Array, known: Array, largest: Array) -> None:
    """Find the largest part of each owner, among equals the one that begins first.

    Parameters
    ----------
    owners, spans
        As `number` wrote them, in any order.
    known
        -1 for each label; afterwards its largest part.
    largest
        False for each part; afterwards whether it is the largest.
    """
    for part in range(owners.size):
        rival = known[owners[part]]
        larger = rival < 0 or spans[0, part] > spans[0, rival]
        if larger or (spans[0, part] == spans[0, rival] and spans[1, part] < spans[1, rival]):
            known[owners[part]] = part
    for part in range(owners.size):
        largest[part] = known[owners[part]] == part
