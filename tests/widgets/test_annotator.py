import subprocess
import sys
import threading
import time
from pathlib import Path

import ipywidgets
import numpy as np
import pytest
import tifffile

import annotat_nb as an
from annotat_nb.widgets import housekeeping
from annotat_nb.widgets.canvas import Stroke
from annotat_nb.widgets.housekeeping import Run
from annotat_nb.widgets.sentences import next_step, sentence
from annotat_nb.widgets.slice_pictures import slice_id

WIDGETS = ipywidgets.widgets.widget._instances


@pytest.fixture
def draw(app, draw_on):
    """Send a stroke as the pen does, on the slice that is shown."""

    return lambda *points, **how: draw_on(app, *points, **how)


@pytest.fixture
def draw_on():
    """Send a stroke to an Annotator, as its pen does."""

    def draw_on(app, *points, action="paint", label=1, radius=2):
        number = slice_id(app.session.view)
        place = np.array(points, np.int32)
        app.canvas.stroked.emit(Stroke(17, place, radius, label, action, number))

    return draw_on


def test_it_starts_empty_and_says_what_to_do():
    app = an.Annotator()
    assert app.session is None
    assert "File › Open image" in app.message.text
    assert [item["label"] for item in app.menu.menus[0]["items"]] == ["Open image…", "Close image"]
    assert app.menu.menus[0]["items"][1]["reason"] == "No image is open"
    app.close()


def test_all_that_did_not_come_back_is_said(session):
    session.notices = ("3 or more actions are lost", "The stored mask cannot be read any more")
    app = an.Annotator(session)
    assert app.message.text == ". ".join(session.notices)
    assert app.message.tone == "error"
    app.close()


def test_every_menu_of_the_original_is_there(app):
    lines = {menu["label"]: [item["label"] for item in menu["items"]] for menu in app.menu.menus}
    assert lines["File"] == [
        "Open image…",
        "Open visualization image…",
        "Save label…",
        "Load label…",
        "Save superpixels…",
        "Load superpixels…",
        "Close image",
    ]
    assert {"Undo", "Redo"} <= set(lines["Edit"])
    assert "Change colour map…" in lines["View"]
    assert "Change classifier parameters…" in lines["Classification"]
    assert lines["Help"] == ["Keys and mouse…"]


def test_closing_leaves_no_widget_behind(painted):
    before = set(WIDGETS)
    app = an.Annotator(painted)
    painted.generate_superpixels()
    painted.apply()
    app.menu.run("Classification", "Change classifier parameters…")
    app.menu.run("View", "Change colour map…")
    app.menu.run("File", "Save label…")
    app.close()
    assert set(WIDGETS) <= before


def test_running_the_cell_again_closes_the_former_widget(painted, monkeypatch):
    runs = iter([Run("cell", "1")] * 4 + [Run("cell", "2")] * 4)
    monkeypatch.setattr(housekeeping, "current_run", lambda: next(runs))
    first, beside = an.Annotator(painted), an.Annotator(painted)
    assert first.comm is not None
    count = len(WIDGETS)
    again, beside_again = an.Annotator(painted), an.Annotator(painted)
    assert first.comm is beside.comm is None
    assert len(WIDGETS) == count
    again.close()
    beside_again.close()


def test_a_pen_stroke_is_a_stroke_of_the_session(app, session, draw):
    session.show(axis="y", y=7)
    draw((1, 20), (2, 25), label=0, radius=1)
    with an.Session(session.volume) as other:
        other.paint([(1, 20), (2, 25)], axis="y", index=7, label=0, radius=1)
        expected = np.asarray(other.markers.data)
    np.testing.assert_array_equal(session.markers.slice("y", 7), expected[:, 7])


def test_a_stroke_lands_on_the_slice_that_was_on_screen(app, session):
    seen = slice_id(session.view)
    was = session.view.z
    session.step_slice(1)
    app.canvas.stroked.emit(Stroke(5, np.array([[25, 35]], np.int32), 0, 0, "paint", seen))
    assert session.markers.data[was, 25, 35] == 0
    assert session.markers.data[session.view.z, 25, 35] == -1


