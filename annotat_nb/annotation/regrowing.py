"""Grow the trees that strokes touch again, with the strokes as further roots."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from annotat_nb.annotation.trees import (
    BOX_BITS,
    SEED_BITS,
    Region,
    Trees,
    appearance,
    links_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from annotat_nb.annotation.runs import Flat
    from annotat_nb.blocks import Shape
    from annotat_nb.operation import Array


class Correction(NamedTuple):
    """Voxels, as ascending flat indices, and the label that each one gets."""

    voxels: Flat
    labels: NDArray[np.int64]


def merged(corrections: Iterable[Correction]) -> Correction:
    """Make one of corrections of different voxels."""
    none = Correction(np.zeros(0, np.int64), np.zeros(0, np.int64))
    voxels, labels = map(np.concatenate, zip(none, *corrections, strict=True))
    order = np.argsort(voxels, kind="stable")
    return Correction(voxels[order], labels[order])


@dataclass(frozen=True, eq=False, slots=True)
class Strokes:
    """Marked voxels, ascending, the class of each, and the tree that it lies in."""

    voxels: Flat
    classes: NDArray[np.int64]
    trees: NDArray[np.int64]

    def known_to(self, others: Strokes) -> NDArray[np.bool_]:
        """Tell which voxels are marked with the same class in `others`."""
        places, known = positions(self.voxels, others.voxels)
        known[known] = others.classes[places[known]] == self.classes[known]
        return known

    def among(self, trees: Array) -> Strokes:
        """Return those that lie in some trees."""
        here = np.isin(self.trees, trees)
        return Strokes(self.voxels[here], self.classes[here], self.trees[here])


def united(*flats: Flat) -> Flat:
    """Return voxels that are in any of some arrays, ascending; quicker than `numpy.unique`."""
    flat = np.sort(np.concatenate(flats), kind="stable")
    return flat[np.diff(flat, prepend=-1) > 0]


def positions(flat: Flat, among: Flat) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return where voxels lie among ascending ones, and which of them are there at all."""
    places = np.searchsorted(among, flat)
    is_there = places < len(among)
    is_there[is_there] = among[places[is_there]] == flat[is_there]
    return places, is_there


