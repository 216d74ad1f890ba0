import numpy as np
import pytest
from scipy import ndimage
from skimage.filters import sobel
from skimage.measure import label
from skimage.segmentation import watershed

from annotat_nb.annotation import Paint, Split
from annotat_nb.annotation.document import LabelOnDisk

SHAPE = (12, 44, 50)


def things():
    """Two large things of class 1 apart, one of class 2 that touches the first, in Background."""
    labels = np.zeros(SHAPE, "u1")
    labels[0:9, 2:40, 3:30] = 1
    labels[2:7, 5:40, 36:50] = 1
    labels[:, 10:20, 30:36] = 2
    return labels


def image():
    return np.random.default_rng(0).normal(size=SHAPE).astype("f4")


def strokes(axis="z", index=4):
    return (
        Paint(points=((3, 6), (6, 10)), axis=axis, index=index, radius=1, label=3),
        Paint(points=((6, 24), (8, 24)), axis=axis, index=index, radius=1, label=2),
    )


RELIEFS = {
    "edges": lambda _: sobel(image()),
    "bright walls": lambda _: image(),
    "dark walls": lambda _: -image(),
    "shape": lambda mask: -ndimage.distance_transform_edt(np.pad(mask, 1))[1:-1, 1:-1, 1:-1],
}


@pytest.mark.parametrize("relief", RELIEFS)
@pytest.mark.parametrize(("axis", "index"), [("z", 4), ("y", 6), ("x", 5)])
def test_an_object_is_divided_by_the_watershed_of_the_whole_volume(
    make_scene, use, axis, index, relief
):
    labels, drawn = things(), strokes(axis, index)
    _, found, _ = use(make_scene(image(), labels=labels), Split(strokes=drawn, relief=relief))
    seeds = np.zeros(labels.size, int)
    for stroke in drawn:
        seeds[stroke.voxels(SHAPE).flat()] = stroke.label
    parts = label(labels, connectivity=1, background=0)
    mask = parts == parts[4, 6, 6]
    height = RELIEFS[relief](mask)
    height = height / height[mask].std()
    expected = watershed(height, seeds.reshape(SHAPE), mask=mask, compactness=0.03)
    np.testing.assert_array_equal(found, np.where(mask, expected, labels))
    assert {2, 3} == set(np.unique(found[mask]))


@pytest.mark.parametrize(("relief", "height"), [("bright walls", 50), ("dark walls", -50)])
def test_parts_meet_at_the_wall_between_them(make_scene, use, relief, height):
    shape = (10, 20, 40)
    data = np.random.default_rng(0).normal(0, 5, shape).astype("f4")
    data[:, :, 28] += height
    ends = [Paint(points=((10, c),), index=5, radius=1, label=n) for n, c in ((1, 5), (2, 35))]
    scene = make_scene(data, labels=np.full(shape, 3, "u1"))
    _, found, _ = use(scene, Split(strokes=ends, relief=relief))
    assert (found[:, :, :27] == 1).mean() > 0.99
    assert (found[:, :, 30:] == 2).mean() > 0.99


def test_two_balls_that_touch_are_divided_at_the_neck(make_scene, use):
    z, y, x = np.ogrid[:24, :24, :50]
    one, two = ((z - 12) ** 2 + (y - 12) ** 2 + (x - c) ** 2 <= 121 for c in (15, 34))
    labels = (one | two).astype("u1")
    drawn = [Paint(points=((12, c),), index=12, radius=1, label=n) for n, c in ((1, 15), (2, 34))]
    scene = make_scene(np.zeros(labels.shape), labels=labels)
    _, found, _ = use(scene, Split(strokes=drawn, relief="shape"))
    nearer = np.where(x <= 24, 1, 2)
    assert (found != nearer * labels).sum() <= 0.01 * labels.sum()


def test_an_object_with_strokes_of_one_class_stays(make_scene, use):
    over = Paint(points=((6, 40),), index=4, radius=2, label=3)
    labels = things()
    _, found, _ = use(make_scene(image(), labels=labels), Split(strokes=(*strokes(), over)))
    np.testing.assert_array_equal(found[:, :, 30:], labels[:, :, 30:])


def test_a_part_can_become_background(make_scene, use):
    drawn = strokes()[0], Paint(points=((30, 20),), index=4, radius=2, label=0)
    _, found, _ = use(make_scene(image(), labels=things()), Split(strokes=drawn))
    assert found[4, 30, 20] == 0
    assert found[4, 3, 6] == 3


def test_the_last_stroke_lies_on_top(make_scene, use):
    drawn = (
        Paint(points=((20, 8), (20, 20)), index=4, radius=1, label=3),
        Paint(points=((20, 20),), index=4, radius=2, label=2),
    )
    _, found, _ = use(make_scene(image(), labels=things()), Split(strokes=drawn))
    assert found[4, 20, 20] == 2
    assert found[4, 20, 8] == 3


@pytest.mark.parametrize(
    "drawn",
    [
        (strokes()[0], strokes()[0]),
        (strokes()[0], Paint(points=((8, 40),), index=4, radius=1, label=2)),
        (strokes()[0], Paint(points=((-90, 40),), index=4, label=2)),
        (Paint(points=((43, 1),), radius=0), Paint(points=((43, 5),), radius=0, label=2)),
    ],
)
def test_strokes_that_divide_nothing_are_refused(make_scene, drawn):
    scene = make_scene(image(), labels=things())
    with pytest.raises(ValueError, match="draw two strokes of different classes inside"):
        Split(strokes=drawn).edit(scene)


def test_split_needs_a_segmentation_in_memory_and_classes_that_exist(make_scene, put_on_disk):
    with pytest.raises(ValueError, match="there is no segmentation yet"):
        Split(strokes=strokes()).edit(make_scene(image()))
    scene = make_scene(image(), labels=things(), classes=2)
    with pytest.raises(KeyError, match="there is no class 3"):
        Split(strokes=strokes()).edit(scene)
    put_on_disk(scene)
    with pytest.raises(LabelOnDisk):
        Split(strokes=strokes()).edit(scene)


def test_only_the_surroundings_of_the_object_are_read(make_scene):
    labels = np.zeros((200, 200, 200), "u1")
    labels[100:110, 100:110, 100:110] = 1
    scene = make_scene(np.zeros(labels.shape, "f4"), labels=labels)
    scene.annotation.labels.data = Counting(scene.annotation.labels.data)
    drawn = [
        Paint(points=((105, c),), index=105, radius=0, label=n) for n, c in ((1, 101), (2, 108))
    ]
    tool = Split(strokes=drawn)
    assert tool.edit(scene).voxel_count > 0
    assert Counting.read < 200_000


class Counting(np.ndarray):
    """Counts the voxels that are read."""

    read = 0

    def __new__(cls, data):
        return data.view(cls)

    def __getitem__(self, key):
        found = np.asarray(super().__getitem__(key))
        Counting.read += found.size
        return found