def test_the_right_button_erases_pixels_or_whole_strokes(app, session, draw):
    draw((14, 14), action="erase", radius=1)
    assert session.markers.data[2, 14, 14] == -1
    assert session.markers.data[2, 14, 26] == 1
    draw((14, 26), action="erase stroke")
    assert session.markers.stroke_count(1) == 0


def test_the_buttons_do_what_the_api_does(app, painted, volume, wait):
    for verb in ("generate_superpixels", "preview", "apply"):
        app.panels.segmentation.buttons[verb].click()
        assert wait(app).state == "done"
    with an.Session(volume) as other:
        other.classes.add("block")
        other.paint([(14, 14), (14, 26)], index=2, label=1, radius=2)
        other.paint([(3, 3), (3, 36)], index=2, label=0, radius=2)
        other.generate_superpixels()
        other.apply()
        np.testing.assert_array_equal(painted.segmentation.data, other.segmentation.data)
    assert app.panels.segmentation.count.value == f"{painted.superpixel_count:,}"


def test_a_button_that_rests_says_why(session):
    app = an.Annotator(session)
    buttons = app.panels.segmentation.buttons
    assert buttons["apply"].disabled
    assert "Generate superpixels first" in buttons["apply"].tooltip
    assert not buttons["generate_superpixels"].disabled
    app.close()


def test_the_next_step_is_always_named(session):
    said = [next_step(session)]
    session.classes.add("block")
    said.append(next_step(session))
    session.generate_superpixels()
    said.append(next_step(session))
    session.paint([(14, 14)], index=2, label=1, radius=2)
    said.append(next_step(session))
    session.paint([(3, 3)], index=2, label=0, radius=2)
    said.append(next_step(session))
    session.apply()
    said.append(next_step(session))
    session.undo()
    said.append(next_step(session))
    for words, expected in zip(
        said,
        (
            "Add a class",
            "Press Generate superpixels, then paint",
            "Paint at least two classes",
            "only block has strokes",
            "Press Preview",
            "Scroll through the slices",
            "1 change not in the label yet",
        ),
        strict=True,
    ):
        assert expected in words


def test_a_failed_job_is_one_sentence_with_details(app, painted, wait):
    painted.pipeline = an.Pipeline(superpixels=None, selection=an.FeatureSelection(threshold=0.99))
    app.panels.segmentation.buttons["apply"].click()
    assert wait(app).state == "failed"
    assert app.message.tone == "error"
    assert "threshold" in app.message.text
    assert "TrainingError" in app.message.details
    assert not app.panels.segmentation.buttons["apply"].disabled
    painted.paint([(20, 35)], label=0, radius=1)
    assert app.message.tone == "hint"


def test_cancel_stops_the_job(app, painted, monkeypatch, wait):
    def endless(_, report):
        while True:
            report("Working", 0.1)

    monkeypatch.setattr(painted._engine, "superpixels", endless)
    app.panels.segmentation.buttons["generate_superpixels"].click()
    app.jobs.bar.cancel.click()
    assert wait(app).state == "cancelled"
    assert painted.superpixels is None


def test_panels_follow_the_session_and_the_session_the_panels(app, session):
    session.show(axis="x", z=1, y=3, x=5, radius=9, tool="erase", label_opacity=0.8)
    panels = app.panels
    assert panels.slices.plane.value == "x"
    assert [slider.value for slider in panels.slices.sliders.values()] == [1, 3, 5]
    assert panels.brush.radius.value == app.canvas.pen.radius == 9
    assert panels.toolbar.tools.value == app.canvas.pen.tool == "erase"
    assert panels.show.opacity.value == app.canvas.pen.opacity["labels"] == 0.8
    panels.slices.sliders["z"].value = 2
    panels.slices.plane.value = "z"
    panels.brush.radius.value = 3
    panels.toolbar.tools.value = "paint"
    panels.show.superpixels.value = True
    panels.classes.list.selected = 1
    view = session.view
    assert (view.z, view.axis, view.radius, view.tool) == (2, "z", 3, "paint")
    assert view.show_superpixels
    assert view.label == app.canvas.pen.label == 1
    app.canvas.pen.label = 0
    assert session.view.label == panels.classes.list.selected == 0


