import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotat_nb.annotation import Markers, Runs, Stroke
from annotat_nb.annotation import markers as module

SHAPE = (3, 40, 50)


@pytest.fixture
def painted():
    """Markers with three overlapping strokes, and the dense array they must equal."""
    markers, dense = Markers(SHAPE), np.full(SHAPE, -1, np.int16)
    rng = np.random.default_rng(0)
    for number in (1, 2, 3):
        flat = np.unique(rng.integers(0, dense.size, 500))
        markers.strokes[number] = Stroke(number, number % 2)
        markers.write(Runs.from_flat(flat), number)
        dense.flat[flat] = number % 2
    return markers, dense


def test_data_reads_like_the_dense_array(painted):
    markers, dense = painted
    np.testing.assert_array_equal(np.asarray(markers.data), dense)
    assert markers.data.dtype == np.int16
    assert markers.data.shape == SHAPE


@pytest.mark.parametrize(
    "key",
    [
        0,
        -1,
        (1, 5),
        (1, 5, 7),
        np.s_[1:3],
        np.s_[:, 3],
        np.s_[..., 4],
        np.s_[0, 10:30:3, ::-2],
        np.s_[2:1],
        np.s_[[0, 2]],
    ],
)
def test_data_is_indexed_like_the_dense_array(painted, key):
    markers, dense = painted
    np.testing.assert_array_equal(markers.data[key], dense[key])


@pytest.mark.parametrize(("axis", "number"), [("z", 0), ("y", 1), ("x", 2)])
def test_slices_equal_those_of_the_dense_array(painted, axis, number):
    markers, dense = painted
    for index in range(SHAPE[number]):
        np.testing.assert_array_equal(markers.slice(axis, index), dense.take(index, number))


def test_an_index_outside_is_refused(painted):
    with pytest.raises(IndexError):
        painted[0].data[3]


def test_marked_voxels_come_in_order_with_their_class(painted):
    markers, dense = painted
    flat, labels = markers.marked()
    np.testing.assert_array_equal(flat, np.flatnonzero(dense >= 0))
    np.testing.assert_array_equal(labels, dense[dense >= 0])


def test_a_stroke_painted_over_completely_no_longer_counts():
    markers = Markers(SHAPE)
    voxels = Runs.from_flat(np.arange(10))
    for number in (1, 2):
        markers.strokes[number] = Stroke(number, number)
        markers.write(voxels, number)
    assert [markers.stroke_count(label) for label in (None, 1, 2)] == [1, 0, 1]
    assert markers.voxels_of(1).size == 0
    np.testing.assert_array_equal(markers.voxels_of(2).flat(), np.arange(10))


def test_erasing_what_is_unmarked_costs_no_memory():
    markers = Markers((10_000, 10_000, 10_000))
    markers.write(Runs.from_flat(np.arange(0, 10**6, 7)), 0)
    assert not markers._blocks


@settings(max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 4), st.sets(st.integers(0, 99), min_size=1)), max_size=8))
def test_restoring_what_a_write_returned_undoes_it(writes):
    markers = Markers((2, 5, 10))
    for stroke, voxels in writes:
        markers.strokes[stroke] = Stroke(stroke, stroke)
        before, count = np.array(markers.data), markers.stroke_count()
        runs = Runs.from_flat(np.array(sorted(voxels)))
        previous = markers.write(runs, stroke)
        after = np.array(markers.data)
        markers.write_values(runs, previous.unpack().astype(np.int32))
        np.testing.assert_array_equal(markers.data, before)
        assert markers.stroke_count() == count
        markers.write(runs, stroke)
        np.testing.assert_array_equal(markers.data, after)


def test_blocks_are_thin_so_that_flat_strokes_stay_small():
    markers = Markers((64, 64, 64))
    markers.strokes[1] = Stroke(1, 1)
    markers.write(Runs.from_flat(np.arange(64)), 1)
    assert len(markers._blocks) == 64 // module.BLOCK[2]


@pytest.mark.parametrize("step", [2, 3, 40])
def test_a_coarse_reading_shows_the_highest_class_of_each_cube(step):
    markers, random = Markers((3, 90, 70)), np.random.default_rng(step)
    for number in (1, 2, 3):
        markers.strokes[number] = Stroke(number, label=3 - number)
        chosen = random.choice(3 * 90 * 70, 60, replace=False)
        markers.write(Runs.from_flat(np.sort(chosen)), number)
    box = slice(1, 2), slice(7, 88), slice(20, 69)
    found = markers.read_coarsely(box, step)
    dense = np.asarray(markers.data)[box]
    padding = [(0, -extent % step) for extent in dense.shape]
    padded = np.pad(dense, padding, constant_values=-1)
    cubes = padded.reshape([n for e in padded.shape for n in (e // step, step)])
    np.testing.assert_array_equal(found, cubes.max(axis=(1, 3, 5)))


def test_what_is_marked_is_true_after_every_write(painted):
    markers, dense = painted
    rng = np.random.default_rng(1)
    for number in (1, 0, 3, 2, 0):
        flat = np.unique(rng.integers(0, dense.size, 300))
        markers.write(Runs.from_flat(flat), number)
        dense.flat[flat] = markers.labels_of(np.array([number]))[0]
        voxels, labels = markers.marked()
        np.testing.assert_array_equal(voxels, np.flatnonzero(dense >= 0))
        np.testing.assert_array_equal(labels, dense.flat[voxels])
