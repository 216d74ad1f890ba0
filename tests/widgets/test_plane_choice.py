import ipywidgets as w
import numpy as np
import pytest
import tifffile

import annotat_nb as an
from annotat_nb.widgets.text import Line


@pytest.fixture
def paged(tmp_path, monkeypatch):
    monkeypatch.setattr("annotat_nb.io.layout.CACHE_BYTES", 1_000_000)
    values = np.random.default_rng(0).integers(0, 255, (40, 200, 200)).astype("uint8")
    tifffile.imwrite(tmp_path / "scan.tif", values, compression="zlib", photometric="minisblack")
    return tmp_path / "scan.tif"


@pytest.fixture
def app(paged, tmp_path):
    session = an.Session(an.read(paged), workspace=tmp_path / "scan.annotat")
    shown = an.Annotator(session)
    yield shown
    shown.close()
    session.close()


def answers(app):
    dialog = app.dialogs.shown
    return {} if dialog is None else {b.description: b for b in dialog.children[-1].children}


def question(app):
    return next(c.value for c in app.dialogs.shown.children if isinstance(c, Line | w.Label))


def test_a_slow_plane_is_offered_a_copy_and_shown_when_it_is_made(app):
    plane = app.panels.slices.plane
    plane.value = "y"
    assert plane.value == app.session.view.axis == "z"
    assert "Each XZ slice would be read from all 40 slices of scan.tif" in question(app)
    assert [b.button_style for b in answers(app).values()] == ["primary", "", ""]
    answers(app)["Make the copy"].click()
    job = app.session.runner.current
    assert job is None or job.wait(60)
    app.session.runner.submit("Wait", lambda job: None).wait()
    assert app.session.view.axis == "y"
    assert plane.value == "y"
    plane.value = "x"
    assert app.session.view.axis == "x"
    assert app.dialogs.shown is None


def test_a_slow_plane_can_be_shown_as_it_is(app):
    app.panels.slices.plane.value = "x"
    answers(app)["Show YZ slowly"].click()
    assert app.session.view.axis == app.panels.slices.plane.value == "x"


def test_cancel_leaves_the_plane(app):
    app.panels.slices.plane.value = "x"
    answers(app)["Cancel"].click()
    assert app.session.view.axis == app.panels.slices.plane.value == "z"


def test_without_a_workspace_the_reason_is_told(paged):
    app = an.Annotator(an.Session(an.read(paged)))
    app.panels.slices.plane.value = "y"
    assert "There is no workspace" in question(app)
    assert "Make the copy" not in answers(app)
    app.close()


def test_the_menu_makes_the_copy_once(app):
    command = next(c for c in app.panels.commands if "in blocks" in c.title)
    assert command.reason() is None
    command.act()
    app.session.runner.submit("Wait", lambda job: None).wait()
    assert "fast along all axes already" in command.reason()
