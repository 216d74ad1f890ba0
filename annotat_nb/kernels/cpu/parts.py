"""Parts: what of a label hangs together through the faces of voxels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

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


@kernel(("const int32[:,:,::1]", "int64[::1]", "int64[::1]"))
def list_items(parts: Array, ends: Array, items: Array) -> None:
    """List the voxels of some parts, part by part.

    Parameters
    ----------
    parts
        The part of each voxel, with a border of `OUTSIDE`.
    ends
        Where in `items` the voxels of each part begin, or -1 for parts that are not listed;
        afterwards where they end.
    items
        What is written: flat indices.
    """
    depth, height, width = parts.shape
    for z in range(1, depth - 1):
        for y in range(1, height - 1):
            row = (z * height + y) * width
            for x in range(1, width - 1):
                end = ends[parts[z, y, x]]
                if end >= 0:
                    items[end] = row + x
                    ends[parts[z, y, x]] = end + 1


@helper
def _touch(part: int, other: int, lengths: Array, contacts: Array, written: int) -> int:
    """Count a face between a part and what is beside it; return how many contacts there are."""
    if other in (part, OUTSIDE):
        return written
    lengths[other] += 1
    if lengths[other] > 1:
        return written
    contacts[written, 0], contacts[written, 1] = part, other
    return written + 1


@kernel(
    (
        *("const int32[:,:,::1]", "const int64[::1]", "const int64[::1]", "const int64[::1]"),
        *("boolean", "int32[::1]", "int64[:,::1]"),
    )
)
def count_contacts(
    parts: Array,
    loose: Array,
    edges: Array,
    items: Array,
    is_flat: bool,
    lengths: Array,
    contacts: Array,
) -> int:
    """Count the faces that loose parts share with each of the parts around them.

    Parameters
    ----------
    parts
        The part of each voxel, with a border of `OUTSIDE`.
    loose
        The parts in question.
    edges, items
        Where in `items` the voxels of each of them begin, and where the last one's end.
    is_flat
        Whether only neighbours within the same slice count.
    lengths
        0 for each part; left as it is.
    contacts
        What is written: loose part, part beside it, number of faces between them; room for all
        faces of the loose parts.

    Returns
    -------
    int
        How many contacts were written.
    """
    values, width = parts.reshape(parts.size), parts.shape[2]
    steps, written = (1, width, width * parts.shape[1]), 0
    for number, part in enumerate(loose):
        start = written
        for item in items[edges[number] : edges[number + 1]]:
            for axis in range(2 if is_flat else 3):
                before, after = values[item - steps[axis]], values[item + steps[axis]]
                written = _touch(part, before, lengths, contacts, written)
                written = _touch(part, after, lengths, contacts, written)
        for contact in range(start, written):
            contacts[contact, 2] = lengths[contacts[contact, 1]]
            lengths[contacts[contact, 1]] = 0
    return written


@helper
def _heir(owners: Array, settled: Array, contacts: Array) -> Any:
    """Return the owner of the settled part that contacts share most faces with; -1 for none."""
    heir, most = np.int64(-1), np.int64(0)
    for contact in range(len(contacts)):
        other, length = contacts[contact, 1], contacts[contact, 2]
        if settled[other] and (length > most or (length == most and owners[other] < heir)):
            heir, most = np.int64(owners[other]), length
    return heir


@helper
def _groups(contacts: Array, edges: Array) -> int:
    """Write where the contacts of each loose part begin; return how many loose parts there are."""
    count = 0
    for contact in range(len(contacts)):
        if contact == 0 or contacts[contact, 0] != contacts[contact - 1, 0]:
            edges[count] = contact
            count += 1
    edges[count] = len(contacts)
    return count


@kernel(("uint32[::1]", "boolean[::1]", "const int64[:,::1]"))
def settle(owners: Array, settled: Array, contacts: Array) -> None:
    """Give every loose part an owner: first those that touch a settled part, and so on.

    Parameters
    ----------
    owners
        The label of each part; that of loose parts becomes the one of the settled part that they
        share most faces with, among equals the smallest.
    settled
        Which parts keep their label; afterwards all.
    contacts
        What `count_contacts` wrote, ordered by the first column.
    """
    edges = np.empty(len(contacts) + 1, np.int64)
    count = _groups(contacts, edges)
    waiting, heirs = np.arange(count), np.empty(count, np.int64)
    while count > 0:
        for place in range(count):
            group = waiting[place]
            heirs[place] = _heir(owners, settled, contacts[edges[group] : edges[group + 1]])
        left = 0
        for place in range(count):
            group = waiting[place]
            if heirs[place] >= 0:
                part = contacts[edges[group], 0]
                owners[part], settled[part] = heirs[place], True
            else:
                waiting[left] = group
                left += 1
        count = 0 if left == count else left
