import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from annotat_nb.annotation import Runs
from annotat_nb.annotation.runs import Values

FLAT = st.sets(st.integers(0, 300)).map(lambda found: np.array(sorted(found), np.int64))


@given(FLAT)
def test_packing_keeps_the_voxels(flat):
    runs = Runs.from_flat(flat)
    np.testing.assert_array_equal(runs.flat(), flat)
    assert runs.size == len(flat)


@given(FLAT)
def test_bytes_keep_the_voxels(flat):
    np.testing.assert_array_equal(Runs.from_bytes(Runs.from_flat(flat).to_bytes()).flat(), flat)


@given(hnp.arrays(np.int64, st.integers(0, 40), elements=st.integers(0, 3)))
def test_values_unpack_to_what_was_packed(values):
    np.testing.assert_array_equal(Values.pack(values).unpack(), values)


@pytest.mark.parametrize("axis", ["z", "y", "x"])
def test_voxels_of_a_slice_land_in_the_volume(axis):
    shape, number = (5, 6, 7), "zyx".index(axis)
    mask = np.random.default_rng(0).random((3, 2)) < 0.5
    expected = np.zeros(shape, bool)
    np.moveaxis(expected, number, 0)[2, 1:4, 3:5] = mask
    rows, columns = np.nonzero(mask)
    runs = Runs.from_plane(rows + 1, columns + 3, shape, axis, 2)
    np.testing.assert_array_equal(runs.flat(), np.flatnonzero(expected))


@pytest.mark.parametrize(
    ("gaps", "lengths"), [((-1, 5), (1, 1)), ((3, 1), (2, 1)), ((3, 5), (0, 1)), ((3, -2), (1, 1))]
)
def test_bytes_that_are_no_runs_are_refused(gaps, lengths):
    with pytest.raises(ValueError, match="runs"):
        Runs.from_bytes(np.array([gaps, lengths], "<i8").tobytes())
