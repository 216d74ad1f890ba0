import numpy as np
import pytest
from scipy import ndimage

from annotat_nb.annotation import CopyToNextSlice, Interpolate, Lasso, Paint
from annotat_nb.annotation.tools import interpolating

SHAPE = (21, 22, 23)
AXES = [("z", 0), ("y", 1), ("x", 2)]


def draw(scene, kind=Paint, **fields):
    scene.annotation.make(kind(**fields).edit(scene))


def disk(center, radius, plane):
    rows, columns = np.ogrid[: plane[0], : plane[1]]
    return (rows - center[0]) ** 2 + (columns - center[1]) ** 2 <= radius**2


@pytest.mark.parametrize(("axis", "number"), AXES)
@pytest.mark.parametrize("direction", [1, -1])
@pytest.mark.parametrize("label", [None, 2])
def test_markers_are_copied_to_the_neighbour_where_nothing_is_marked(
    make_scene, use, axis, number, direction, label
):
    scene = make_scene(np.zeros(SHAPE))
    for value, column in ((0, 4), (1, 8), (2, 12)):
        draw(scene, points=((5, column),), axis=axis, index=10, label=value, radius=3)
    draw(scene, points=((5, 10),), axis=axis, index=10 + direction, label=3, radius=2)
    expected = np.array(scene.annotation.markers.data)
    planes = np.moveaxis(expected, number, 0)
    source, target = planes[10], planes[10 + direction]
    copied = source >= 0 if label is None else source == label
    target[copied & (target == -1)] = source[copied & (target == -1)]
    tool = CopyToNextSlice(axis=axis, index=10, direction=direction, label=label)
    np.testing.assert_array_equal(use(scene, tool)[0], expected)


@pytest.mark.parametrize(("index", "direction"), [(20, 1), (0, -1)])
def test_the_last_slice_has_no_neighbour(make_scene, index, direction):
    with pytest.raises(ValueError, match=f"z = {index} is the last one in this direction"):
        CopyToNextSlice(index=index, direction=direction).edit(make_scene(np.zeros(SHAPE)))


def test_an_unknown_class_cannot_be_copied(make_scene):
    with pytest.raises(KeyError, match="there is no class 9"):
        CopyToNextSlice(label=9).edit(make_scene(np.zeros(SHAPE)))


def signed(mask):
    """The signed distance in the whole slice, outside of which nothing is painted."""
    mask = np.pad(mask, 1)
    distance = ndimage.distance_transform_edt(mask) - ndimage.distance_transform_edt(~mask)
    return distance[1:-1, 1:-1]


def painted(scene, axis):
    """A class in slices 2, 7, 8 and 15, large and small, at a border, and another one."""
    for index, center, radius in ((2, (8, 8), 6), (7, (12, 12), 3), (8, (3, 15), 5)):
        draw(scene, points=(center,), axis=axis, index=index, label=2, radius=radius)
    draw(scene, points=((0, 20), (12, 4)), axis=axis, index=15, label=2, radius=3)
    draw(scene, points=((9, 9),), axis=axis, index=4, label=1, radius=2)


@pytest.mark.parametrize(("axis", "number"), AXES)
def test_shapes_are_blended_by_their_signed_distance(make_scene, use, axis, number):
    scene = make_scene(np.zeros(SHAPE))
    painted(scene, axis)
    expected = np.array(scene.annotation.markers.data)
    planes = np.moveaxis(expected, number, 0)
    for begin, end in ((2, 7), (8, 15)):
        one, two = signed(planes[begin] == 2), signed(planes[end] == 2)
        for index in range(begin + 1, end):
            share = (index - begin) / (end - begin)
            inside = (1 - share) * one + share * two > 0
            planes[index][inside & (planes[index] == -1)] = 2
    found = use(scene, Interpolate(label=2, axis=axis))[0]
    np.testing.assert_array_equal(found, expected)
    assert len(scene.annotation.history.done[-1].edit.strokes) == 1


