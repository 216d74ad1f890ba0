import numpy as np
import pytest

import annotat_nb as an
from annotat_nb.session.brushes import BRUSHES, Drawn, options_of, tool_for
from annotat_nb.widgets.brush_choice import ICONS, KEYS
from annotat_nb.widgets.canvas import Stroke
from annotat_nb.widgets.slice_pictures import slice_id

REFUSED = {"Fill": "no closed outline", "Merge": "the stroke touches block only"}
LINE = [(9, 12), (9, 24), (16, 24), (9, 12)]


@pytest.fixture
def segmented(painted):
    painted.pipeline = an.Pipeline(superpixels=an.Waterpixels(seed_spacing=4), selection=None)
    painted.generate_superpixels()
    painted.apply()
    painted.show(label=1)
    return painted


@pytest.fixture
def draw(app):
    def draw(points, label=1, radius=2):
        number = slice_id(app.session.view)
        place = np.array(points, np.int32)
        app.canvas.stroked.emit(Stroke(17, place, radius, label, "paint", number))

    return draw


@pytest.mark.parametrize("brush", BRUSHES)
def test_a_stroke_does_what_the_tool_does_by_api(app, segmented, draw, brush):
    app.panels.brush.choice.kinds.value = brush
    assert (segmented.view.tool, segmented.view.brush) == ("paint", brush)
    before = np.asarray(segmented.segmentation.data)
    draw(LINE)
    marked = np.array(segmented.markers.data)
    tool = tool_for(brush, Drawn(LINE, "z", segmented.view.z, 2, 1), {}, segmented.volume)
    if brush in REFUSED:
        with pytest.raises(ValueError, match=REFUSED[brush]):
            segmented.edit(tool)
        assert REFUSED[brush] in app.message.text
    else:
        segmented.undo()
        assert not np.array_equal(np.array(segmented.markers.data), marked)
        segmented.edit(tool)
    np.testing.assert_array_equal(segmented.segmentation.data, before)
    np.testing.assert_array_equal(segmented.markers.data, marked)


def test_what_a_stroke_does_not_say_is_asked_for_and_kept(app, segmented, draw):
    choice = app.panels.brush.choice
    choice.kinds.value = "ThresholdBrush"
    choice.form.controls["low"].value = "120"
    assert segmented.view.brush_options == {"ThresholdBrush": {"low": 120.0, "high": None}}
    segmented.erase_all()
    draw(LINE)
    marked = np.array(segmented.markers.data) == 1
    assert marked.any()
    assert segmented.volume.data[marked].min() >= 120
    choice.form.controls["low"].value = "much"
    assert segmented.view.brush_options["ThresholdBrush"]["low"] == 120
    choice.kinds.value = "Paint"
    assert choice.form is None
    choice.kinds.value = "ThresholdBrush"
    assert choice.form.controls["low"].value in ("120", "much")


def test_every_brush_has_a_button_a_letter_and_a_menu_line(app):
    assert list(KEYS) == list(ICONS) == list(BRUSHES)
    lines = {item["label"]: item for menu in app.menu.menus for item in menu["items"]}
    for brush, kind in BRUSHES.items():
        assert lines[kind.title]["key"] == KEYS[brush]
    shown = app.panels.brush.choice.kinds
    assert all(f"({key})" in tip for key, tip in zip(KEYS.values(), shown.tooltips, strict=True))
    taken = [key for command in app.panels.commands for key in command.keys]
    assert len(taken) == len(set(taken))


def test_the_radius_rests_where_it_means_nothing(app, segmented):
    segmented.show(radius=7, brush="Lasso")
    assert app.canvas.pen.radius == 0
    assert app.panels.brush.radius.disabled
    assert segmented.view.radius == 7
    segmented.show(brush="Paint")
    assert app.canvas.pen.radius == 7
    assert not app.panels.brush.radius.disabled


def test_what_cannot_be_done_is_said_and_nothing_is_marked(app, painted, draw):
    painted.show(brush="Extend", tool="paint")
    before = np.array(painted.markers.data)
    draw(LINE)
    assert "there is no segmentation yet" in app.message.text
    np.testing.assert_array_equal(painted.markers.data, before)


def test_the_brush_comes_back_with_the_workspace(volume, tmp_path):
    with an.Session(volume, tmp_path / "w.annotat") as session:
        session.show(brush="Lasso", brush_options={"Lasso": {"mode": "subtract"}})
    with an.open(tmp_path / "w.annotat") as again:
        assert again.view.brush == "Lasso"
        assert again.view.brush_options == {"Lasso": {"mode": "subtract"}}


def test_tools_of_the_menu_ask_and_work_in_the_background(app, segmented, wait):
    app.menu.run("Annotate", "Morphology…")
    form = app.dialogs.shown.children[1]
    assert form.controls["label"].label == "block"
    form.controls["operation"].value = "erode"
    before = np.count_nonzero(segmented.segmentation.data)
    app.dialogs.shown.children[-1].children[0].click()
    wait(app)
    assert 0 < np.count_nonzero(segmented.segmentation.data) < before
    assert segmented.changes_since_apply == 0  # it is in the label, which Apply would make anew
    segmented.undo()
    assert np.count_nonzero(segmented.segmentation.data) == before


def test_classes_are_merged_by_a_dialog(app, segmented, wait):
    segmented.classes.add("other")
    segmented.paint([(25, 5)], index=1, label=2, radius=1)
    app.menu.run("Annotate", "Merge classes…")
    shown = app.dialogs.shown
    shown.children[1].children[0].value = (1, 2)
    shown.children[-1].children[0].click()
    wait(app)
    assert [item.id for item in segmented.classes] == [0, 1]
    assert segmented.markers.data[1, 25, 5] == 1


def test_a_tool_that_is_refused_keeps_its_dialog(app, segmented):
    app.menu.run("Annotate", "Merge classes…")
    app.dialogs.shown.children[-1].children[0].click()
    assert app.dialogs.shown.children[2].value
    assert options_of(an.Lasso) == ["mode"]


def test_copying_goes_on_to_the_next_slice(app, segmented):
    segmented.show(z=2)
    marked = np.array(segmented.markers.data[2])
    app.menu.run("Annotate", "Copy to next slice")
    assert segmented.view.z == 3
    np.testing.assert_array_equal(segmented.markers.data[3], marked)
