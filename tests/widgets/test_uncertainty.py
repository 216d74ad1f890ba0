"""The uncertainty over the slice: right, in time, and with a word where there is none."""

import gc
import threading
import weakref

import numpy as np
import pytest

import annotat_nb as an
from annotat_nb.rendering import Seen, Tile, uncertainty_levels, uncertainty_table, whole_tile
from annotat_nb.widgets import uncertainty_pictures
from annotat_nb.widgets.uncertainty_pictures import Sources, bands

FAST = an.RandomForest(n_estimators=10)
PER_VOXEL = an.Pipeline(superpixels=None, classifier=FAST)
PER_SUPERPIXEL = an.Pipeline(superpixels=an.Waterpixels(seed_spacing=4), classifier=FAST)


@pytest.fixture
def applied(painted):
    """A session that was segmented by superpixels."""
    painted.pipeline = PER_SUPERPIXEL
    painted.generate_superpixels()
    painted.apply()
    return painted


@pytest.fixture
def gate(monkeypatch):
    """Holds each band until the gate is open; `inside` tells that one is held."""
    gate, inside, levels = threading.Event(), threading.Event(), Sources.levels

    def held(self, tile):
        inside.set()
        assert gate.wait(20)
        return levels(self, tile)

    monkeypatch.setattr(Sources, "levels", held)
    monkeypatch.setattr(uncertainty_pictures, "BAND", 400)
    gate.inside = inside
    return gate


def shown(app):
    return app.canvas.near.planes["uncertainty"]


def finish(app):
    """Wait until what was asked for is drawn."""
    job = app.panels.view._uncertainty._job
    assert job.wait(20)
    assert job.state == "done"


@pytest.mark.parametrize(("axis", "index"), [("z", 2), ("z", 0), ("y", 14), ("x", 20)])
def test_the_layer_is_the_uncertainty_of_the_slice(applied, axis, index):
    app = an.Annotator(applied)
    applied.show(show_uncertainty=True, axis=axis, **{axis: index})
    expected = uncertainty_levels(np.asarray(applied.uncertainty).take(index, "zyx".index(axis)))
    assert len(np.unique(expected)) > 1
    np.testing.assert_array_equal(shown(app).ids, expected)
    np.testing.assert_array_equal(shown(app).palette, uncertainty_table())
    assert app.canvas.legend.layout.display == ""
    assert app.canvas.legend.text.value == "Uncertainty"
    app.close()


def test_it_is_off_at_first_and_goes_with_its_legend(app, applied):
    assert "uncertainty" not in app.canvas.near.planes
    assert not app.canvas.pen.visible["uncertainty"]
    app.canvas.key_pressed.emit("U")
    assert app.canvas.pen.visible["uncertainty"]
    assert app.panels.show.uncertainty.value
    app.panels.show.uncertainty_opacity.value = 0.4
    assert app.canvas.pen.opacity["uncertainty"] == 0.4
    app.canvas.key_pressed.emit("U")
    assert not app.canvas.pen.visible["uncertainty"]
    assert app.canvas.legend.layout.display == "none"


def test_another_apply_is_another_picture(app, applied):
    applied.show(show_uncertainty=True)
    before = shown(app).ids.copy()
    applied.paint([(25, 5), (25, 35)], index=2, label=1, radius=1)
    applied.apply()
    expected = uncertainty_levels(applied.uncertainty[2])
    assert (expected != before).any()
    np.testing.assert_array_equal(shown(app).ids, expected)


def test_a_preview_has_its_own_and_says_where_there_is_none(app, painted):
    painted.generate_superpixels()
    painted.preview(axis="z", index=1)
    painted.show(show_uncertainty=True, z=1)
    expected = uncertainty_levels(painted.previewed.probabilities.uncertainty[1])
    np.testing.assert_array_equal(shown(app).ids, expected)
    assert expected.all()
    painted.show(z=3)
    assert "uncertainty" not in app.canvas.near.planes
    assert "This slice was not previewed" in app.canvas.legend.text.value


