import numpy as np
import pytest
from scipy import ndimage
from skimage import morphology
from skimage.measure import label

from annotat_nb.annotation import FillLabelHoles, Morphology, Relabel, RemoveIslands
from annotat_nb.annotation.document import LabelOnDisk
from annotat_nb.annotation.tools import morphing

SHAPE = (11, 30, 34)
ALL = ["z", "y", "x", None]
VERBS = {
    "dilate": morphology.dilation,
    "erode": morphology.erosion,
    "open": lambda mask, ball: morphology.dilation(morphology.erosion(mask, ball), ball),
    "close": lambda mask, ball: morphology.erosion(morphology.dilation(mask, ball), ball),
}


def things(seed=0, shape=SHAPE):
    """Random smooth things of three classes, at all borders."""
    noise = ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=shape), 1.5)
    return np.digitize(noise, np.quantile(noise, [0.5, 0.7, 0.85])).astype("u1")


def ball(radius, slices):
    z, y, x = np.ogrid[-radius : radius + 1, -radius : radius + 1, -radius : radius + 1]
    found = z**2 + y**2 + x**2 <= radius**2
    if slices is not None:
        np.moveaxis(found, "zyx".index(slices), 0)[:radius] = False
        np.moveaxis(found, "zyx".index(slices), 0)[radius + 1 :] = False
    return found


def changed(labels, wanted, value=2):
    """What a class may become: it takes Background only, and leaves Background."""
    result = labels.copy()
    result[(labels == value) & ~wanted] = 0
    result[(labels == 0) & wanted] = value
    return result


@pytest.mark.parametrize("slices", ALL)
@pytest.mark.parametrize("radius", [1, 3, 7])
@pytest.mark.parametrize("operation", VERBS)
def test_morphology_is_that_of_scikit_image(make_scene, use, slices, radius, operation):
    labels = things()
    tool = Morphology(label=2, operation=operation, radius=radius, slices=slices)
    found = use(make_scene(np.zeros(SHAPE), labels=labels), tool)[1]
    expected = VERBS[operation](labels == 2, ball(radius, slices))
    np.testing.assert_array_equal(found, changed(labels, expected))
    assert found.dtype == np.uint8


@pytest.mark.parametrize("operation", VERBS)
def test_blocks_leave_no_seams(make_scene, use, operation, monkeypatch):
    plan = morphing.plan_blocks
    monkeypatch.setattr(morphing, "plan_blocks", lambda *a, core: plan(*a, core=(4, 7, 9)))
    labels = things(1)
    tool = Morphology(label=2, operation=operation, radius=2)
    found = use(make_scene(np.zeros(SHAPE), labels=labels), tool)[1]
    np.testing.assert_array_equal(
        found, changed(labels, VERBS[operation](labels == 2, ball(2, None)))
    )


@pytest.mark.parametrize("operation", VERBS)
def test_a_class_that_fills_the_volume_stays(make_scene, operation):
    scene = make_scene(np.zeros(SHAPE), labels=np.full(SHAPE, 2, "u1"))
    assert Morphology(label=2, operation=operation, radius=2).edit(scene).voxel_count == 0


@pytest.mark.parametrize(
    "tool", [Morphology(label=2), RemoveIslands(label=2), FillLabelHoles(label=2)]
)
def test_a_class_without_voxels_changes_nothing(make_scene, tool):
    scene = make_scene(np.zeros(SHAPE), labels=np.ones(SHAPE, "u1"))
    assert tool.edit(scene).voxel_count == 0


def parts_of(mask, slices):
    """Number the parts connected through faces, of each slice by itself or in 3D."""
    if slices is None:
        return label(mask, connectivity=1)
    found, count = np.zeros(mask.shape, int), 0
    number = "zyx".index(slices)
    for plane, numbered in zip(
        np.moveaxis(mask, number, 0), np.moveaxis(found, number, 0), strict=True
    ):
        here = label(plane, connectivity=1)
        numbered[...] = np.where(here > 0, here + count, 0)
        count += here.max()
    return found


