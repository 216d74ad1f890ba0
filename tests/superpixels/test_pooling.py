import numpy as np
import pytest
import torch

from annotat_nb.blocks import plan_blocks
from annotat_nb.kernels.cpu import pooling as kernels
from annotat_nb.kernels.cuda.pooling import Slots as SlotsThere
from annotat_nb.superpixels.pooling import Members, Pool

RNG = np.random.default_rng(0)
LABELS = RNG.integers(1, 60, (6, 20, 25)).astype("uint32")
VALUES = RNG.normal(0, 100, (3, 6, 20, 25)).astype("float32")
PRESENT = np.unique(LABELS).astype("int64")
POOLINGS = ("mean", "min", "max", "std")
every_pooling = pytest.mark.parametrize("pooling", POOLINGS)


def oracle(ids, pooling):
    reduce = getattr(np, pooling)
    return [[reduce(channel[i == LABELS].astype(float)) for channel in VALUES] for i in ids]


def members_of(ids, box=(slice(None),) * 3, *, whole=False):
    labels = LABELS[box]
    places = np.flatnonzero(np.isin(ids, labels))
    return Members.of(labels, ids[places], places, np.full(places.size, whole))


@pytest.fixture
def pooled(backend):
    """Return what pools the values over boxes, on each kind of device."""

    def pooled(ids, boxes, *, whole=False):
        pool = Pool(ids.size, 3, POOLINGS)
        channels = [backend.from_numpy(channel, "cpu") for channel in VALUES]
        for box in boxes:
            pool.add(members_of(ids, box, whole=whole), [channel[box] for channel in channels])
        return pool

    return pooled


EVERYTHING = [(slice(None),) * 3]


@every_pooling
@pytest.mark.parametrize("whole", [True, False])
def test_pooling_reduces_each_superpixel(pooled, pooling, whole):
    rows = pooled(PRESENT, EVERYTHING, whole=whole).rows(pooling)
    assert rows.dtype == np.float32
    np.testing.assert_allclose(rows, oracle(PRESENT, pooling), rtol=1e-6)


@every_pooling
def test_superpixels_that_lie_in_several_boxes_are_put_together(pooled, pooling):
    boxes = [block.core for block in plan_blocks(LABELS.shape, core=(2, 7, 6))]
    rows = pooled(PRESENT, boxes).rows(pooling)
    np.testing.assert_allclose(rows, oracle(PRESENT, pooling), rtol=1e-6)


@every_pooling
def test_superpixels_that_are_not_asked_for_are_passed_over(pooled, pooling):
    ids = PRESENT[[0, 5, 6, 40]]
    np.testing.assert_allclose(
        pooled(ids, EVERYTHING).rows(pooling), oracle(ids, pooling), rtol=1e-6
    )


def test_devices_may_take_turns_within_a_box():
    """As when the memory of a graphics card is full."""
    members = members_of(PRESENT, whole=True)
    pool = Pool(PRESENT.size, 3, POOLINGS)
    pool.add(members, [torch.tensor(VALUES[0]), *VALUES[1:]])
    np.testing.assert_allclose(pool.rows("mean"), oracle(PRESENT, "mean"), rtol=1e-6)


def test_graphics_cards_gather_what_processors_gather(torch_device):
    slots = kernels.find_slots(LABELS, PRESENT[::2])
    there = SlotsThere(slots, PRESENT.size, torch_device)
    here = kernels.Slots(slots, PRESENT.size)
    np.testing.assert_array_equal(there.sizes, here.sizes)
    values = VALUES[0]
    found = [there.pool(torch.tensor(values, device=torch_device)) for _ in range(2)]
    for expected, first, again in zip(here.pool(values), *found, strict=True):
        np.testing.assert_array_equal(first, again)
        np.testing.assert_allclose(first, expected, rtol=1e-12)
        assert first.dtype == expected.dtype


def test_the_mean_of_many_large_values_is_exact():
    values = np.full((10, 100, 1000), 16_777_215, "float32")
    labels = np.ones(values.shape, "uint32")
    pool = Pool(1, 1, ("mean",))
    pool.add(Members.of(labels, np.array([1]), np.array([0]), np.array([True])), [values])
    assert pool.rows("mean")[0, 0] == 16_777_215


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_the_number_of_threads_does_not_change_a_bit(threads, monkeypatch):
    labels = np.repeat(LABELS, 6, axis=0)
    values = RNG.normal(0, 1, labels.shape).astype("float32")
    slots = kernels.find_slots(labels, PRESENT)
    expected = kernels.pool(values, slots, PRESENT.size)
    spread = kernels.over
    monkeypatch.setattr(kernels, "over", lambda *args: spread(*args, threads=threads))
    for one, other in zip(kernels.pool(values, slots, PRESENT.size), expected, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("kind", ["uint8", "uint16", "int16", "int32"])
def test_looking_up_is_indexing(kind):
    table = RNG.integers(0, 100, 60).astype(kind)
    out = np.empty(LABELS.shape, kind)
    kernels.look_up(LABELS, table, out)
    np.testing.assert_array_equal(out, table[LABELS])


def test_boxes_hold_their_superpixels():
    starts, stops = np.full((60, 3), 99, "int32"), np.zeros((60, 3), "int32")
    for first in (0, 4):
        kernels.grow_boxes(LABELS[first : first + 4], first, starts, stops)
    for number in PRESENT:
        places = np.argwhere(number == LABELS)
        np.testing.assert_array_equal(starts[number], places.min(axis=0))
        np.testing.assert_array_equal(stops[number], places.max(axis=0) + 1)