def test_a_preview_lies_over_what_apply_found(app, applied):
    applied.paint([(25, 5), (25, 35)], index=2, label=1, radius=1)
    applied.preview(axis="y", index=14)
    applied.show(show_uncertainty=True, axis="z", z=2)
    fresh = np.asarray(applied.previewed.probabilities.uncertainty[2])
    side = applied.previewed.box[1]
    fresh[: side.start] = fresh[side.stop :] = np.nan
    expected = np.where(np.isnan(fresh), applied.uncertainty[2], fresh)
    assert 0 < np.isnan(fresh).mean() < 1
    np.testing.assert_array_equal(shown(app).ids, uncertainty_levels(expected))


def test_single_voxels_are_computed_behind_the_scenes_band_by_band(app, painted, gate):
    painted.pipeline = PER_VOXEL
    painted.apply()
    painted.show(show_uncertainty=True)
    assert gate.inside.wait(20)
    assert not shown(app).ids.any()
    assert app.canvas.legend.text.value == "Computing the uncertainty of this slice · 0%"
    painted.paint([(25, 5)], index=2, label=1, radius=1)  # nothing waits for it
    gate.set()
    finish(app)
    np.testing.assert_array_equal(shown(app).ids, uncertainty_levels(painted.uncertainty[2]))
    assert app.canvas.legend.text.value == "Uncertainty"


def test_what_is_no_longer_shown_is_dropped_and_known_to_who_comes_back(app, painted, gate):
    painted.pipeline = PER_VOXEL
    painted.apply()
    painted.show(show_uncertainty=True)
    assert gate.inside.wait(20)
    held = app.panels.view._uncertainty._job
    painted.show(z=1)
    assert not shown(app).ids.any()
    gate.set()
    finish(app)
    assert held.state == "cancelled"
    np.testing.assert_array_equal(shown(app).ids, uncertainty_levels(painted.uncertainty[1]))
    gate.clear()
    painted.show(show_uncertainty=False)
    painted.show(show_uncertainty=True)
    np.testing.assert_array_equal(shown(app).ids, uncertainty_levels(painted.uncertainty[1]))
    assert app.canvas.legend.text.value == "Uncertainty"


def test_what_cannot_be_computed_is_said_once(app, painted, monkeypatch):
    painted.pipeline = PER_VOXEL
    painted.apply()

    def fail(self, tile):
        raise MemoryError

    monkeypatch.setattr(Sources, "levels", fail)
    painted.show(show_uncertainty=True)
    finish(app)
    assert app.canvas.legend.text.value == (
        "The uncertainty cannot be computed: There is not enough memory for this; close other "
        "notebooks, or crop the image"
    )


@pytest.fixture
def results(painted):
    """What was found so far, and did not go since."""
    found = weakref.WeakSet()
    painted.results.segmentation_changed.connect(lambda: found.add(painted.results.prediction))
    painted.results.preview_changed.connect(lambda: found.add(painted.previewed))
    return found


@pytest.mark.parametrize("pipeline", [PER_SUPERPIXEL, PER_VOXEL], ids=["superpixels", "voxels"])
@pytest.mark.parametrize("ends", ["shown", "hidden", "closed"])
def test_no_former_result_stays_in_memory(painted, results, pipeline, ends):
    painted.pipeline = PER_SUPERPIXEL
    painted.generate_superpixels()
    painted.pipeline = pipeline
    app = an.Annotator(painted)
    runner = app.panels.view._uncertainty._runner
    painted.show(show_uncertainty=True)
    for row in (20, 22, 24):
        painted.preview(axis="z", index=2)
        painted.apply()
        painted.show(z=1)
        painted.show(z=2)
        painted.paint([(row, 5), (row, 35)], index=2, label=1, radius=1)
    painted.show(show_uncertainty=ends != "hidden")
    if ends == "closed":
        app.close()
        painted.apply()
    runner.close()
    gc.collect()
    assert list(results) == [painted.results.prediction]
    app.close()


