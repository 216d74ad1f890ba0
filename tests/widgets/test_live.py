"""Live update in the page: a switch, a quiet word, and the picture that follows."""

import numpy as np
import pytest

import annotat_nb as an
from annotat_nb.session.recorder import LOOK_ONLY
from annotat_nb.widgets.live_switch import CANCELLED, CURRENT, UPDATING

FAST = an.Pipeline(
    superpixels=an.Waterpixels(seed_spacing=4), classifier=an.RandomForest(n_estimators=10)
)


@pytest.fixture
def switch(app, painted):
    """The switch over a session in which nothing is missing."""
    painted.pipeline = FAST
    painted.generate_superpixels()
    return app.panels.segmentation.live


def line(app):
    items = [item for menu in app.menu.menus for item in menu["items"]]
    return next(item for item in items if item["label"] == "Live update")


def test_switch_key_menu_and_session_are_one(app, painted, switch):
    assert not switch.tick.value
    assert line(app)["checked"] is False
    switch.tick.value = True
    assert painted.live
    assert painted.live_update.wait(20)
    assert line(app)["checked"] is True
    app.canvas.key_pressed.emit("Shift+L")
    assert not painted.live
    assert not switch.tick.value
    app.menu.run("Classification", "Live update")
    assert switch.tick.value
    painted.live = False
    assert not switch.tick.value
    assert switch.news.value == ""


def test_it_says_what_it_waits_for(app, painted):
    switch = app.panels.segmentation.live
    switch.tick.value = True
    assert switch.news.value.startswith("Waiting. Generate superpixels first")
    painted.pipeline = an.Pipeline(superpixels=None)
    painted.erase_all()
    assert switch.news.value.startswith("Waiting. Paint at least two classes first")


def test_it_is_quiet_where_jobs_are_loud(app, painted, switch, held_training):
    buttons = app.panels.segmentation.buttons
    switch.tick.value = True
    assert held_training.inside.wait(20)
    assert switch.news.value == UPDATING
    assert app.jobs.bar.layout.display == "none"
    assert app.message.layout.display != "none"
    assert app.message.text.startswith("Paint on: this slice follows your strokes")
    assert not app.jobs.is_busy
    assert not buttons["apply"].disabled
    held_training.set()
    assert painted.live_update.wait(20)
    assert switch.news.value == CURRENT


def test_an_update_that_was_cancelled_is_none(painted, switch, held_training):
    switch.tick.value = True
    assert held_training.inside.wait(20)
    painted.runner.cancel_all()
    held_training.set()
    painted.runner.submit("Next", lambda job: None, is_quiet=True).result()  # all is told by then
    assert switch.news.value == CANCELLED


def test_an_annotator_made_meanwhile_shows_no_job_either(painted, held_training):
    painted.pipeline = FAST
    painted.generate_superpixels()
    painted.live = True
    assert held_training.inside.wait(20)
    app = an.Annotator(painted)
    assert app.jobs.bar.job is None
    assert app.panels.segmentation.live.tick.value
    held_training.set()
    app.close()


def test_the_picture_follows_the_pen(app, painted, switch):
    switch.tick.value = True
    assert painted.live_update.wait(20)
    before = app.canvas.near.planes["labels"].ids.copy()
    painted.paint([(25, 5), (25, 35)], index=2, label=1, radius=2)
    assert painted.live_update.wait(20)
    shown = app.canvas.near.planes["labels"].ids
    assert (shown != before).any()
    preview = painted.previewed
    expected = preview.labels[2 - preview.box[0].start]
    np.testing.assert_array_equal(shown, expected.astype(int) + 1)


def test_apply_and_cancel_work_meanwhile(app, painted, switch, held_training, wait):
    switch.tick.value = True
    assert held_training.inside.wait(20)
    app.panels.segmentation.buttons["apply"].click()
    assert app.jobs.is_busy
    held_training.set()
    assert wait(app).name == "Apply"
    assert painted.live_update.wait(20)
    assert painted.changes_since_apply == 0
    assert app.message.text.startswith("Scroll through the slices")


def test_what_fails_is_said_where_it_belongs(app, painted, switch):
    painted.pipeline = FAST.model_copy(update={"selection": an.FeatureSelection(threshold=0.99)})
    switch.tick.value = True
    assert not painted.live_update.wait(20)
    assert "threshold" in switch.problem.value
    assert app.message.tone == "hint"
    assert "follows your strokes" not in app.message.text
    painted.pipeline = FAST
    assert painted.live_update.wait(20)
    assert switch.problem.value == ""


def test_where_nothing_can_be_changed_it_rests_and_says_why(volume, tmp_path):
    with (
        an.Session(volume, tmp_path / "a.annotat"),
        an.open(tmp_path / "a.annotat", read_only=True) as session,
    ):
        app = an.Annotator(session)
        tick = app.panels.segmentation.live.tick
        assert (tick.disabled, tick.tooltip) == (True, LOOK_ONLY)
        assert line(app)["reason"] == LOOK_ONLY
        app.close()