@pytest.mark.parametrize("slices", ALL)
@pytest.mark.parametrize("size", [1, 5, 30])
def test_islands_that_are_too_small_become_background(make_scene, use, slices, size):
    labels = things()
    scene = make_scene(np.zeros(SHAPE), labels=labels)
    found = use(scene, RemoveIslands(label=2, minimum_size=size, slices=slices))[1]
    parts = parts_of(labels == 2, slices)
    sizes = np.bincount(parts.ravel())
    np.testing.assert_array_equal(found, changed(labels, (labels == 2) & (sizes[parts] >= size)))


@pytest.mark.parametrize("slices", ALL)
def test_holes_are_filled_where_they_are_background(make_scene, use, slices):
    labels = np.zeros(SHAPE, "u1")
    labels[1:10, 2:20, 3:20] = 2
    labels[3:7, 5:12, 5:12] = 0
    labels[4, 6, 6] = 1
    labels[:, 8, 14] = 0
    found = use(make_scene(np.zeros(SHAPE), labels=labels), FillLabelHoles(label=2, slices=slices))[
        1
    ]
    mask = labels == 2
    if slices is None:
        wanted = ndimage.binary_fill_holes(mask)
    else:
        number = "zyx".index(slices)
        planes = [ndimage.binary_fill_holes(plane) for plane in np.moveaxis(mask, number, 0)]
        wanted = np.moveaxis(np.array(planes), 0, number)
    np.testing.assert_array_equal(found, changed(labels, wanted))
    assert (found != labels).any()


@pytest.mark.parametrize("size", [1, 12])
def test_each_part_gets_a_class_of_its_own(make_scene, use, size):
    labels = things()
    scene = make_scene(np.zeros(SHAPE), labels=labels)
    _, found, classes = use(scene, Relabel(label=2, minimum_size=size))
    parts = label(labels == 2, connectivity=1)
    sizes = np.bincount(parts.ravel())
    kept = [n for n in range(1, parts.max() + 1) if sizes[n] >= size]
    ids = [2, *range(4, 3 + len(kept))]
    expected = np.where(parts > 0, 0, labels).astype(int)
    for number, value in zip(kept, ids, strict=True):
        expected[parts == number] = value
    np.testing.assert_array_equal(found, expected)
    assert [item.id for item in classes] == [*range(4), *ids[1:]]


def test_more_than_255_parts_make_the_label_wider(make_scene, use):
    labels = np.zeros(SHAPE, "u1")
    labels[::2, ::4, ::4] = 1
    _, found, classes = use(make_scene(np.zeros(SHAPE), labels=labels), Relabel(label=1))
    assert found.max() == len(classes) - 1 == 434
    assert (np.bincount(found.ravel())[4:] == 1).all()


def test_parts_that_are_all_too_small_become_background_and_make_no_class(make_scene, use):
    labels = things()
    _, found, classes = use(
        make_scene(np.zeros(SHAPE), labels=labels), Relabel(label=2, minimum_size=10**6)
    )
    np.testing.assert_array_equal(found, np.where(labels == 2, 0, labels))
    assert len(classes) == 4


def test_a_class_without_parts_is_refused(make_scene):
    scene = make_scene(np.zeros(SHAPE), labels=np.ones(SHAPE, "u1"))
    with pytest.raises(ValueError, match="no voxel of thing 2; choose another class"):
        Relabel(label=2).edit(scene)


@pytest.mark.parametrize("kind", [Morphology, RemoveIslands, FillLabelHoles, Relabel])
def test_a_label_that_cannot_be_changed_is_refused(make_scene, put_on_disk, kind):
    with pytest.raises(ValueError, match="there is no segmentation yet"):
        kind(label=2).edit(make_scene(np.zeros(SHAPE)))
    scene = make_scene(np.zeros(SHAPE), labels=things())
    with pytest.raises(KeyError, match="there is no class 9"):
        kind(label=9).edit(scene)
    with pytest.raises(ValueError, match="greater than or equal to 1"):
        kind(label=0)
    put_on_disk(scene)
    with pytest.raises(LabelOnDisk, match="too large for memory to be changed"):
        kind(label=2).edit(scene)