def extents(trees: Trees, touched: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the first and the last voxel of each of some trees along z, y and x, (n, 2, 3)."""
    found = np.empty((len(touched), 2, 3), np.int64)
    for number, seeds, here in _by_region(touched):
        region = trees[number]
        inside, ranks = _within(region, seeds)
        places = np.stack(np.unravel_index(region.flat[inside], trees.shape), axis=1)
        ends = np.empty((len(seeds), 2, 3), np.int64)
        ends[:, 0], ends[:, 1] = max(trees.shape), -1
        np.minimum.at(ends[:, 0], ranks, places)
        np.maximum.at(ends[:, 1], ranks, places)
        found[here] = ends
    return found


def connected(extents: NDArray[np.int64], chosen: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which boxes can be reached from chosen ones through boxes that touch or overlap.

    Examples
    --------
    >>> boxes = np.array([[[0] * 3, [4] * 3], [[5] * 3, [9] * 3], [[11] * 3, [12] * 3]])
    >>> connected(boxes, np.array([True, False, False]))
    array([ True,  True, False])
    """
    reached, waiting = chosen.copy(), np.flatnonzero(chosen).tolist()
    while waiting:
        first, last = extents[waiting.pop()]
        meets = (extents[:, 0] <= last + 1) & (extents[:, 1] >= first - 1)
        more = meets.all(axis=1) & ~reached
        reached |= more
        waiting += np.flatnonzero(more).tolist()
    return reached


def regrow(trees: Trees, strokes: Strokes) -> dict[int, Correction]:
    """Return, for each tree that strokes touch, its voxels whose label changes."""
    from annotat_nb.kernels.cpu.resuming import grow

    if not len(strokes.voxels):
        return {}
    graph = _Graph.of(trees, np.unique(strokes.trees), first_root=len(strokes.voxels))
    places, _ = positions(strokes.voxels, graph.flat)
    graph.roots[places], graph.costs[places] = np.arange(len(places)), 0
    kinds = graph.kinds[places]
    values = _look(strokes, graph.values[places], kinds, trees.shape)
    grow(
        graph.values,
        graph.kinds,
        links_of(graph.flat, trees.shape),
        np.concatenate([values, graph.root_values]),
        np.concatenate([kinds, graph.root_kinds]),
        trees.weights,
        graph.roots,
        graph.costs,
    )
    return dict(_changes(graph, strokes.classes))


@dataclass(frozen=True, eq=False, slots=True)
class _Graph:
    """The voxels of touched trees, and what their forest begins with; see `resuming.grow`."""

    flat: Flat
    values: NDArray[np.float32]
    kinds: NDArray[np.int32]
    roots: NDArray[np.int32]
    costs: NDArray[np.float64]
    trees: NDArray[np.int64]
    """The tree that each voxel was in."""
    root_values: NDArray[np.float32]
    root_kinds: NDArray[np.int32]

    @classmethod
    def of(cls, trees: Trees, touched: NDArray[np.int64], first_root: int) -> _Graph:
        """Join the touched trees of all regions; their roots are numbered from `first_root` on."""
        parts, values, kinds = [], [], []
        for number, seeds, _ in _by_region(touched):
            region, kind = trees[number], number >> BOX_BITS
            parts.append(_part(trees, number, seeds, first_root))
            values.append(region.seed_values)
            kinds.append(np.full(len(region.seeds), kind, np.int32))
            first_root += len(region.seeds)
        columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
        order = np.argsort(columns[0], kind="stable")
        flat, intensities, labels, roots, costs, names = (column[order] for column in columns)
        look = np.concatenate(values), np.concatenate(kinds)
        return cls(flat, intensities, labels, roots, costs, names, *look)


def _part(
    trees: Trees, number: int, seeds: NDArray[np.int64], first_root: int
) -> tuple[Array, ...]:
    """Return what `_Graph` has for each voxel of some trees of a region."""
    from annotat_nb.kernels.cpu.resuming import NONE, approach

    region = trees[number]
    inside, _ = _within(region, seeds)
    roots, costs = np.empty(len(inside), np.int32), np.empty(len(inside))
    approach(
        inside,
        region.values,
        links_of(region.flat, trees.shape),
        region.seed_values,
        trees.weights,
        region.roots,
        region.costs,
        roots,
        costs,
    )
    roots[region.seeds[seeds]], costs[region.seeds[seeds]] = seeds, 0
    roots = np.where(roots[inside] == NONE, NONE, roots[inside] + np.int32(first_root))
    kinds = np.full(len(roots), number >> BOX_BITS, np.int32)
    names = number << SEED_BITS | region.roots[inside].astype(np.int64)
    return region.flat[inside], region.values[inside], kinds, roots, costs[inside], names


def _within(
    region: Region, seeds: NDArray[np.int64]
) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Return which voxels lie in the trees of some seeds; and for each, the place of its seed."""
    ranks = np.full(len(region.seeds), -1)
    ranks[seeds] = np.arange(len(seeds))
    rank = ranks[region.roots]
    return rank >= 0, rank[rank >= 0]


def _by_region(
    touched: NDArray[np.int64],
) -> Iterator[tuple[int, NDArray[np.int64], NDArray[np.bool_]]]:
    """Yield each region with the seeds of its touched trees, and which of the trees these are."""
    numbers = touched >> SEED_BITS
    for number in np.unique(numbers).tolist():
        here = numbers == number
        yield number, touched[here] & (2**SEED_BITS - 1), here


def _look(
    strokes: Strokes, values: Array, kinds: NDArray[np.int32], shape: Shape
) -> NDArray[np.float32]:
    """Return the intensity round each voxel of strokes: of one class, on one label."""
    from annotat_nb.kernels.cpu.resuming import NONE

    links = links_of(strokes.voxels, shape)
    for of in (strokes.classes, kinds):
        links[of[links] != of[:, None]] = NONE
    return appearance(values, links, np.arange(len(values)))


def _changes(graph: _Graph, classes: Array) -> Iterator[tuple[int, Correction]]:
    """Yield for each tree the voxels that a root of another class has taken."""
    labels = graph.kinds.astype(np.int64)
    is_taken = graph.roots < len(classes)
    labels[is_taken] = classes[graph.roots[is_taken]]
    changed = np.flatnonzero(labels != graph.kinds)
    order = changed[np.argsort(graph.trees[changed], kind="stable")]
    edges = np.flatnonzero(np.diff(graph.trees[order])) + 1
    for nodes in np.split(order, edges):
        if len(nodes):
            yield int(graph.trees[nodes[0]]), Correction(graph.flat[nodes], labels[nodes])
