import numpy as np
import pytest

from annotat_nb.blocks import plan_blocks
from annotat_nb.superpixels.pooling import Pool

RNG = np.random.default_rng(0)
LABELS = RNG.integers(1, 60, (6, 20, 25)).astype("uint32")
VALUES = RNG.normal(0, 100, (3, 6, 20, 25)).astype("float32")
PRESENT = np.unique(LABELS).astype("int64")
every_pooling = pytest.mark.parametrize("pooling", ["mean", "min", "max"])


def oracle(ids, pooling):
    reduce = getattr(np, pooling)
    return [[reduce(channel[i == LABELS].astype(float)) for channel in VALUES] for i in ids]


@every_pooling
def test_pooling_reduces_each_superpixel(pooling):
    pool = Pool(PRESENT, 3, pooling)
    pool.add(LABELS, VALUES)
    assert pool.rows().dtype == np.float32
    np.testing.assert_allclose(pool.rows(), oracle(PRESENT, pooling), rtol=1e-6)


@every_pooling
def test_superpixels_that_lie_in_several_boxes_are_put_together(pooling):
    pool = Pool(PRESENT, 3, pooling)
    for block in plan_blocks(LABELS.shape, core=(2, 7, 6)):
        pool.add(LABELS[block.core], VALUES[(slice(None), *block.core)])
    np.testing.assert_allclose(pool.rows(), oracle(PRESENT, pooling), rtol=1e-6)


@every_pooling
def test_superpixels_that_are_not_asked_for_are_passed_over(pooling):
    ids = PRESENT[[0, 5, 6, 40]]
    pool = Pool(ids, 3, pooling)
    pool.add(LABELS, VALUES)
    pool.add(np.full((2, 2), 999, "uint32"), np.full((3, 2, 2), 1e9, "float32"))
    np.testing.assert_allclose(pool.rows(), oracle(ids, pooling), rtol=1e-6)


def test_the_mean_of_many_large_values_is_exact():
    values = np.full((1, 10**6), 16_777_215, "float32")
    pool = Pool(np.array([1]), 1, "mean")
    pool.add(np.ones(10**6, "uint32"), values)
    assert pool.rows()[0, 0] == 16_777_215