def test_classes_are_edited_from_the_list(app, session):
    panel = app.panels.classes
    panel.add.click()
    assert [item["name"] for item in panel.list.classes] == ["Background", "block", "Class 1"]
    assert session.view.label == 2
    panel._receive(None, {"kind": "rename", "id": 2, "value": "pore"}, None)
    panel._receive(None, {"kind": "recolor", "id": 2, "value": "#010203"}, None)
    panel._receive(None, {"kind": "show", "id": 2, "value": False}, None)
    pore = session.classes[2]
    assert (pore.name, pore.color, pore.visible) == ("pore", "#010203", False)
    panel._receive(None, {"kind": "rename", "id": 2, "value": "block"}, None)
    assert "already a class 'block'" in app.message.text
    panel.remove.click()
    assert 2 not in session.classes
    assert panel.list.selected == 0
    assert panel.remove.disabled
    assert "Background stays" in panel.remove.tooltip


def test_removing_the_selected_class_selects_another(app, session):
    app.panels.classes.list.selected = 1
    app.panels.classes.remove.click()
    assert session.view.label == app.canvas.pen.label == 0


def test_keys_do_what_their_command_does(app, session):
    for key, name, value in (
        ("E", "tool", "erase"),
        ("M", "tool", "move"),
        ("D", "tool", "paint"),
        ("S", "show_superpixels", True),
        ("L", "show_labels", False),
        ("K", "show_markers", False),
        ("ArrowUp", "z", 3),
        ("ArrowDown", "z", 2),
    ):
        app.canvas.key_pressed.emit(key)
        assert getattr(session.view, name) == value
    app.canvas.key_pressed.emit("Ctrl+Z")
    assert session.markers.stroke_count() == 1
    app.canvas.key_pressed.emit("Ctrl+Shift+Z")
    assert session.markers.stroke_count() == 2
    app.canvas.key_pressed.emit("Shift+Enter")
    assert "Generate superpixels first" in app.message.text


def test_every_key_has_one_meaning(app):
    keys = [key for command in app.panels.commands for key in command.keys]
    assert len(keys) == len(set(keys))
    assert set(keys) == set(app.canvas.pen.shortcuts)


def test_who_paints_by_keyboard_hears_what_is_there_and_what_was_done(app, draw, monkeypatch):
    heard = []
    monkeypatch.setattr(app.canvas.pen, "send", heard.append)
    app.canvas.visited.emit(14, 20)
    assert heard[-1] == {"kind": "say", "place": app.panels.status.pointer.value}
    assert "y 14" in heard[-1]["place"]
    draw((25, 35), radius=1, label=1)
    assert heard[-1] == {"kind": "say", "news": "Stroke of block, 5 voxels"}
    draw((25, 35), radius=0, label=1, action="erase")
    assert heard[-1]["news"] == "Erased 1 voxel"
    draw((25, 35), radius=0, label=1, action="erase")
    assert heard[-1]["news"] == "Erased 0 voxels"


def test_wheel_and_center_move_through_the_volume(app, session):
    app.canvas.wheeled.emit(1)
    assert session.view.z == 1
    app.canvas.centred.emit(4, 9)
    assert session.view.position == (1, 4, 9)


def test_ctrl_click_isolates_a_class_and_with_shift_goes_to_its_centre(app, painted):
    painted.pipeline = an.Pipeline(superpixels=None, classifier=an.RandomForest(n_estimators=10))
    painted.apply()
    row, column = np.argwhere(painted.segmentation.data[2] == 1)[0].tolist()
    app.canvas.picked.emit(row, column, False)
    assert painted.classes.hidden == {0}
    app.canvas.picked.emit(row, column, False)
    assert painted.classes.hidden == frozenset()
    app.canvas.picked.emit(row, column, True)
    center = np.argwhere(painted.segmentation.data == 1).mean(axis=0)
    np.testing.assert_allclose(painted.view.position, center, atol=0.5)


def test_the_status_line_reads_the_voxel_under_the_pointer(app, painted):
    painted.pipeline = an.Pipeline(superpixels=None, classifier=an.RandomForest(n_estimators=10))
    painted.apply()
    app.canvas.hovered.emit((999, 999))
    assert app.panels.status.pointer.value == ""
    app.canvas.hovered.emit((14, 20))
    value = painted.volume.data[2, 14, 20]
    assert f"z 2  y 14  x 20  = {value}  · block (1.00)" in app.panels.status.pointer.value
    app.canvas.hovered.emit(None)
    assert app.panels.status.pointer.value == ""
    assert app.panels.status.image.value == "block.tif · 4×30×40 uint8 · 2×1×1 µm"


