import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage
from skimage.segmentation import flood

from annotat_nb.annotation import Fill, FillHoles, FloodFill, Paint
from annotat_nb.annotation.growing import parts_at

SHAPE = (12, 13, 15)
AXES = [("z", 0), ("y", 1), ("x", 2)]
RING = ((2, 2), (2, 9), (9, 9), (9, 2), (2, 2))
BOX = tuple(slice(0, extent) for extent in SHAPE)


def draw(scene, points, **fields):
    scene.annotation.make(Paint(points=points, radius=0, **fields).edit(scene))


@pytest.mark.parametrize(("axis", "number"), AXES)
@pytest.mark.parametrize("shift", [0, 2])
def test_fill_marks_what_an_outline_encloses(make_scene, use, axis, number, shift):
    scene = make_scene(np.zeros(SHAPE))
    ring = [(row + shift, column + shift) for row, column in RING]
    draw(scene, ring, label=2, axis=axis, index=5)
    draw(scene, [(7, 5), (7, 7)], label=1, axis=axis, index=5)
    before = np.array(scene.annotation.markers.data)
    tool = Fill(point=(5, 5), label=2, axis=axis, index=5)
    expected = before.copy()
    plane = np.moveaxis(expected, number, 0)[5]
    inside = plane[3 + shift : 9 + shift, 3 + shift : 9 + shift]
    inside[inside == -1] = 2
    np.testing.assert_array_equal(use(scene, tool)[0], expected)


def test_an_open_outline_is_not_filled(make_scene):
    scene = make_scene(np.zeros(SHAPE))
    draw(scene, RING[:-1], label=2)
    with pytest.raises(ValueError, match=r"no closed outline of thing 2 .* draw the missing piece"):
        Fill(point=(5, 5), label=2).edit(scene)


@pytest.mark.parametrize("point", [(0, 6), (12, 6), (6, 0), (6, 14)])
def test_what_lies_outside_at_any_border_is_not_filled(make_scene, point):
    scene = make_scene(np.zeros(SHAPE))
    draw(scene, RING, label=2)
    with pytest.raises(ValueError, match="no closed outline"):
        Fill(point=point, label=2).edit(scene)


def test_on_the_outline_nothing_happens(make_scene):
    scene = make_scene(np.zeros(SHAPE))
    draw(scene, RING, label=2)
    assert Fill(point=RING[0], label=2).edit(scene).voxel_count == 0


@pytest.mark.parametrize(("axis", "number"), AXES)
def test_fill_holes_is_that_of_scipy_and_leaves_other_markers(make_scene, use, axis, number):
    scene = make_scene(np.zeros(SHAPE))
    rng = np.random.default_rng(0)
    for row, column in rng.integers(0, 15, (90, 2)).tolist():
        draw(scene, [(row, column)], label=2, axis=axis, index=7)
    draw(scene, RING, label=2, axis=axis, index=7)
    draw(scene, [(5, 5)], label=1, axis=axis, index=7)
    expected = np.array(scene.annotation.markers.data)
    plane = np.moveaxis(expected, number, 0)[7]
    plane[ndimage.binary_fill_holes(plane == 2) & (plane == -1)] = 2
    found = use(scene, FillHoles(label=2, axis=axis, index=7))[0]
    np.testing.assert_array_equal(found, expected)
    assert np.moveaxis(found, number, 0)[7][5, 5] == 1


@pytest.mark.parametrize(("axis", "number"), AXES)
@pytest.mark.parametrize("dtype", ["u1", "i2", "f4", "u8"])
@pytest.mark.parametrize(
    ("point", "depth", "tolerance"),
    [
        ((5, 5), 0, 60),
        ((0, 0), 3, 40.5),
        ((11, 12), 11, 255),
        ((11, 3), 2, 0),
    ],
)
def test_flood_fill_is_that_of_scikit_image_in_a_box(
    make_scene, use, axis, number, dtype, point, depth, tolerance
):
    image = np.random.default_rng(0).integers(0, 256, SHAPE).astype(dtype)
    scene = make_scene(image)
    draw(scene, [(5, 5), (5, 8)], label=1, axis=axis, index=6)
    before = np.array(scene.annotation.markers.data)
    where = {"point": point, "axis": axis, "index": 6, "depth": depth, "reach": 9}
    found = use(scene, FloodFill(label=2, tolerance=tolerance, **where))[0]
    box = tuple(slice(max(0, at - 9), at + 10) for at in point)
    depths = slice(max(0, 6 - depth), 7 + depth)
    part = np.moveaxis(image, number, 0)[(depths, *box)].astype(float)
    seed = (6 - depths.start, *(at - s.start for at, s in zip(point, box, strict=True)))
    expected = before.copy()
    view = np.moveaxis(expected, number, 0)[(depths, *box)]
    view[flood(part, seed, connectivity=1, tolerance=tolerance) & (view == -1)] = 2
    np.testing.assert_array_equal(found, expected)


def test_flood_fill_begins_at_a_finite_voxel_of_the_slice(make_scene):
    image = np.zeros(SHAPE, "f4")
    image[0, 2, 2], image[0, 2, 4] = np.nan, np.inf
    scene = make_scene(image)
    for point in ((2, 2), (2, 4)):
        with pytest.raises(ValueError, match="no finite value at this voxel"):
            FloodFill(point=point, tolerance=1).edit(scene)
    for kind in (Fill, FloodFill):
        more = {"tolerance": 1} if kind is FloodFill else {}
        with pytest.raises(ValueError, match=r"\(13, 0\) lies outside the slice"):
            kind(point=(13, 0), **more).edit(scene)
    assert FloodFill(point=(0, 0), tolerance=1).edit(scene).voxel_count == 13 * 15 - 2


@given(st.integers(0, 2**32), st.floats(0.2, 0.8), st.integers(1, 6))
@settings(deadline=None, max_examples=40)
def test_parts_are_those_of_the_whole_mask(seed, share, count):
    """On volumes much larger than what is read first, too."""
    rng = np.random.default_rng(seed)
    shape = tuple(rng.integers(1, 90, 3))
    mask = ndimage.zoom(rng.random((5, 6, 7)), np.array(shape) / (5, 6, 7), order=1) < share
    if mask.shape != shape:
        return
    seeds = np.unique(rng.integers(0, mask.size, count))
    box, found = parts_at(lambda at: mask[at], seeds, shape)
    whole, _ = ndimage.label(mask)
    numbers = np.unique(whole.flat[seeds])
    expected = np.isin(whole, numbers[numbers > 0])
    inside = np.zeros(shape, int)
    inside[box] = found
    np.testing.assert_array_equal(inside > 0, expected)
    assert len(np.unique(inside[expected])) == np.count_nonzero(numbers)
