"""Grow an optimum-path forest over some voxels of a volume; see `annotat_nb.annotation.resume`.

The voxels are nodes of a graph, numbered in the order in which they lie in the volume, wherever
they lie: the work depends on how many they are, not on the box round them. Each tree has a *root*,
whose intensity and former label are compared with those of every node that it takes.

Offers of equal cost go to the root with the smaller number, and nodes of equal cost are visited in
their order: the result depends on nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from annotat_nb.kernels.compiling import helper, kernel

if TYPE_CHECKING:
    from annotat_nb.operation import Array

NONE = -1
"""The neighbour of a node where there is none, and the root of a node that none has reached."""


@kernel(("const int64[::1]", "int64", "int64", "int32[:,::1]"))
def link(flat: Array, height: int, width: int, links: Array) -> None:
    """Write which nodes share a face.

    Parameters
    ----------
    flat
        Flat index of each node in the volume, ascending.
    height, width
        Voxels of the volume along y and x.
    links
        int32, (nodes, 6): receives the neighbours before and behind along z, y and x, or `NONE`.
    """
    for node in range(flat.size):
        for side in range(6):
            links[node, side] = NONE
    for axis in range(3):
        stride = height * width if axis == 0 else width if axis == 1 else 1
        extent = height if axis == 1 else width
        behind = 0
        for node in range(flat.size):
            place = flat[node] + stride
            while behind < flat.size and flat[behind] < place:
                behind += 1
            if behind == flat.size:
                break
            is_last = axis > 0 and flat[node] // stride % extent == extent - 1
            if flat[behind] == place and not is_last:
                links[node, 2 * axis + 1], links[behind, 2 * axis] = behind, node


@helper
def _step(difference: Any, is_crossing: bool, weights: Array) -> Any:
    """Return what one more node adds to the cost of a path."""
    unlike = weights[0] * abs(difference)
    if is_crossing:
        unlike = weights[2] * (unlike + 1.0)
    return unlike ** weights[1] + 1.0


@kernel(
    (
        "const boolean[::1]",
        "const float32[::1]",
        "const int32[:,::1]",
        "const float32[::1]",
        "const float64[::1]",
        "const int32[::1]",
        "const float64[::1]",
        "int32[::1]",
        "float64[::1]",
    )
)
def approach(
    inside: Array,
    values: Array,
    links: Array,
    root_values: Array,
    weights: Array,
    roots: Array,
    costs: Array,
    near_roots: Array,
    near_costs: Array,
) -> None:
    """Find what the trees round some nodes of a forest offer for the outermost of them.

    Parameters
    ----------
    inside
        Whether each node is one of them.
    values, links, root_values, weights
        As for `grow`; all nodes and roots had the same label.
    roots, costs
        The forest that `grow` made.
    near_roots, near_costs
        Receive the cheapest offer that comes from outside to each node inside, `NONE` and infinite
        where there is none.
    """
    for node in range(values.size):
        near_roots[node], near_costs[node] = NONE, np.inf
        if not inside[node]:
            continue
        for side in range(6):
            near = links[node, side]
            if near == NONE or inside[near]:
                continue
            root = roots[near]
            difference = np.float64(values[node]) - np.float64(root_values[root])
            offer = costs[near] + _step(difference, False, weights)
            is_level = offer == near_costs[node] and root < near_roots[node]
            if offer < near_costs[node] or is_level:
                near_costs[node], near_roots[node] = offer, root


@helper
def _precedes(cost: float, node: int, other_cost: float, other: int) -> bool:
    return cost < other_cost or (cost == other_cost and node < other)


@helper
def _push(costs: Array, nodes: Array, count: int, cost: float, node: int) -> None:
    """Add a node to a heap of `count`."""
    place = count
    while place > 0:
        above = (place - 1) >> 1
        if not _precedes(cost, node, costs[above], nodes[above]):
            break
        costs[place], nodes[place] = costs[above], nodes[above]
        place = above
    costs[place], nodes[place] = cost, node


@helper
def _drop_first(costs: Array, nodes: Array, count: int) -> None:
    """Take the first of the `count` nodes off a heap."""
    last, cost, node = count - 1, costs[count - 1], nodes[count - 1]
    place, below = 0, 1
    while below < last:
        right = below + 1
        if right < last and _precedes(costs[right], nodes[right], costs[below], nodes[below]):
            below = right
        if not _precedes(costs[below], nodes[below], cost, node):
            break
        costs[place], nodes[place] = costs[below], nodes[below]
        place, below = below, 2 * below + 1
    costs[place], nodes[place] = cost, node


@helper
def _heap_of(roots: Array, costs: Array) -> tuple[Array, Array, int]:
    """Return a heap of the nodes that have a root, with room for more, and how many they are."""
    room, waiting = 6, 0
    for node in range(roots.size):
        room += 2 if roots[node] != NONE else 0
    heap_costs, heap_nodes = np.empty(room), np.empty(room, np.int32)
    for node in range(roots.size):
        if roots[node] != NONE:
            _push(heap_costs, heap_nodes, waiting, costs[node], node)
            waiting += 1
    return heap_costs, heap_nodes, waiting


@helper
def _doubled(array: Array) -> Array:
    larger = np.empty(2 * array.size, array.dtype)
    for item in range(array.size):
        larger[item] = array[item]
    return larger


@kernel(
    (
        "const float32[::1]",
        "const int32[::1]",
        "const int32[:,::1]",
        "const float32[::1]",
        "const int32[::1]",
        "const float64[::1]",
        "int32[::1]",
        "float64[::1]",
    )
)
def grow(
    values: Array,
    kinds: Array,
    links: Array,
    root_values: Array,
    root_kinds: Array,
    weights: Array,
    roots: Array,
    costs: Array,
) -> None:
    """Let the trees of some roots compete for the nodes, until no offer is cheaper.

    Parameters
    ----------
    values
        Intensity of each node.
    kinds
        Label that each node had before.
    links
        What `link` wrote.
    root_values, root_kinds
        Intensity and former label of each root.
    weights
        The factor of differences of intensity; the exponent of a step; and the factor of a step to
        a node that had another label than the root.
    roots
        The root of each node that begins with an offer, `NONE` for the others; afterwards that of
        each node that was reached.
    costs
        Costs of these offers, infinite for the others; afterwards those of the optimum paths.
    """
    heap_costs, heap_nodes, waiting = _heap_of(roots, costs)
    is_done = np.zeros(values.size, np.bool_)
    steps = np.zeros(values.size)  # powers take long, and one root often makes several offers
    while waiting:
        node = heap_nodes[0]
        _drop_first(heap_costs, heap_nodes, waiting)
        waiting -= 1
        if is_done[node]:
            continue
        is_done[node] = True
        root, cost = roots[node], costs[node]
        if waiting + 6 > heap_costs.size:
            heap_costs, heap_nodes = _doubled(heap_costs), _doubled(heap_nodes)
        for side in range(6):
            near = links[node, side]
            if near == NONE or is_done[near]:
                continue
            step = steps[near]
            if step == 0 or roots[near] != root:
                difference = np.float64(values[near]) - np.float64(root_values[root])
                step = _step(difference, kinds[near] != root_kinds[root], weights)
            offer = cost + step
            if offer < costs[near]:
                costs[near], roots[near], steps[near] = offer, root, step
                _push(heap_costs, heap_nodes, waiting, offer, near)
                waiting += 1
            elif offer == costs[near] and root < roots[near]:
                roots[near], steps[near] = root, step
