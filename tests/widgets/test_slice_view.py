"""Large slices reach the canvas as the tile that is seen, and coarsely."""

import numpy as np
import pytest

import annotat_nb as an
from annotat_nb.annotation import LabelImage
from annotat_nb.classify import Prediction
from annotat_nb.rendering import Seen, boundaries, to_grey
from annotat_nb.session.engine import Superpixels

SHAPE = (2, 2500, 4100)
WINDOW = (1000, 60000)
CORNER = Seen(2100, 3300, 2500, 4100, 1.0)


@pytest.fixture(scope="module")
def data():
    return np.random.default_rng(0).integers(0, 2**16, SHAPE).astype("uint16")


@pytest.fixture
def session(data):
    with an.Session(an.Volume(data)) as session:
        session.classes.add("grain")
        session.show(z=1, window=WINDOW, show_superpixels=True)
        yield session


@pytest.fixture
def canvas(session):
    app = an.Annotator(session)
    yield app.canvas
    app.close()


def look(canvas, seen, shape=SHAPE[1:]):
    canvas.looked.emit(shape, seen)


def grey(data, tile, z=1):
    return to_grey(data[tile.across("z", z)], *WINDOW)


def test_at_first_the_whole_slice_is_shown_by_every_third_voxel(canvas, data):
    assert canvas.near.tile.is_whole
    np.testing.assert_array_equal(
        canvas.near.planes["slice"].ids, to_grey(data[1, ::3, ::3], *WINDOW)
    )
    assert canvas.far.tile is None
    assert (canvas.pen.height, canvas.pen.width) == SHAPE[1:]


def test_where_one_looks_every_voxel_is_shown_and_coarsely_what_is_around(canvas, data):
    look(canvas, CORNER)
    tile = canvas.near.tile
    assert (tile.step, tile.bottom, tile.right) == (1, 2500, 4100)
    np.testing.assert_array_equal(canvas.near.planes["slice"].ids, grey(data, tile))
    assert canvas.far.tile.is_whole
    np.testing.assert_array_equal(canvas.far.planes["slice"].ids, grey(data, canvas.far.tile))
    assert max(canvas.far.tile.size) <= 1024


def test_moving_inside_the_tile_sends_nothing(canvas, session):
    look(canvas, CORNER)
    before = canvas.near.planes["slice"]
    look(canvas, Seen(2000, 3200, 2400, 4000, 1.0))
    assert canvas.near.planes["slice"] is before
    look(canvas, Seen(0, 0, 400, 800, 1.0))
    assert canvas.near.planes["slice"] is not before


def test_a_look_at_a_slice_that_is_gone_is_ignored(canvas):
    look(canvas, CORNER, shape=(4100, 2500))
    assert canvas.near.tile.is_whole


def test_another_slice_keeps_the_tile_and_another_shape_is_shown_whole(canvas, session, data):
    look(canvas, CORNER)
    tile = canvas.near.tile
    session.show(z=0)
    assert canvas.near.tile == tile
    np.testing.assert_array_equal(canvas.near.planes["slice"].ids, grey(data, tile, z=0))
    np.testing.assert_array_equal(canvas.far.planes["slice"].ids, grey(data, canvas.far.tile, z=0))
    session.show(axis="y", y=7)
    assert canvas.near.tile.is_whole
    np.testing.assert_array_equal(
        canvas.near.planes["slice"].ids, to_grey(data[:, 7][::3, ::3], *WINDOW)
    )
    assert canvas.far.tile is None


def test_another_image_of_the_shape_is_shown_where_one_looks_and_the_former_draws_no_more(data):
    first, second = (an.Session(an.Volume(image)) for image in (data, data[::-1]))
    app = an.Annotator(first)
    look(app.canvas, CORNER)
    tile, late = app.canvas.near.tile, app.panels.view
    app.attach(second)
    assert app.canvas.near.tile == tile
    shown = [sheet.planes["slice"] for sheet in (app.canvas.near, app.canvas.far)]
    late._draw_slice()
    late._draw_far()
    assert [sheet.planes["slice"] for sheet in (app.canvas.near, app.canvas.far)] == shown
    app.close()


def test_a_stroke_is_drawn_in_the_tile_and_coarsely_around_it(canvas, session):
    look(canvas, CORNER)
    session.paint([(2490, 4090), (2499, 4099)], index=1, label=1, radius=0)
    session.paint([(10, 10), (10, 11)], index=1, label=1, radius=0)
    for sheet in (canvas.near, canvas.far):
        tile, shown = sheet.tile, sheet.planes["markers"].ids
        expected = session.markers.read_coarsely(tile.box("z", 1), tile.step)[0]
        np.testing.assert_array_equal(shown.astype(int) - 1, expected)
    assert (canvas.near.planes["markers"].ids > 0).sum() == 10


def test_labels_and_boundaries_follow_the_tile(canvas, session):
    labels = np.random.default_rng(1).integers(0, 2, SHAPE).astype("uint8")
    ids = (np.arange(SHAPE[1])[:, None] // 7 * 1000 + np.arange(SHAPE[2]) // 7 + 1).astype("u4")
    session.annotation.set_labels(LabelImage(labels))
    session.results.superpixels = Superpixels(
        LabelImage(np.stack([ids, ids])), None, int(ids.max())
    )
    look(canvas, CORNER)
    inside = canvas.near.tile.across("z", 1)
    planes = canvas.near.planes
    np.testing.assert_array_equal(planes["labels"].ids, labels[inside].astype(int) + 1)
    np.testing.assert_array_equal(planes["boundaries"].ids, boundaries(ids[inside[1:]]))
    coarse = canvas.far.tile.across("z", 1)
    np.testing.assert_array_equal(canvas.far.planes["labels"].ids, labels[coarse].astype(int) + 1)
    far, near = canvas.far.planes["boundaries"], canvas.near.planes["boundaries"]
    assert near.palette[1, 3] == 255
    # Where nothing is left between the lines, they let the image through.
    assert far.ids.mean() > 0.6
    assert far.ids.mean() * far.palette[1, 3] / 255 == pytest.approx(0.25, abs=0.01)


def test_a_preview_lies_over_the_labels_where_it_has_any(canvas, session):
    labels = np.zeros(SHAPE, "uint8")
    session.annotation.set_labels(LabelImage(labels))
    box = slice(1, 2), slice(2000, 2450), slice(50, 4000)
    found = np.random.default_rng(2).integers(-1, 2, [s.stop - s.start for s in box])
    session.results.preview = Prediction(box, found.astype("int16"), np.arange(2), None)
    look(canvas, CORNER)
    labels[box] = np.maximum(found, 0)
    for sheet in (canvas.near, canvas.far):
        expected = labels[sheet.tile.across("z", 1)].astype(int) + 1
        np.testing.assert_array_equal(sheet.planes["labels"].ids, expected)


def test_another_contrast_reaches_tile_and_surroundings(canvas, session, data):
    look(canvas, CORNER)
    session.show(window=(20000, 30000))
    for sheet in (canvas.near, canvas.far):
        expected = to_grey(data[sheet.tile.across("z", 1)], 20000, 30000)
        np.testing.assert_array_equal(sheet.planes["slice"].ids, expected)
    assert canvas.pen.window == pytest.approx((0, 255))


def test_the_visualization_image_is_shown_by_tiles_too(canvas, session, data):
    look(canvas, CORNER)
    session.visualization = an.Volume((data // 257).astype("uint8"))
    session.show(image="alternative")
    inside = canvas.near.tile.across("z", 1)
    np.testing.assert_array_equal(
        canvas.near.planes["slice"].ids, (data[inside] // 257).astype("uint8")
    )
