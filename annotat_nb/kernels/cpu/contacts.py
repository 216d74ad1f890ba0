"""Contacts: which parts share how many faces, and to which neighbour each loose part goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from annotat_nb.kernels.compiling import helper, kernel

if TYPE_CHECKING:
    from annotat_nb.operation import Array


@kernel(("const int32[:,:,::1]", "int64[::1]", "int64[::1]"))
def list_items(parts: Array, ends: Array, items: Array) -> None:
    """List the voxels of some parts, part by part.

    Parameters
    ----------
    parts
        The part of each voxel, with a border of negative numbers.
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
    if other == part or other < 0:
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
        The part of each voxel, with a border of negative numbers.
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