def test_the_save_state_is_true(app, painted, volume, tmp_path):
    assert app.saved.text == "2 strokes in memory only"
    with an.Session(volume, workspace=tmp_path / "a.annotat") as session:
        app.attach(session)
        session.paint([(1, 1)], label=0, radius=1)
        assert (app.saved.text, app.saved.tone) == ("1 stroke saved", "saved")
        app.attach(None)


def test_opening_an_image_replaces_the_present_one_and_keeps_its_work_beside_it(app, on_disk):
    app.open_image(on_disk)
    assert app.session.volume.name == "scan.tif"
    app.session.paint([(1, 1)], label=0, radius=1)
    assert (on_disk.parent / "scan.annotat" / "project.json").exists()
    app.menu.run("File", "Close image")
    assert app.session is None
    app.open_image(on_disk)
    assert app.session.markers.stroke_count() == 1


def test_a_workspace_of_another_image_is_left_alone(app, on_disk, tmp_path):
    an.Session(an.Volume(np.zeros((2, 2, 2))), workspace=tmp_path / "scan.annotat").close()
    app.open_image(on_disk)
    assert app.session.recorder.workspace.path.name == "scan-2.annotat"


def test_an_image_that_cannot_be_read_leaves_the_present_one(app, session, tmp_path, choose):
    (tmp_path / "bad.tif").write_bytes(b"II*\0nonsense")
    app.menu.run("File", "Open image…")
    app.dialogs.shown.children[1].children[1].click()  # Go on without saving
    choose(app, tmp_path / "bad.tif")
    assert app.dialogs.shown.status.value.startswith("bad.tif: ")
    assert app.message.tone == "hint"
    assert app.session is session


def test_files_are_chosen_in_dialogs(app, painted, on_disk, tmp_path, choose):
    painted.pipeline = an.Pipeline(superpixels=None, classifier=an.RandomForest(n_estimators=10))
    painted.apply()
    app.menu.run("File", "Save label…")
    choose(app, tmp_path / "labels.tif")
    assert app.dialogs.shown is None
    np.testing.assert_array_equal(
        tifffile.imread(tmp_path / "labels.tif"), painted.segmentation.data
    )
    app.menu.run("File", "Load label…")
    choose(app, tmp_path / "labels.tif")
    assert painted.segmentation.origin == "labels.tif"
    app.menu.run("File", "Open visualization image…")
    choose(app, on_disk)
    assert painted.visualization.name == "scan.tif"
    assert painted.view.image == "alternative"


def test_the_raw_dialog_is_filled_in_from_the_name(app, volume, tmp_path, choose):
    path = tmp_path / "block_40x30x4_8bits.raw"
    path.write_bytes(volume.data.tobytes())
    app.menu.run("File", "Open image…")
    app.dialogs.shown.children[1].children[1].click()  # Go on without saving
    choose(app, path)
    panel = app.dialogs.shown
    assert (panel.shape, panel.dtype.value) == ((4, 30, 40), "uint8")
    panel.sizes["x"].value = 41
    assert panel.ok.disabled
    assert "4,920 bytes, but the file has 4,800" in panel.fit.value
    panel.sizes["x"].value = 40
    panel.ok.click()
    np.testing.assert_array_equal(app.session.volume.data, volume.data)


def test_the_parameters_dialog_changes_the_pipeline(app, painted):
    app.panels.segmentation.parameters.click()
    app.dialogs.shown.pooling["max"].value = True
    app.dialogs.shown.ok.click()
    assert painted.pipeline == an.Pipeline(pooling=("mean", "max"))
    assert app.dialogs.shown is None
    assert "10 features" in app.panels.segmentation.summary.value


def test_a_colour_map_is_shown_at_once_and_cancelled(app, session):
    app.menu.run("View", "Change colour map…")
    _, names, _, buttons = app.dialogs.shown.children
    names.value = "Viridis"
    assert session.view.colormap == "Viridis"
    assert len(names.options) == 26
    buttons.children[1].click()
    assert session.view.colormap == "Grays"


