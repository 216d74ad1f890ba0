import numpy as np
import pytest
import torch

from annotat_nb.blocks import plan_blocks
from annotat_nb.blocks import whole as everywhere
from annotat_nb.kernels.cpu import pooling as kernels
from annotat_nb.kernels.cuda.pooling import Slots as SlotsThere
from annotat_nb.superpixels.pooling import Members, Pool

RNG = np.random.default_rng(0)
LABELS = RNG.integers(1, 60, (6, 20, 25)).astype("uint32")
VALUES = RNG.normal(0, 100, (3, 6, 20, 25)).astype("float32")
EVERYWHERE = everywhere(LABELS.shape)
PRESENT = np.unique(LABELS).astype("int64")
POOLINGS = ("mean", "min", "max", "std")
every_pooling = pytest.mark.parametrize("pooling", POOLINGS)


def oracle(ids, pooling):
    reduce = getattr(np, pooling)
    return [[reduce(channel[i == LABELS].astype(float)) for channel in VALUES] for i in ids]


def members_of(ids, box=EVERYWHERE, *, whole=False):
    labels = LABELS[box]
    places = np.flatnonzero(np.isin(ids, labels))
    return Members.of(labels, box, ids[places], places, np.full(places.size, whole))


@pytest.fixture
def pooled(backend):
    """Return what pools the values over boxes, on each kind of device."""

    def pooled(ids, boxes, *, whole=False):
        pool = Pool(ids, 3, POOLINGS)
        channels = [backend.from_numpy(channel, "cpu") for channel in VALUES]
        for box in boxes:
            pool.add(members_of(ids, box, whole=whole), [channel[box] for channel in channels])
        pool.finish()
        return pool

    return pooled


EVERYTHING = [EVERYWHERE]


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
    pool = Pool(PRESENT, 3, POOLINGS)
    pool.add(members, [torch.tensor(VALUES[0]), *VALUES[1:]])
    np.testing.assert_allclose(pool.rows("mean"), oracle(PRESENT, "mean"), rtol=1e-6)


def test_graphics_cards_gather_what_processors_gather(torch_device):
    slots, slabs = kernels.find_slots(LABELS, PRESENT[::2]), kernels.slabs_of(3, len(LABELS))
    whole = np.arange(PRESENT.size) % 3 > 0
    there = SlotsThere(slots, whole, slabs, torch_device)
    here = kernels.Slots(slots, whole, slabs)
    np.testing.assert_array_equal(there.sizes, here.sizes)
    expected = here.pool(VALUES[0])
    values = torch.tensor(VALUES[0], device=torch_device)
    for found, again, other in zip(there.pool(values), there.pool(values), expected, strict=True):
        np.testing.assert_array_equal(found, again)
        np.testing.assert_allclose(found, other, rtol=1e-12)
        np.testing.assert_array_equal(found[2:], other[2:])


@pytest.mark.parametrize("count", [0, 3])
def test_a_box_may_hold_no_voxel_of_any_superpixel(count, torch_device):
    nothing, slabs = np.full((5, 2, 2), -1, "int32"), kernels.slabs_of(0, 5)
    there = SlotsThere(nothing, np.zeros(count, bool), slabs, torch_device)
    found = there.pool(torch.ones((5, 2, 2), device=torch_device))
    expected = kernels.Slots(nothing, np.zeros(count, bool), slabs).pool(
        np.ones((5, 2, 2), "float32")
    )
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_mean_of_many_large_values_is_exact():
    values = np.full((10, 100, 1000), 16_777_215, "float32")
    labels = np.ones(values.shape, "uint32")
    one, box = np.array([1]), everywhere(labels.shape)
    pool = Pool(one, 1, ("mean",))
    pool.add(Members.of(labels, box, one, np.array([0]), np.array([True])), [values])
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


@every_pooling
@pytest.mark.parametrize("depth", [4, 8, 40])
def test_how_deep_boxes_are_and_when_they_come_does_not_change_a_bit(depth, pooling):
    """Depths are those of tiles: multiples of the planes that are summed up together."""
    labels = np.repeat(LABELS, 6, axis=0)
    values = RNG.normal(0, 1, labels.shape).astype("float32")

    def pooled(depth, order, done_early):
        pool, rest = Pool(PRESENT, 1, POOLINGS), None
        blocks = [block.core for block in plan_blocks(labels.shape, core=(depth, 12, 12))]
        for box in order(blocks):
            places = np.flatnonzero(np.isin(PRESENT, labels[box]))
            cut = np.zeros(places.size, bool)
            pool.add(Members.of(labels[box], box, PRESENT[places], places, cut), [values[box]])
            if done_early:
                rest = pool.finish(np.zeros(PRESENT.size, bool))
                pool = Pool(PRESENT, 1, POOLINGS, rest)
        pool.finish()
        return pool.rows(pooling)

    expected = pooled(12, list, done_early=False)
    np.testing.assert_array_equal(pooled(depth, reversed, done_early=True), expected)


def test_ids_that_lie_far_apart_are_found():
    far = LABELS.astype("uint32") * 70_000_000
    found = kernels.find_slots(far, PRESENT[1:-1] * 70_000_000)
    np.testing.assert_array_equal(found, kernels.find_slots(LABELS, PRESENT[1:-1]))
