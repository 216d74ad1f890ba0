"""Optimum-path forests, beside those of a plain priority queue."""

import heapq
import math

import numpy as np
import pytest

from annotat_nb.kernels.cpu.resuming import NONE, approach, grow, link

SHAPES = pytest.mark.parametrize("shape", [(1, 9, 8), (5, 6, 7), (12, 1, 3), (1, 1, 10)])


def neighbours(flat, shape):
    """Return for each node those that share a face with it."""
    node_of = {place: node for node, place in enumerate(flat.tolist())}
    found = []
    for place in zip(*np.unravel_index(flat, shape), strict=True):
        near = []
        for axis in range(3):
            for step in (-1, 1):
                other = list(place)
                other[axis] += step
                inside = all(0 <= o < e for o, e in zip(other, shape, strict=True))
                at = np.ravel_multi_index(other, shape) if inside else -1
                near.append(node_of.get(int(at), NONE))
        found.append(near)
    return np.array(found)


def step(value, kind, root, weights):
    """Return the cost of one more node; see the formula of `annotat_nb.annotation.resume`."""
    alpha, beta, gamma = weights
    unlike = alpha * abs(float(value) - float(root[0]))
    return 1 + math.pow(unlike if kind == root[1] else gamma * (unlike + 1), beta)


def slow_forest(values, kinds, links, looks, weights, offers):
    """Grow a forest with Python's heap; `offers` are the (cost, root) that nodes begin with."""
    best = dict(offers)
    heap, done = [(cost, node) for node, (cost, _) in offers.items()], set()
    heapq.heapify(heap)
    while heap:
        _, node = heapq.heappop(heap)
        if node in done:
            continue
        done.add(node)
        cost, root = best[node]
        for near in links[node].tolist():
            if near != NONE and near not in done:
                offer = cost + step(values[near], kinds[near], looks[root], weights), root
                if offer < best.get(near, (math.inf, NONE)):
                    best[near] = offer
                    heapq.heappush(heap, (offer[0], near))
    return best


def linked(flat, shape):
    links = np.empty((len(flat), 6), np.int32)
    link(flat, shape[1], shape[2], links)
    return links


def problem(shape, seed, steps):
    """Return some voxels of a volume, their intensities and labels, and the looks of four roots."""
    rng = np.random.default_rng(seed)
    flat = np.flatnonzero(rng.random(np.prod(shape)) < 0.8)
    values = (rng.integers(0, steps, len(flat)) * (255 / steps)).astype("float32")
    kinds = rng.integers(0, 2, len(flat)).astype("int32")
    seeds = rng.choice(len(flat), 4, replace=False)
    return flat, values, kinds, seeds, linked(flat, shape)


@SHAPES
def test_nodes_are_linked_through_their_faces(shape):
    rng = np.random.default_rng(0)
    for share in (0.3, 0.7, 1):
        flat = np.flatnonzero(rng.random(np.prod(shape)) < share)
        np.testing.assert_array_equal(linked(flat, shape), neighbours(flat, shape))


@SHAPES
@pytest.mark.parametrize("steps", [1, 3, 255])  # with few intensities, many paths cost the same
@pytest.mark.parametrize("weights", [(0.5, 6.0, 12.0), (0.01, 1.0, 2.0), (64.0, 16.0, 1000.0)])
def test_the_forest_is_that_of_a_plain_queue(shape, steps, weights):
    for seed in range(5):
        flat, values, kinds, seeds, links = problem(shape, seed, steps)
        roots = np.full(len(flat), NONE, np.int32)
        costs = np.full(len(flat), np.inf)
        roots[seeds], costs[seeds] = np.arange(4), [0, 0, 0.5, 40]
        offers = {int(s): (float(costs[s]), int(roots[s])) for s in seeds}
        looks = values[seeds], kinds[seeds]
        grow(values, kinds, links, *looks, np.array(weights), roots, costs)
        expected = slow_forest(
            values, kinds, links, list(zip(*looks, strict=True)), weights, offers
        )
        assert {n: (costs[n], roots[n]) for n in np.flatnonzero(roots != NONE)} == expected
        assert np.isinf(costs[roots == NONE]).all()


@SHAPES
def test_what_is_grown_again_without_a_change_is_what_it_was(shape):
    for seed in range(10):
        flat, values, kinds, seeds, links = problem(shape, seed, 20)
        kinds[:] = 0
        weights, looks = np.array([0.5, 3, 12]), values[seeds]
        roots = np.full(len(flat), NONE, np.int32)
        costs = np.full(len(flat), np.inf)
        roots[seeds], costs[seeds] = np.arange(4), 0
        grow(values, kinds, links, looks, np.zeros(4, "int32"), weights, roots, costs)
        inside = (roots == 1) | (roots == 2)
        again, cost = np.empty_like(roots), np.empty_like(costs)
        approach(inside, values, links, looks, weights, roots, costs, again, cost)
        again[seeds[1:3]], cost[seeds[1:3]] = [1, 2], 0
        chosen = np.flatnonzero(inside)
        links = linked(flat[chosen], shape)
        again, cost = again[chosen], cost[chosen]
        looks = looks, np.zeros(4, "int32")
        grow(values[chosen], kinds[chosen], links, *looks, weights, again, cost)
        np.testing.assert_array_equal(again, roots[chosen])
        np.testing.assert_array_equal(cost, costs[chosen])