def test_deep_images_are_sent_in_the_window_that_is_shown():
    data = np.linspace(0, 60000, 600).reshape(1, 20, 30).astype("uint16")
    with an.Session(an.Volume(data)) as session:
        app = an.Annotator(session)
        session.show(window=(20000, 40000))
        sent = app.canvas.near.planes["slice"].ids
        np.testing.assert_allclose(sent, ((data[0] - 2e4) / 2e4).clip(0, 1) * 255, atol=1)
        np.testing.assert_allclose(app.canvas.pen.window, (0, 255))
        app.close()


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (MemoryError(), "not enough memory"),
        (OSError(28, "No space left on device", "a.tif"), "a.tif: No space left on device"),
        (KeyError("there is no class 3"), "there is no class 3"),
        (ValueError("plain"), "plain"),
        (RuntimeError(), "RuntimeError"),
    ],
)
def test_errors_are_sentences(error, words):
    assert words in sentence(error)


def test_labels_of_a_class_that_is_gone_are_not_drawn(app, painted):
    painted.pipeline = an.Pipeline(superpixels=None, classifier=an.RandomForest(n_estimators=10))
    painted.preview()
    app.canvas._wake()
    painted.classes.remove(1)
    painted.step_slice(1)
    painted.step_slice(-1)
    assert app.canvas.near.planes["labels"].palette[2].tolist() == [0, 0, 0, 0]


def test_only_the_digits_of_classes_choose_one(app, session):
    assert set(app.canvas.pen.key_sets) == {"0", "1"}
    session.classes.add("pore")
    assert set(app.canvas.pen.key_sets) == {"0", "1", "2"}


def test_erasing_all_markers_asks_first(app, session):
    app.panels.brush.erase_all.click()
    assert session.markers.stroke_count() == 2
    question, buttons = app.dialogs.shown.children
    assert question.value == "Unmark all 2 strokes in all slices? Undo brings them back."
    buttons.children[1].click()
    assert session.markers.stroke_count() == 2
    app.menu.run("Edit", "Erase all markers…")
    app.dialogs.shown.children[1].children[0].click()
    assert session.markers.stroke_count() == 0
    assert app.dialogs.shown is None


def test_what_a_closed_session_refuses_is_said(volume, tmp_path, draw_on):
    first = an.Session(volume, workspace=tmp_path / "a.annotat")
    app = an.Annotator(first)
    with an.open(tmp_path / "a.annotat"):
        draw_on(app, (5, 5), label=0)
        assert "use the newer session" in app.message.text
        app.panels.toolbar.undo.disabled = False
        app.message.say("")
        app.panels.toolbar.undo.click()
        assert "use the newer session" in app.message.text
    app.close()
    first.close()


def test_an_annotator_made_while_a_job_runs_shows_it(session, wait):
    gate = threading.Event()
    job = session.runner.submit("Hold", lambda _: gate.wait(10))
    app = an.Annotator(session)
    assert app.jobs.bar.job is job
    gate.set()
    wait(app)
    app.close()


def test_what_the_disk_refuses_stays_in_sight_until_it_is_saved(volume, tmp_path, monkeypatch):
    with an.Session(volume, workspace=tmp_path / "a.annotat") as session:
        app = an.Annotator(session)
        journal = session.recorder.workspace.journal
        is_full, flush = [True], journal.flush

        def flush_if_possible():
            if is_full:
                raise OSError(28, "No space left on device")
            flush()

        monkeypatch.setattr(journal, "flush", flush_if_possible)
        session.paint([(1, 1)], label=0, radius=1)
        assert "cannot be written (No space left on device)" in app.banner.text.value
        assert (app.saved.text, app.saved.tone) == ("1 stroke, not all saved", "error")
        app.banner.button.click()
        assert app.dialogs.shown.children[0].value == "Save annotation"
        is_full.clear()
        session.recorder.retry()
        assert app.banner.layout.display == "none"
        assert app.saved.text == "1 stroke saved"
        app.close()