def test_only_the_slices_that_are_asked_for_are_looked_at(make_scene, use):
    scene = make_scene(np.zeros(SHAPE))
    painted(scene, "z")
    found = use(scene, Interpolate(label=2, first=5, last=15))[0]
    marked = (found == 2).any((1, 2))
    assert np.flatnonzero(marked).tolist() == [2, *range(7, 16)]


@pytest.mark.parametrize(("axis", "number"), AXES)
def test_the_random_walker_keeps_to_the_edges_of_a_bent_object(make_scene, use, axis, number):
    image, truth = np.zeros(SHAPE, "f4"), np.zeros(SHAPE, bool)
    planes, inside = np.moveaxis(image, number, 0), np.moveaxis(truth, number, 0)
    for index in range(20):
        bend = round(5 * np.sin(index / 12 * np.pi))
        inside[index] = disk((10, 8 + bend), 4, planes.shape[1:])
    planes[inside] = 100
    image += np.random.default_rng(0).normal(0, 10, SHAPE)
    overlaps = {}
    for method in ("shape", "image"):
        scene = make_scene(image)
        for index in (0, 12):
            draw(scene, points=((10, 8),), axis=axis, index=index, label=2, radius=4)
        found = np.moveaxis(
            use(scene, Interpolate(label=2, axis=axis, method=method))[0], number, 0
        )
        one, other = found[1:12] == 2, inside[1:12]
        overlaps[method] = 2 * (one & other).sum() / (one.sum() + other.sum())
    assert overlaps["image"] > 0.97 > 0.8 > overlaps["shape"]


def test_where_the_image_shows_nothing_the_random_walker_still_answers(make_scene, use):
    for value in (7, np.nan):
        scene = make_scene(np.full(SHAPE, value, "f4"))
        for index in (4, 8):
            draw(scene, points=((10, 11),), index=index, label=2, radius=4)
        found = use(scene, Interpolate(label=2, method="image"))[0]
        chance = np.zeros((5, *SHAPE[1:]))
        chance[[0, -1]] = disk((10, 11), 4, SHAPE[1:])
        for _ in range(2000):  # a step to each of six neighbours is as likely; walls send back
            stay = np.pad(chance, ((0, 0), (1, 1), (1, 1)), mode="edge")
            sides = stay[:, :-2, 1:-1] + stay[:, 2:, 1:-1] + stay[:, 1:-1, :-2] + stay[:, 1:-1, 2:]
            chance[1:-1] = (sides[1:-1] + chance[:-2] + chance[2:]) / 6
        np.testing.assert_array_equal(found[4:9] == 2, chance > 0.5)
        assert (found[[*range(4), *range(9, 21)]] == -1).all()


def test_a_class_that_fills_both_slices_fills_those_between(make_scene, use):
    shape = (5, 6, 7)
    scene = make_scene(np.random.default_rng(0).random(shape))
    for index in (0, 4):
        corners = ((0, 0), (0, 6), (5, 6), (5, 0))
        draw(scene, Lasso, points=corners, index=index, label=2)
    for method in ("shape", "image"):
        assert (use(scene, Interpolate(label=2, method=method))[0] == 2).all()
        scene.annotation.undo()


def test_too_much_for_the_random_walker_is_refused(make_scene, monkeypatch):
    monkeypatch.setattr(interpolating, "MOST_WALKED", 1000)
    scene = make_scene(np.zeros(SHAPE))
    painted(scene, "z")
    with pytest.raises(ValueError, match=r"between slices 2 and 7 .* or interpolate by shape"):
        Interpolate(label=2, method="image").edit(scene)


@pytest.mark.parametrize(
    "fields", [{"label": 3}, {"label": 1}, {"label": 2, "first": 7, "last": 8}]
)
def test_without_slices_between_there_is_a_sentence(make_scene, fields):
    scene = make_scene(np.zeros(SHAPE))
    painted(scene, "z")
    with pytest.raises(ValueError, match="paint its whole area in two slices across z"):
        Interpolate(**fields).edit(scene)


def test_a_slice_that_does_not_exist_is_refused(make_scene):
    with pytest.raises(ValueError, match="z = 21 does not exist; z goes from 0 to 20"):
        Interpolate(last=21).edit(make_scene(np.zeros(SHAPE)))
