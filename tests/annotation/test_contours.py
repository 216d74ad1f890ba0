import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.measure import label

from annotat_nb.annotation import BallBrush, Lasso, Paint, Polygon
from annotat_nb.annotation.raster import line_points
from annotat_nb.annotation.tools.contour import enclosed

SHAPE = (9, 15, 18)
AXES = [("z", 0), ("y", 1), ("x", 2)]
COORDINATE = st.integers(-5, 25)


def around(points, row, column):
    """Whether a ray from a voxel crosses the closed line an odd number of times."""
    crossed = False
    for (r0, c0), (r1, c1) in zip(points, [*points[1:], points[0]], strict=True):
        if (r0 > row) != (r1 > row) and column < c0 + (row - r0) * (c1 - c0) / (r1 - r0):
            crossed = not crossed
    return crossed


def area(points, plane):
    """What a closed line encloses, voxel by voxel, with the line itself."""
    found = np.zeros(plane, bool)
    for row, column in np.ndindex(*plane):
        found[row, column] = around(points, row, column)
    for row, column in line_points([*points, points[0]]).tolist():
        if 0 <= row < plane[0] and 0 <= column < plane[1]:
            found[row, column] = True
    return found


@given(st.lists(st.tuples(COORDINATE, COORDINATE), min_size=2, max_size=8))
@settings(deadline=None)
def test_any_line_encloses_what_a_ray_leaves_an_odd_number_of_times(points):
    rows, columns = enclosed(tuple(points), (15, 18))
    found = np.zeros((15, 18), int)
    np.add.at(found, (rows, columns), 1)
    np.testing.assert_array_equal(found, area(points, (15, 18)))


CORNERS = ((1, 1), (1, 7), (6, 10), (8, 2), (3, 5))


@pytest.fixture
def scene(make_scene):
    """A scene with a ball of class 2 and, over it, a stroke of class 1."""
    scene = make_scene(np.zeros(SHAPE))
    ball = BallBrush(points=((7, 8),), index=4, radius=6, label=2)
    stroke = Paint(points=((0, 4), (14, 4)), index=4, radius=1, label=1)
    for tool in (ball, stroke):
        scene.annotation.make(tool.edit(scene))
    return scene


@pytest.mark.parametrize("kind", [Lasso, Polygon])
@pytest.mark.parametrize(("axis", "number"), AXES)
@pytest.mark.parametrize("shift", [0, 6, -4])
def test_add_marks_and_subtract_unmarks_the_class_inside(scene, use, kind, axis, number, shift):
    before = np.array(scene.annotation.markers.data)
    points = tuple((row + shift, column + shift) for row, column in CORNERS)
    expected = before.copy()
    plane = np.moveaxis(expected, number, 0)[4]
    inside = area(points, plane.shape)
    plane[inside] = 3
    where = {"points": points, "axis": axis, "index": 4}
    np.testing.assert_array_equal(use(scene, kind(**where, label=3))[0], expected)
    scene.annotation.undo()
    expected = before.copy()
    plane = np.moveaxis(expected, number, 0)[4]
    plane[inside & (plane == 2)] = -1
    found = use(scene, kind(**where, label=2, mode="subtract"))[0]
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(("axis", "number"), AXES)
@pytest.mark.parametrize("points", [((-1, -1), (14, 17)), ((7, -2), (8, 20)), ((0, 12), (14, 3))])
def test_slice_cuts_the_class_in_two_that_do_not_even_touch_at_corners(
    make_scene, use, axis, number, points
):
    scene = make_scene(np.zeros((15, 15, 15)))
    scene.annotation.make(
        BallBrush(points=((7, 7),), index=7, radius=5, label=2, axis=axis).edit(scene)
    )
    before = np.moveaxis(np.array(scene.annotation.markers.data), number, 0)
    tool = Lasso(points=points, axis=axis, index=7, label=2, mode="slice")
    after = np.moveaxis(use(scene, tool)[0], number, 0)
    assert label(before[7] == 2).max() == 1
    assert label(after[7] == 2).max() == 2
    line = {tuple(at) for at in line_points(points).tolist()}
    for row, column in np.argwhere(after[7] != before[7]).tolist():
        assert line & {(row, column), (row, column - 1), (row, column + 1)}
    np.testing.assert_array_equal(np.delete(after, 7, 0), np.delete(before, 7, 0))


def test_slice_leaves_other_classes(scene, use):
    before = np.array(scene.annotation.markers.data)
    tool = Polygon(points=((7, 0), (7, 17)), index=4, label=2, mode="slice")
    after = use(scene, tool)[0]
    np.testing.assert_array_equal(after[4, 7, 3:6], [1, 1, 1])
    np.testing.assert_array_equal(after == 1, before == 1)


def test_what_does_not_exist_is_refused(scene):
    with pytest.raises(ValueError, match="y goes from 0 to 14"):
        Lasso(points=CORNERS, axis="y", index=15).edit(scene)
    with pytest.raises(KeyError, match="there is no class 7"):
        Lasso(points=CORNERS, label=7, mode="subtract").edit(scene)
    with pytest.raises(ValueError, match="at least 2 items"):
        Lasso(points=((1, 1),))