@pytest.fixture
def elsewhere(on_disk):
    """Another process that has the image open, and one stroke on it."""
    work = on_disk.with_suffix(".annotat")
    with an.Session(an.read(on_disk), workspace=work) as session:
        session.paint([(3, 3), (3, 9)], index=1, label=0)
    code = (
        f"import annotat_nb as an; s = an.open({str(work)!r}); print('open', flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout.readline() == b"open\n"
        yield process
        process.kill()


def test_an_image_open_elsewhere_is_only_looked_at(app, on_disk, elsewhere, draw_on):
    app.open_image(on_disk)
    assert app.session.recorder.state == "read-only"
    assert app.session.markers.stroke_count() == 1
    assert f"process {elsewhere.pid}" in app.banner.text.value
    assert app.saved.text == "1 stroke, read-only"
    before = tree_of(on_disk.with_suffix(".annotat"))
    draw_on(app, (5, 5), label=0)
    assert "close it there, then open it again here" in app.message.text
    assert app.panels.segmentation.buttons["apply"].disabled
    app.session.step_slice(1)
    app.menu.run("File", "Close image")
    assert tree_of(on_disk.with_suffix(".annotat")) == before


def test_what_was_closed_elsewhere_is_worked_on_here(app, on_disk, elsewhere, draw_on, wait):
    app.open_image(on_disk)
    app.banner.button.click()
    wait(app)
    assert app.session.recorder.state == "read-only"
    elsewhere.kill()
    elsewhere.wait()
    app.banner.button.click()
    wait(app)
    assert app.banner.layout.display == "none"
    draw_on(app, (5, 5), label=0)
    assert app.saved.text == "2 strokes saved"


def tree_of(folder):
    """What a folder holds, byte for byte."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_name_or_a_colour_makes_no_label_older(app, painted, wait):
    painted.pipeline = an.Pipeline(superpixels=None, classifier=an.RandomForest(n_estimators=10))
    painted.apply()
    wait(app)
    painted.classes.rename(1, "cube")
    painted.classes.recolor(1, "#112233")
    assert painted.changes_since_apply == 0
    assert "Scroll through" in app.message.text


def test_other_parameters_are_said_to_be_missing_in_the_label(app, painted, wait):
    painted.generate_superpixels()
    painted.apply()
    wait(app)
    painted.pipeline = an.Pipeline(superpixels=an.Slic(seed_spacing=5))
    assert "The parameters changed" in app.message.text
    assert app.message.text.endswith("press Generate superpixels, then Apply")
    assert app.panels.segmentation.count.value == "outdated"
    painted.pipeline = an.Pipeline(superpixels=None)
    assert app.panels.segmentation.count.value == ""
    painted.pipeline = an.Pipeline()
    assert "Scroll through" in app.message.text


def test_other_superpixels_are_said_to_be_missing_in_the_label(app, painted, wait, tmp_path):
    painted.generate_superpixels()
    saved = painted.save_superpixels(tmp_path / "superpixels.tif")
    painted.apply()
    wait(app)
    painted.generate_superpixels()  # the same ones
    assert "Scroll through" in app.message.text
    painted.load_superpixels(saved)
    assert app.message.text.startswith("The superpixels or the mask changed since this label")


def test_what_a_job_did_otherwise_than_asked_is_said_at_its_end(app, painted, card, wait):
    painted.generate_superpixels()
    card.room = 0
    app.panels.run("apply")
    wait(app)
    assert app.message.tone == "news"
    assert app.message.text == (
        "The graphics card ran out of memory, so the processor computed the rest"
    )


def test_what_was_done_is_said_until_something_else_is(app, painted, tmp_path, choose):
    app.menu.run("Classification", "Save annotation…")
    choose(app, tmp_path / "markers.tif")
    assert app.message.text == f"Saved {tmp_path / 'markers.tif'}"
    painted.show(z=0)
    assert app.message.tone == "news"
    painted.undo()
    assert app.message.tone == "hint"
    app.menu.run("Classification", "Load annotation…")
    choose(app, tmp_path / "markers.tif")
    assert app.message.text == f"Loaded {tmp_path / 'markers.tif'}"


def test_an_error_goes_with_the_dialog_it_came_from(app, tmp_path, choose, wait):
    (tmp_path / "bad.tif").write_bytes(b"nonsense")
    app.menu.run("File", "Load label…")
    choose(app, tmp_path / "bad.tif")
    assert app.dialogs.shown.status.value.startswith("bad.tif: ")
    app.menu.run("View", "Change colour map…")
    assert "bad.tif" not in app.message.text
    app.begin_opening(tmp_path / "bad.tif")  # from no dialog: there is none to say it
    wait(app)
    assert app.message.tone == "error"
    app.menu.run("View", "Change colour map…")
    assert app.message.tone == "hint"


def test_strokes_in_memory_only_are_not_left_without_a_question(app, session, on_disk):
    app.menu.run("File", "Close image")
    question, buttons = app.dialogs.shown.children
    assert (
        question.value == "The 2 strokes on this image are in memory only, and lost if not saved."
    )
    buttons.children[-1].click()
    assert app.session is session
    app.menu.run("File", "Close image")
    app.dialogs.shown.children[1].children[1].click()
    assert app.session is None
    app.open_image(on_disk)
    app.session.paint([(1, 1)], label=0, radius=1)
    app.menu.run("File", "Close image")
    assert app.session is None


def test_the_picture_can_be_painted_on_after_opening_from_nothing(on_disk, draw_on):
    app = an.Annotator()
    app.open_image(on_disk)
    assert app.canvas.pen.notice == ""
    draw_on(app, (5, 5), label=0)
    assert app.session.markers.stroke_count() == 1
    app.menu.run("File", "Close image")
    assert "Open an image to begin" in app.canvas.pen.notice
    app.open_image(on_disk)
    assert app.canvas.pen.notice == ""
    app.close()


def test_the_read_out_follows_the_slice(app, session):
    app.canvas.hovered.emit((14, 20))
    session.step_slice(1)
    assert f"z 3  y 14  x 20  = {session.volume.data[3, 14, 20]}" in app.panels.status.pointer.value


def test_a_section_folds_and_unfolds(app):
    heading, panel = app.panels.side.children[1].children
    heading.click()
    assert panel.layout.display == "none"
    heading.click()
    assert panel.layout.display == ""


def test_a_raw_label_that_exists_under_its_full_name_is_asked_about(
    app, painted, tmp_path, wait, choose
):
    painted.pipeline = an.Pipeline(superpixels=None, classifier=an.RandomForest(n_estimators=10))
    painted.apply()
    there = tmp_path / "l_40x30x4_8bits.raw"
    there.write_bytes(b"mine")
    app.menu.run("File", "Save label…")
    choose(app, tmp_path / "l.raw")
    assert "l_40x30x4_8bits.raw exists: save again" in app.dialogs.shown.status.value
    assert there.read_bytes() == b"mine"
    app.dialogs.shown.ok.click()
    wait(app)
    assert there.read_bytes() == painted.segmentation.data.tobytes()


def test_the_features_that_were_used_are_listed(app, painted):
    painted.generate_superpixels()
    painted.apply()
    listed = app.panels.segmentation.summary.tooltip
    assert painted.kept_features
    assert all(name in listed for name in painted.kept_features)


def test_beside_a_read_only_folder_the_work_goes_home(app, on_disk, tmp_path, monkeypatch):
    home, mkdir = tmp_path / "home", Path.mkdir
    home.mkdir()

    def refuse_beside(folder, *arguments, **named):
        if folder.parent == on_disk.parent:
            raise PermissionError(13, "Permission denied", str(folder))
        mkdir(folder, *arguments, **named)

    monkeypatch.setattr(Path, "home", lambda: home)
    monkeypatch.setattr(Path, "mkdir", refuse_beside)
    app.open_image(on_disk)
    assert app.session.recorder.workspace.path == home / "scan.annotat"
    assert app.saved.tone == "saved"


@pytest.mark.timeout(60)
def test_a_job_is_followed_while_another_thread_waits_to_draw_the_end_of_one(app, painted, wait):
    gate = threading.Event()
    with painted.lock:
        app.jobs.start("First", lambda job: gate.wait(20))
        gate.set()
        while not app.jobs.looks:
            time.sleep(0.001)
        second = app.jobs.submit("Second", lambda job: None)
        app.jobs.follow(second)  # the thread that draws the end of the first waits for the lock
    wait(app)
    assert not app.jobs.is_busy
