import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage.draw import line

from annotat_nb.annotation.raster import disk_half_widths, line_points, stroke_voxels

VOXEL = st.tuples(st.integers(-20, 60), st.integers(-20, 60))


def brute_force(points, radius, shape):
    """Every voxel within `radius` of a voxel of the lines, one disk after the other."""
    rows, columns = np.indices(shape)
    marked = np.zeros(shape, bool)
    for start, stop in zip(points[:-1] or points, points[1:] or points, strict=True):
        for y, x in zip(*line(*start, *stop), strict=True):
            marked |= (rows - y) ** 2 + (columns - x) ** 2 <= radius**2
    return marked


def whole(points, radius, shape):
    marked = np.zeros(shape, bool)
    marked[stroke_voxels(points, radius, shape)] = True
    return marked


@pytest.mark.parametrize(("radius", "voxels"), [(0, 1), (1, 5), (2, 13), (3, 29), (5, 81)])
def test_a_disk_covers_the_integer_points_of_a_circle(radius, voxels):
    # Gauss's circle problem, OEIS A000328.
    assert (2 * disk_half_widths(radius) + 1).sum() == voxels


@given(VOXEL, VOXEL)
def test_lines_are_those_of_scikit_image(start, stop):
    np.testing.assert_array_equal(line_points([start, stop]), np.stack(line(*start, *stop), axis=1))


@given(st.lists(VOXEL, min_size=1, max_size=6), st.integers(0, 12))
def test_a_stroke_is_the_union_of_disks_along_its_lines(points, radius):
    expected = brute_force(points, radius, (40, 50))
    np.testing.assert_array_equal(whole(points, radius, (40, 50)), expected)


@given(st.lists(VOXEL, min_size=1, max_size=6), st.integers(0, 12))
def test_voxels_come_once_and_row_by_row(points, radius):
    rows, columns = stroke_voxels(points, radius, (40, 50))
    flat = rows * 50 + columns
    assert (np.diff(flat) > 0).all()


def test_a_long_stroke_costs_no_more_memory_than_it_marks():
    tracemalloc.start()
    rows, _ = stroke_voxels([(0, 0), (29_999, 29_999)], 3, (30_000, 30_000))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(rows) > 30_000
    assert peak < 2**27


def test_many_spans_are_merged_in_parts(monkeypatch):
    points, shape = [(5, 5), (80, 60), (20, 70), (80, 5)], (90, 80)
    expected = stroke_voxels(points, 9, shape)
    monkeypatch.setattr("annotat_nb.annotation.raster.AT_ONCE", 40)
    np.testing.assert_array_equal(stroke_voxels(points, 9, shape), expected)


def test_a_stroke_beside_the_slice_marks_nothing():
    assert len(stroke_voxels([(-50, 4)], 3, (10, 10))[0]) == 0


def test_lines_end_to_end_share_no_voxel_twice():
    assert line_points([(0, 0), (0, 2), (0, 2), (2, 2)]).tolist() == [
        [0, 0],
        [0, 1],
        [0, 2],
        [1, 2],
        [2, 2],
    ]


@pytest.mark.parametrize("radius", [-1, 1.5])
def test_a_radius_is_a_whole_number(radius):
    with pytest.raises(ValueError, match="whole number"):
        disk_half_widths(radius)


@pytest.mark.parametrize("points", [[], [(1, 2, 3)], [5]])
def test_points_that_are_no_pairs_are_refused(points):
    with pytest.raises(ValueError, match=r"\(n, 2\) points"):
        stroke_voxels(points, 1, (10, 10))


def test_fractions_of_voxels_are_refused():
    with pytest.raises(TypeError, match="round them"):
        stroke_voxels([(1.5, 2.0)], 1, (10, 10))
