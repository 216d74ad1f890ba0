import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage.draw import line

from annotat_nb.annotation.raster import disk_half_widths, line_points, stroke_mask

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
    y, x, patch = stroke_mask(points, radius, shape)
    marked = np.zeros(shape, bool)
    marked[y : y + patch.shape[0], x : x + patch.shape[1]] = patch
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


def test_the_patch_is_no_larger_than_the_stroke():
    y, x, patch = stroke_mask([(10, 10), (10, 14)], 2, (100, 100))
    assert (y, x, patch.shape) == (8, 8, (5, 9))


def test_a_stroke_beside_the_slice_marks_nothing():
    assert stroke_mask([(-50, 4)], 3, (10, 10))[2].size == 0


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
        stroke_mask(points, 1, (10, 10))


def test_fractions_of_voxels_are_refused():
    with pytest.raises(TypeError, match="round them"):
        stroke_mask([(1.5, 2.0)], 1, (10, 10))