def line(app):
    items = [item for menu in app.menu.menus for item in menu["items"]]
    return next(item for item in items if item["label"] == "Show uncertainty")


def test_where_nothing_is_known_it_rests_and_says_why(app, painted, tmp_path):
    assert line(app)["reason"] == "Nothing is classified yet: press Preview or Apply first"
    assert app.panels.show.uncertainty.disabled
    app.canvas.key_pressed.emit("U")
    assert not painted.view.show_uncertainty
    assert app.message.text == line(app)["reason"]
    painted.pipeline = PER_VOXEL
    painted.apply()
    assert line(app)["reason"] is None
    assert not app.panels.show.uncertainty.disabled
    painted.show(show_uncertainty=True)
    painted.load_label(painted.save_label(tmp_path / "label.tif"))
    assert app.canvas.legend.text.value.startswith("Of this label only the classes were kept")
    assert line(app)["checked"]
    assert line(app)["reason"] is None  # it can be switched off
    app.menu.run("View", "Show uncertainty")
    assert line(app)["reason"].startswith("Of this label only the classes were kept")


def test_after_reopening_it_says_that_the_classes_alone_were_kept(volume, tmp_path):
    with an.Session(volume, workspace=tmp_path / "a.annotat") as session:
        session.classes.add("block")
        session.paint([(14, 14), (14, 26)], index=2, label=1, radius=2)
        session.paint([(3, 3), (3, 36)], index=2, label=0, radius=2)
        session.pipeline = PER_VOXEL
        session.apply()
        session.show(show_uncertainty=True)
    with an.open(tmp_path / "a.annotat") as session:
        app = an.Annotator(session)
        assert session.view.show_uncertainty
        assert app.canvas.legend.text.value.startswith("Of this label only the classes were kept")
        app.close()


def test_the_status_line_says_how_unsure_it_is_while_that_is_shown(app, applied):
    app.canvas.hovered.emit((14, 20))
    assert "uncertainty" not in app.panels.status.pointer.value
    applied.show(show_uncertainty=True)
    expected = applied.uncertainty[2, 14, 20]
    assert f"uncertainty {expected:.2f})" in app.panels.status.pointer.value


def test_of_a_large_slice_the_tile_and_its_surroundings_are_drawn():
    shape = (1, 2200, 2300)
    image = np.random.default_rng(0).integers(0, 255, shape).astype("uint8")
    with an.Session(an.Volume(image)) as session:
        session.classes.add("grain")
        session.paint([(5, 5), (5, 900)], label=0)
        session.paint([(500, 5), (500, 900)], label=1)
        session.pipeline = an.Pipeline(
            features=(an.Identity(),), superpixels=an.Waterpixels(seed_spacing=40), classifier=FAST
        )
        session.generate_superpixels()
        session.apply()
        app = an.Annotator(session)
        session.show(show_uncertainty=True)
        app.canvas.looked.emit(shape[1:], Seen(0, 0, 500, 700, 1.0))
        for sheet in (app.canvas.near, app.canvas.far):
            expected = uncertainty_levels(session.uncertainty[sheet.tile.across("z", 0)])
            np.testing.assert_array_equal(sheet.planes["uncertainty"].ids, expected)
        app.close()


@pytest.mark.parametrize(
    "tile", [whole_tile((300, 700)), Tile((9000, 9000), 30, 60, 8003, 7001, 4)]
)
@pytest.mark.parametrize("done", [0, 17])
def test_bands_cover_what_is_left_of_a_tile_once(tile, done):
    rows = np.zeros(tile.size[0], int)
    rows[:done] += 1
    for where, part in bands(tile, done):
        rows[where] += 1
        assert part.size == (where.stop - where.start, tile.size[1])
        assert tile.origin_of(part) == (where.start, 0)
    assert (rows == 1).all()
