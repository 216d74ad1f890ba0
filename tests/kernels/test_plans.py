"""How windows are put together: what is planned once and done for every row."""

import numpy as np
import pytest

from annotat_nb.kernels.cpu.selection import exchanges
from annotat_nb.kernels.doubling import CACHE, GIVE, JOIN, LOAD, slabs, steps
from annotat_nb.kernels.mirror import span


def follow(plan, rows, join):
    memory, found = [None] * plan.memory, {}
    for act, to, one, other in plan.table:
        if act == LOAD:
            memory[to] = rows[one]
        elif act == JOIN:
            memory[to] = join(memory[one], memory[other])
        else:
            assert act == GIVE
            found[int(to)] = memory[one]
    return [found[row] for row in range(len(found))]


@pytest.mark.parametrize("size", [3, 5, 7, 9, 17, 29, 129])
def test_disjoint_parts_make_up_every_window(size):
    rows = [(row,) for row in range(size + 6)]
    plan = steps(len(rows), size, overlap=False)
    found = follow(plan, rows, lambda one, other: one + other)
    assert [sorted(rows) for rows in found] == [[*range(i, i + size)] for i in range(7)]


@pytest.mark.parametrize("size", [3, 5, 7, 9, 17, 29, 129])
def test_overlapping_parts_cover_every_window(size):
    rows = [{row} for row in range(size + 6)]
    plan = steps(len(rows), size, overlap=True)
    found = follow(plan, rows, lambda one, other: one | other)
    assert found == [set(range(i, i + size)) for i in range(7)]


def test_few_rows_are_remembered_and_few_joined():
    plan = steps(1000, 17, overlap=False)
    assert plan.memory < 2.5 * 17
    assert (plan.table[:, 0] == JOIN).sum() < 6 * 1000


@pytest.mark.parametrize(("start", "stop"), [(0, 90), (0, 7), (30, 61)])
@pytest.mark.parametrize("reach", [1, 4, 9])
@pytest.mark.parametrize("weight", [1, 2**18, 2**20, 2**23])
def test_planes_are_in_the_ring_when_they_are_joined(start, stop, reach, weight):
    planes, size, ring, given = span(slice(start, stop), reach, stop), 2 * reach + 1, {}, []
    kept, memory, found = slabs(planes.table, size, weight, overlap=False)
    for slab in found:
        ring |= {plane % kept: plane for plane in range(slab.first, slab.last)}
        np.testing.assert_array_equal(
            [ring[i] for i in slab.places], planes.table[len(given) :][: len(slab.places)]
        )
        assert slab.table[:, 1][slab.table[:, 0] == JOIN].max() < memory
        given += slab.table[slab.table[:, 0] == GIVE, 1].tolist()
    assert given == list(range(stop - start))
    room = CACHE // weight
    assert kept <= (min(planes.count, room) if room >= 3 * size else planes.count)


@pytest.mark.parametrize("size", [3, 4, 9, 25, 27, 30])
def test_exchanges_find_the_median(size):
    program, places = exchanges(size)
    values = np.random.default_rng(size).integers(0, size, (size, 500))
    memory = np.zeros((size, 500))
    for act, one, other in program:
        if act == 0:
            memory[one] = values[other]
        else:
            pair = memory[[one, other]]
            memory[one], memory[other] = pair.min(axis=0), pair.max(axis=0)
    median = (memory[places[0]] + memory[places[1]]) / 2
    np.testing.assert_array_equal(median, np.median(values, axis=0))
