import numpy as np
import pytest

from annotat_nb.annotation import BallBrush, SequentialPaint
from annotat_nb.annotation.raster import line_points

SHAPE = (7, 14, 16)
AXES = [("z", 0), ("y", 1), ("x", 2)]


@pytest.fixture
def scene(make_scene):
    return make_scene(np.zeros(SHAPE))


def ball(points, radius, axis, index):
    """Every voxel that is near enough to any voxel of the path."""
    rows, columns = np.array(line_points(points)).T
    path = [rows, columns]
    path.insert(axis, np.full(len(rows), index))
    found = np.zeros(SHAPE, bool)
    for voxel in np.ndindex(*SHAPE):
        squared = sum((at - p) ** 2 for at, p in zip(voxel, path, strict=True))
        found[voxel] = squared.min() <= radius**2
    return found


@pytest.mark.parametrize(("axis", "number"), AXES)
@pytest.mark.parametrize(
    ("points", "index", "radius"),
    [
        (((3, 4), (5, 9)), 3, 3),
        (((0, 0),), 0, 4),
        (((6, 13), (-3, 20)), 6, 2),
        (((2, 2),), 1, 0),
    ],
)
def test_a_ball_covers_what_is_near_the_path_in_all_slices(
    scene, use, axis, number, points, index, radius
):
    markers, _, _ = use(
        scene, BallBrush(points=points, axis=axis, index=index, radius=radius, label=2)
    )
    expected = np.where(ball(points, radius, number, index), 2, -1)
    np.testing.assert_array_equal(markers, expected)


def test_each_stroke_of_sequential_labelling_has_a_class_as_adding_one_would_give(
    scene, use, make_scene
):
    scene.annotation.classes.remove(2)
    use(scene, SequentialPaint(points=((2, 2),), radius=0))
    _, _, classes = use(scene, SequentialPaint(points=((4, 4),), axis="x", index=3, radius=0))
    assert scene.annotation.markers.data[0, 2, 2] == 2
    assert scene.annotation.markers.data[4, 4, 3] == 4
    twin = make_scene(np.zeros(SHAPE)).annotation.classes
    twin.remove(2)
    assert (twin.add("Class 1"), twin.add("Class 2")) == (2, 4)
    assert classes == twin.stored()
    scene.annotation.undo()
    assert 4 not in scene.annotation.classes
    assert scene.annotation.markers.data[4, 4, 3] == -1


def test_a_class_name_that_is_taken_is_not_given_again(scene, use):
    scene.annotation.classes.rename(1, "Class 1")
    use(scene, SequentialPaint(points=((2, 2),)))
    assert scene.annotation.classes[4].name == "Class 2"


def test_a_stroke_outside_the_image_makes_no_class(scene):
    edit = SequentialPaint(points=((-50, 2),)).edit(scene)
    assert (edit.voxel_count, edit.classes) == (0, None)


def test_more_classes_than_there_are_ids_are_refused(scene):
    with pytest.raises(ValueError, match="no room for 65536 more classes: 4 of 65536 are taken"):
        scene.annotation.classes.with_new(65536)


def test_a_class_that_markers_cannot_hold_is_refused(scene, monkeypatch):
    classes, _ = scene.annotation.classes.with_new()
    monkeypatch.setattr(type(scene.annotation.classes), "with_new", lambda _: (classes, (2**15,)))
    with pytest.raises(ValueError, match="class 32768 cannot be marked"):
        SequentialPaint(points=((2, 2),)).edit(scene)
