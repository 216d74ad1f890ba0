import numpy as np
import pytest
from skimage.segmentation import flood_fill

from annotat_nb.annotation import EraseStroke, Merge, MergeClasses, Paint
from annotat_nb.annotation.document import LabelOnDisk
from annotat_nb.annotation.raster import line_points

SHAPE = (6, 40, 44)
AXES = [("z", 0), ("y", 1), ("x", 2)]


@pytest.fixture
def labels():
    """Random things of a few voxels, and long ones that leave the first box that is looked at."""
    rng = np.random.default_rng(0)
    found = (rng.integers(0, 3, SHAPE) * rng.integers(0, 2, SHAPE)).astype("u1")
    found[:, 20] = 3
    found[2, :, 30] = 1
    return found


def merged(labels, tool, number):
    """Flood from every voxel of the stroke, as the original does."""
    result = labels.copy()
    plane = np.moveaxis(labels, number, 0)[tool.index]
    inside = [
        (p, q)
        for p, q in line_points(tool.points).tolist()
        if 0 <= p < plane.shape[0] and 0 <= q < plane.shape[1]
    ]
    first = next(plane[at] for at in inside if plane[at])
    for voxel in zip(*np.unravel_index(tool.voxels(SHAPE).flat(), SHAPE), strict=True):
        if result[voxel]:
            flood_fill(result, voxel, first, connectivity=1, in_place=True)
    return result


@pytest.mark.parametrize(("axis", "number"), AXES)
@pytest.mark.parametrize(
    ("points", "index", "radius"),
    [
        (((1, 2), (5, 30)), 2, 1),
        (((0, 0), (0, 43)), 0, 0),
        (((5, 39), (-2, 20)), 5, 3),
    ],
)
def test_merge_floods_what_the_stroke_touches_with_the_first_class(
    make_scene, use, labels, axis, number, points, index, radius
):
    scene = make_scene(np.zeros(SHAPE), labels=labels)
    tool = Merge(points=points, axis=axis, index=index, radius=radius)
    markers, found, _ = use(scene, tool)
    np.testing.assert_array_equal(found, merged(labels, tool, number))
    assert found.dtype == np.uint8
    assert (found != labels).any()
    assert (markers == -1).all()


def test_another_object_of_a_merged_class_stays(make_scene, use):
    labels = np.zeros(SHAPE, "u1")
    labels[:, :5], labels[:, 5:9], labels[:, 30:] = 1, 2, 2
    found = use(make_scene(np.zeros(SHAPE), labels=labels), Merge(points=((2, 2), (7, 2))))[1]
    np.testing.assert_array_equal(found[0, :, 0] > 0, labels[0, :, 0] > 0)
    assert (found[:, :9] == 1).all()
    assert (found[:, 30:] == 2).all()


@pytest.mark.parametrize(
    ("points", "what"),
    [
        (((2, 2), (3, 2)), "touches thing 1 only"),
        (((20, 2), (25, 2)), "touches no object only"),
        (((-60, 2), (-50, 2)), "touches no object only"),
    ],
)
def test_a_stroke_with_nothing_to_merge_is_refused(make_scene, points, what):
    labels = np.zeros(SHAPE, "u1")
    labels[:, :5] = 1
    scene = make_scene(np.zeros(SHAPE), labels=labels)
    with pytest.raises(ValueError, match=f"{what}; draw it from the object that stays"):
        Merge(points=points, radius=0).edit(scene)


def test_merge_needs_a_segmentation_in_memory(make_scene, labels, put_on_disk):
    tool = Merge(points=((1, 2), (5, 30)))
    with pytest.raises(ValueError, match="there is no segmentation yet"):
        tool.edit(make_scene(np.zeros(SHAPE)))
    scene = make_scene(np.zeros(SHAPE), labels=labels)
    put_on_disk(scene)
    with pytest.raises(LabelOnDisk, match=r"raise session\.memory_budget"):
        tool.edit(scene)


def painted(scene):
    for label, row in ((1, 2), (2, 6), (2, 10), (3, 14), (0, 18)):
        scene.annotation.make(
            Paint(points=((row, 3), (row, 20)), label=label, radius=1).edit(scene)
        )


def test_classes_become_the_first_in_markers_label_and_table(make_scene, use, labels):
    scene = make_scene(np.zeros(SHAPE), labels=labels)
    painted(scene)
    before = np.array(scene.annotation.markers.data)
    markers, found, classes = use(scene, MergeClasses(classes=(3, 1, 2)))
    np.testing.assert_array_equal(markers, np.where(before > 0, 3, before))
    np.testing.assert_array_equal(found, np.where(labels > 0, 3, labels))
    assert [(item.id, item.name) for item in classes] == [(0, "Background"), (3, "thing 3")]


def test_merged_strokes_can_still_be_erased_one_by_one(make_scene, use):
    scene = make_scene(np.zeros(SHAPE))
    painted(scene)
    use(scene, MergeClasses(classes=(1, 2)))
    assert scene.annotation.markers.stroke_count(1) == 3
    use(scene, EraseStroke(point=(6, 5)))
    plane = scene.annotation.markers.data[0]
    assert plane[:, 10].tolist()[1:12] == [1, 1, 1, -1, -1, -1, -1, -1, 1, 1, 1]


def test_classes_can_become_background(make_scene, use, labels):
    scene = make_scene(np.zeros(SHAPE), labels=labels)
    _, found, _ = use(scene, MergeClasses(classes=(0, 2)))
    np.testing.assert_array_equal(found, np.where(labels == 2, 0, labels))


def test_a_class_above_255_makes_the_label_wider(make_scene, use, labels):
    scene = make_scene(np.zeros(SHAPE), labels=labels)
    classes = scene.annotation.classes
    classes.replace((*classes.stored(), classes[1].model_copy(update={"id": 300, "name": "far"})))
    _, found, _ = use(scene, MergeClasses(classes=(300, 1)))
    np.testing.assert_array_equal(found, np.where(labels == 1, 300, labels.astype("u2")))


@pytest.mark.parametrize(
    ("classes", "sentence"),
    [
        ((1, 0), "Background can only be the first"),
        ((2, 2), "thing 2 cannot be merged with itself"),
    ],
)
def test_classes_that_cannot_be_merged_are_refused(make_scene, classes, sentence):
    with pytest.raises(ValueError, match=sentence):
        MergeClasses(classes=classes).edit(make_scene(np.zeros(SHAPE)))


def test_an_unknown_class_cannot_be_merged(make_scene):
    with pytest.raises(KeyError, match="there is no class 9"):
        MergeClasses(classes=(1, 9)).edit(make_scene(np.zeros(SHAPE)))


def test_a_label_on_disk_is_in_the_way_only_where_it_would_change(make_scene, labels, put_on_disk):
    scene = make_scene(np.zeros(SHAPE), labels=np.where(labels == 3, 0, labels), classes=4)
    put_on_disk(scene)
    assert MergeClasses(classes=(1, 3, 4)).edit(scene).voxel_count == 0
    with pytest.raises(LabelOnDisk):
        MergeClasses(classes=(3, 1)).edit(scene)
