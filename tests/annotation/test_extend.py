import numpy as np
import pytest

from annotat_nb.annotation import Extend, Paint

SHAPE = (5, 9, 11)


@pytest.fixture
def labels():
    return np.random.default_rng(0).integers(0, 4, SHAPE).astype("u1")


@pytest.mark.parametrize(("axis", "number"), [("z", 0), ("y", 1), ("x", 2)])
@pytest.mark.parametrize("start", [(0, 0), (4, 3), (2, 8)])
def test_the_whole_stroke_gets_the_class_under_its_first_voxel(
    make_scene, use, labels, axis, number, start
):
    scene, twin = make_scene(np.zeros(SHAPE), labels=labels), make_scene(np.zeros(SHAPE))
    where = {"points": (start, (4, 8)), "axis": axis, "index": 4, "radius": 2}
    markers, after, _ = use(scene, Extend(**where))
    first = int(np.moveaxis(labels, number, 0)[4][start])
    expected, _, _ = use(twin, Paint(**where, label=first))
    np.testing.assert_array_equal(markers, expected)
    np.testing.assert_array_equal(after, labels)


def test_a_label_on_disk_can_be_extended(make_scene, use, labels, put_on_disk):
    scene = make_scene(np.zeros(SHAPE), labels=labels)
    put_on_disk(scene)
    scene.annotation.make(Extend(points=((2, 3),), index=1).edit(scene))
    assert scene.annotation.markers.data[1, 2, 3] == labels[1, 2, 3]


def test_without_a_segmentation_there_is_a_sentence_and_no_stroke(make_scene):
    scene = make_scene(np.zeros(SHAPE))
    with pytest.raises(ValueError, match=r"no segmentation yet; press Apply or load a label first"):
        Extend(points=((2, 3),)).edit(scene)
    assert scene.annotation.markers.stroke_count() == 0


@pytest.mark.parametrize("start", [(-1, 3), (9, 3), (2, 11)])
def test_a_stroke_that_begins_outside_the_image_is_refused(make_scene, labels, start):
    scene = make_scene(np.zeros(SHAPE), labels=labels)
    with pytest.raises(ValueError, match="begins outside the image"):
        Extend(points=(start, (2, 2))).edit(scene)


def test_a_class_that_markers_cannot_hold_is_refused(make_scene):
    scene = make_scene(np.zeros(SHAPE), labels=np.full(SHAPE, 40000, "u2"))
    classes = scene.annotation.classes
    classes.replace((*classes.stored(), classes[1].model_copy(update={"id": 40000})))
    with pytest.raises(ValueError, match="class 40000 cannot be marked"):
        Extend(points=((2, 3),)).edit(scene)
