import numpy as np
import pytest
from skimage.filters import threshold_otsu

from annotat_nb.annotation import (
    LocalThresholdBrush,
    Paint,
    SuperpixelBrush,
    ThresholdBrush,
)

SHAPE = (10, 22, 24)
AXES = [("z", 0), ("y", 1), ("x", 2)]
WHERE = [
    {"points": ((3, 4), (7, 15)), "index": 5, "radius": 3},
    {"points": ((0, 0),), "index": 0, "radius": 4},
    {"points": ((9, 21), (-4, 30)), "index": 9, "radius": 2},
]


def covered(tool):
    """What the brush covers, in full."""
    found = np.zeros(SHAPE, bool)
    found.flat[tool.voxels(SHAPE).flat()] = True
    return found


def images():
    rng = np.random.default_rng(0)
    grey = rng.integers(0, 256, SHAPE)
    holes = grey.astype("f4")
    holes[rng.random(SHAPE) < 0.2] = np.nan
    return [grey.astype("u1"), (grey * 10).astype("i4"), holes]


@pytest.mark.parametrize(("axis", "number"), AXES)
@pytest.mark.parametrize("where", WHERE)
@pytest.mark.parametrize("image", images())
@pytest.mark.parametrize(("low", "high"), [(50, 120), (None, 99.5), (30, None), (None, None)])
def test_only_what_lies_in_the_window_is_marked(
    make_scene, use, axis, number, where, image, low, high
):
    tool = ThresholdBrush(**where, axis=axis, low=low, high=high, label=2)
    inside = covered(tool) & ~np.isnan(image)
    if low is not None:
        inside &= image >= low
    if high is not None:
        inside &= image <= high
    found = use(make_scene(image), tool)[0]
    np.testing.assert_array_equal(found, np.where(inside, 2, -1))


@pytest.mark.parametrize(("axis", "number"), AXES)
@pytest.mark.parametrize("where", WHERE)
@pytest.mark.parametrize("image", images())
def test_only_one_side_of_the_local_threshold_is_marked(
    make_scene, use, axis, number, where, image
):
    tool = LocalThresholdBrush(**where, axis=axis, surroundings=4, label=2)
    places = np.nonzero(np.moveaxis(covered(tool), number, 0)[where["index"]])
    box = tuple(slice(max(0, p.min() - 4), p.max() + 5) for p in places)
    around = np.moveaxis(image, number, 0)[where["index"]][box]
    around = around[~np.isnan(around)]
    threshold = threshold_otsu(around if image.itemsize < 4 else around.astype(float))
    scene = make_scene(image)
    bright = use(scene, tool)[0]
    np.testing.assert_array_equal(bright == 2, covered(tool) & (image > threshold))
    scene.annotation.undo()
    dark = use(scene, tool.model_copy(update={"side": "dark"}))[0]
    np.testing.assert_array_equal(dark == 2, covered(tool) & (image <= threshold))


def test_the_threshold_parts_two_greys_of_an_image_with_a_slope(make_scene, use):
    slope = np.linspace(0, 1000, SHAPE[2], dtype="f4")[None, None]
    things = np.zeros(SHAPE, bool)
    things[:, 8:14] = True
    image = (slope + 300 * things).astype("f4")
    tool = LocalThresholdBrush(points=((6, 12), (16, 12)), index=2, radius=2, surroundings=1)
    found = use(make_scene(image), tool)[0]
    np.testing.assert_array_equal(found == 1, covered(tool) & things)


def test_where_nothing_divides_the_image_there_is_a_sentence(make_scene):
    for value in (3, np.nan):
        scene = make_scene(np.full(SHAPE, value, "f4"))
        with pytest.raises(ValueError, match=r"single grey value .* look at larger surroundings"):
            LocalThresholdBrush(points=((3, 3),)).edit(scene)


def test_a_huge_range_of_integers_needs_no_memory(make_scene, use):
    image = np.zeros(SHAPE, "u8")
    image[0, 3, 3] = 2**63
    found = use(make_scene(image), LocalThresholdBrush(points=((3, 3),)))[0]
    assert np.argwhere(found == 1).tolist() == [[0, 3, 3]]


def test_an_empty_window_is_refused():
    with pytest.raises(ValueError, match="the window from 5 to 2 is empty"):
        ThresholdBrush(points=((3, 3),), low=5, high=2)


def superpixels(ndim):
    """Cells of a random grid; in 2D they end with their slice."""
    z, y, x = np.indices(SHAPE)
    depth = z if ndim == 2 else z // 4
    return (1 + depth * 100 + y // 5 * 10 + (x + y // 5) // 6).astype("u4")


@pytest.mark.parametrize(("axis", "number"), AXES)
@pytest.mark.parametrize("where", WHERE)
@pytest.mark.parametrize("ndim", [2, 3])
def test_whole_superpixels_are_marked(make_scene, use, axis, number, where, ndim):
    ids = superpixels(ndim)
    scene = make_scene(np.zeros(SHAPE), superpixels=ids)
    tool = SuperpixelBrush(**where, axis=axis, label=3)
    expected = np.isin(ids, np.unique(ids[covered(tool)]))
    np.testing.assert_array_equal(use(scene, tool)[0], np.where(expected, 3, -1))


def test_a_large_superpixel_is_marked_to_its_end(make_scene, use):
    ids = np.ones((1, 30, 400), "u4")
    ids[0, :, 390:] = 2
    scene = make_scene(np.zeros(ids.shape), superpixels=ids)
    found = use(scene, SuperpixelBrush(points=((4, 4),), radius=0))[0]
    np.testing.assert_array_equal(found == 1, ids == 1)


def test_without_superpixels_there_is_a_sentence(make_scene):
    with pytest.raises(ValueError, match="no superpixels yet; generate them first"):
        SuperpixelBrush(points=((4, 4),)).edit(make_scene(np.zeros(SHAPE)))


@pytest.mark.parametrize("kind", [SuperpixelBrush, ThresholdBrush, LocalThresholdBrush, Paint])
def test_outside_the_image_nothing_is_marked(make_scene, kind):
    tool = kind(points=((-40, 4),), radius=2)
    assert tool.edit(make_scene(np.zeros(SHAPE))).voxel_count == 0
