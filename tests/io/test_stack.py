import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotat_nb.io.stack import NativeOrder, SliceStack

ZYX = np.arange(5 * 4 * 3, dtype="int32").reshape(5, 4, 3)
KEY = st.one_of(st.integers(-3, 2), st.slices(5))


def stack_of(data, **how):
    return SliceStack(data.shape, data.dtype, lambda z: data[z], **how)


@given(st.one_of(KEY, st.just(...), st.lists(KEY, max_size=3).map(tuple)))
def test_any_index_gives_what_numpy_gives(key):
    found = stack_of(ZYX)[key]
    np.testing.assert_array_equal(found, ZYX[key])
    assert np.shape(found) == np.shape(ZYX[key])


@pytest.mark.parametrize("key", [(..., 0), (0, ...), (slice(1, 3), ..., 2), (..., 1, 2)])
def test_an_ellipsis_stands_for_the_other_axes(key):
    np.testing.assert_array_equal(stack_of(ZYX)[key], ZYX[key])


@pytest.mark.parametrize("index", [5, -6])
def test_an_index_outside_is_refused(index):
    with pytest.raises(IndexError, match=r"outside 0 … 4"):
        stack_of(ZYX)[index]


def test_only_the_last_slices_are_kept():
    taken = []

    def take(z):
        taken.append(z)
        return ZYX[z]

    stack = SliceStack(ZYX.shape, ZYX.dtype, take, cache_bytes=2 * ZYX[0].nbytes)
    for z in (0, 1, 0, 2, 0, 1):
        np.testing.assert_array_equal(stack[z], ZYX[z])
    assert taken == [0, 1, 2, 1]


def test_threads_read_the_same_slices():
    stack = stack_of(ZYX, cache_bytes=1)
    wrong = []

    def look(seed):
        order = np.random.default_rng(seed).integers(0, 5, 200)
        wrong.extend(z for z in order if not np.array_equal(stack[z], ZYX[z]))

    threads = [threading.Thread(target=look, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_a_slice_of_another_shape_is_refused():
    stack = SliceStack((2, 3, 4), np.dtype("u1"), lambda z: np.zeros((3, 5), "u1"))
    with pytest.raises(ValueError, match=r"slice 1 is \(3, 5\), expected \(3, 4\)"):
        stack[1]


def test_it_becomes_an_array():
    np.testing.assert_array_equal(np.asarray(stack_of(ZYX), dtype="float32"), ZYX)
    assert len(stack_of(ZYX)) == 5


def test_pieces_of_a_foreign_order_come_out_native():
    data = NativeOrder(ZYX.astype(">i4"))
    assert data[1:3, 0].dtype == np.dtype("int32")
    np.testing.assert_array_equal(data[1:3, 0], ZYX[1:3, 0])
    np.testing.assert_array_equal(np.asarray(data), ZYX)
