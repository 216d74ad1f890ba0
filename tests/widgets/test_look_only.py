"""The Annotator over an image that is open elsewhere offers nothing that it would refuse."""

import numpy as np
import pytest

import annotat_nb as an
from annotat_nb.session.recorder import LOOK_ONLY


@pytest.fixture
def app(tmp_path):
    path = tmp_path / "block.annotat"
    volume = an.Volume(np.zeros((4, 32, 32), "uint8"), name="block")
    with an.Session(volume, path) as owner:
        owner.classes.add("block")
        owner.paint([(5, 5), (5, 20)], label=1)
        owner.show(label=1)
        session = an.open(path, read_only=True)
        app = an.Annotator(session)
        yield app
        app.close()
        session.close()


def test_what_would_change_the_image_is_disabled_and_says_why(app):
    panels = app.panels
    for button in (
        panels.classes.add,
        panels.classes.remove,
        panels.classes.rename,
        panels.toolbar.undo,
        panels.toolbar.redo,
        panels.brush.erase_all,
    ):
        assert (button.disabled, button.tooltip) == (True, LOOK_ONLY)
    assert panels.classes.list.is_fixed


def test_only_tools_for_looking_are_there(app):
    tools = app.panels.toolbar.tools
    assert dict(tools.options) == {"Position": "move", "Center": "center"}
    assert not app.canvas.pen.can_paint
    app.canvas.key_pressed.emit("E")
    assert app.message.text == LOOK_ONLY
    assert app.session.view.tool == app.canvas.pen.tool == tools.value == "move"


@pytest.mark.parametrize("line", ["Undo", "Redo", "Erase all markers…", "Brush by keyboard"])
def test_menus_say_why_nothing_can_be_changed(app, line):
    items = [item for menu in app.menu.menus for item in menu["items"]]
    assert next(item for item in items if item["label"] == line)["reason"] == LOOK_ONLY


def test_what_only_looks_stays(app):
    items = [item for menu in app.menu.menus for item in menu["items"]]
    assert not next(item for item in items if item["label"] == "Show markers")["reason"]
