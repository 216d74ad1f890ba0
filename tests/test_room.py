import gc

import numpy as np
import pytest

from annotat_nb import room as module
from annotat_nb.room import NoRoom, Room


class OnDisk:
    def __init__(self, name, shape, dtype):
        self.name, self.shape, self.dtype = name, shape, dtype


def test_arrays_are_zeros_in_memory_while_they_fit_then_on_disk():
    room = Room(200, OnDisk)
    first = room.new("label", (10, 10), "uint8")
    np.testing.assert_array_equal(first, np.zeros((10, 10), "uint8"))
    second = room.new("superpixels", (2, 2, 2), "uint32")
    assert (second.name, second.shape, second.dtype) == ("superpixels", (2, 2, 2), np.uint32)


def test_what_is_gone_makes_room_again():
    room = Room(200)
    array = room.new("label", (10, 10), "uint8")
    view = array[2:]
    del array
    gc.collect()
    assert not room.fits(1)  # a part of it is still in use
    del view
    gc.collect()
    assert room.fits(100)
    assert not room.fits(101)


def test_half_is_left_for_computing_but_never_more_than_it_takes():
    assert Room(10 * module.WORK).fits(9 * module.WORK)
    assert not Room(10 * module.WORK).fits(9 * module.WORK + 1)
    assert Room(module.WORK).fits(module.WORK / 2)


def test_by_default_half_of_what_is_free_may_be_filled(monkeypatch):
    free = [4 * module.WORK]
    monkeypatch.setattr(module, "available_memory", lambda: free[0])
    room = Room()
    assert room.fits(module.WORK)
    assert not room.fits(module.WORK + 1)
    array = room.new("label", (module.WORK,), "uint8")
    free[0] -= array.nbytes  # as if all of it were written to
    assert not room.fits(1)
    free[0] += 2 * module.WORK  # somebody else ended
    assert room.fits(module.WORK)


def test_no_disk_and_no_room_is_a_sentence_with_figures():
    with pytest.raises(NoRoom) as error:
        Room(3e9).new("superpixels", (1000, 1000, 1000), "uint32")
    assert str(error.value) == (
        "The superpixels need 4 GB, and 2.73 GB of the memory budget of 3 GB are left for them: "
        "open the image with a workspace, which keeps on disk what does not fit, or raise "
        "session.memory_budget"
    )


def test_what_fits_is_brought_into_memory_and_the_rest_stays_where_it_is():
    class Lazy:
        shape, dtype = (20, 3, 4), np.dtype("uint16")

        def __getitem__(self, key):
            return np.arange(240, dtype="uint16").reshape(20, 3, 4)[key]

    lazy = Lazy()
    assert Room(900).bring(lazy, "label") is lazy
    np.testing.assert_array_equal(Room(1000).bring(lazy, "label"), lazy[:])
    there = np.zeros(5)
    assert Room(0).bring(there, "label") is there


def test_a_room_beside_has_what_is_left():
    room = Room(1000)
    label = room.new("label", (300,), np.uint8)
    assert room.rest == 700
    room.budget = 100
    assert room.rest == 0
    assert Room().rest is None
    assert label.size
