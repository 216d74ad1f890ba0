"""The flood of Waterpixels, held to its definition."""

import heapq

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotat_nb.kernels.cpu import flood as cpu
from annotat_nb.kernels.cpu.relief import WALL, relief_shape


def neighbours(place, shape):
    for axis in range(3):
        for step in (-1, 1):
            near = [*place]
            near[axis] += step
            if 0 <= near[axis] < shape[axis]:
                yield tuple(near)


def defined(levels, markers):
    """Flood as the definition says: keys by Dijkstra's algorithm, ids by recursion."""
    keys = {marker: (int(levels[marker]), 0) for marker in markers}
    queue = [(key, marker) for marker, key in keys.items()]
    while queue:
        key, place = heapq.heappop(queue)
        if key > keys[place]:
            continue
        for near in neighbours(place, levels.shape):
            level = int(levels[near])
            found = (level, 0) if level > key[0] else (key[0], key[1] + 1)
            if near not in markers and found < keys.get(near, (np.inf, 0)):
                keys[near] = found
                heapq.heappush(queue, (found, near))
    ids = {marker: number for number, marker in enumerate(markers)}
    for place in sorted(keys, key=keys.get):
        if place not in ids:
            around = list(neighbours(place, levels.shape))
            least = min(keys[near] for near in around)
            ids[place] = min(ids[near] for near in around if keys[near] == least)
    return np.array([ids[place] for place in np.ndindex(levels.shape)]).reshape(levels.shape)


def flooded(levels, markers):
    """Flood with the kernels of the processor."""
    shape = relief_shape(levels.shape)
    inner = tuple(slice(1, extent + 1) for extent in levels.shape)
    relief, parents = np.full(shape, WALL, np.uint16), np.empty(shape, np.uint8)
    relief[inner] = levels
    places = np.array([np.ravel_multi_index(np.add(marker, 1), shape) for marker in markers])
    keys, ids = np.empty(shape, np.int32), np.empty(shape, np.uint16)
    cpu.spread_keys(relief, places, keys)
    cpu.find_parents(keys, places, parents)
    cpu.spread_ids(parents, places, ids)
    return ids[inner]


def some_markers(rng, shape, count):
    places = rng.choice(np.prod(shape), count, replace=False)
    return [tuple(map(int, place)) for place in zip(*np.unravel_index(places, shape), strict=True)]


@pytest.mark.parametrize("shape", [(1, 30, 33), (1, 1, 50), (9, 10, 11), (20, 5, 64), (40, 6, 3)])
@pytest.mark.parametrize("highest", [0, 1, 3, 1000])
def test_floods_as_defined_with_many_ties(shape, highest):
    rng = np.random.default_rng(highest)
    for count in (1, 2, 7, 40):
        levels = rng.integers(0, highest + 1, shape)
        markers = some_markers(rng, shape, count)
        np.testing.assert_array_equal(flooded(levels, markers), defined(levels, markers))


@settings(max_examples=60, deadline=None)
@given(
    st.tuples(st.integers(1, 5), st.integers(1, 8), st.integers(1, 9)),
    st.integers(0, 5),
    st.integers(0, 2**32 - 1),
    st.data(),
)
def test_floods_any_relief_as_defined(shape, highest, seed, data):
    rng = np.random.default_rng(seed)
    markers = some_markers(rng, shape, data.draw(st.integers(1, np.prod(shape))))
    levels = rng.integers(0, highest + 1, shape)
    np.testing.assert_array_equal(flooded(levels, markers), defined(levels, markers))


def test_a_long_way_through_a_labyrinth_is_found():
    levels = np.full((1, 41, 41), 900)
    levels[0, 1::2, 1:-1] = 5
    levels[0, 2:-1:4, -2] = levels[0, 4:-1:4, 1] = 5
    markers = [(0, 1, 1), (0, 0, 0)]
    ids = flooded(levels, markers)
    assert (ids[levels == 5] == 0).all()
    np.testing.assert_array_equal(ids, defined(levels, markers))


def test_paths_of_more_than_32768_voxels_on_one_level_stay_in_order():
    levels = np.full((1, 3, 40_000), 7)
    levels[0, 0] = levels[0, 2] = 30_000
    ids = flooded(levels, [(0, 1, 0), (0, 1, 39_999)])
    np.testing.assert_array_equal(ids[0, 1], np.arange(40_000) >= 20_000)
    ids = flooded(levels, [(0, 1, 0), (0, 0, 39_999)])
    assert (ids[0, 1] == 0).all()
