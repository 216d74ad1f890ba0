"""A scientist segments the bone in the tutorial with the mouse, from first cell to saved file."""

import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import tifffile

import annotat_nb as an

NOTEBOOK = "01_first_segmentation.ipynb"
# Slice, class, and the two ends of each stroke: what a person would paint on bone and marrow.
STROKES = (
    (100, 0, (72, 134), (69, 150)),
    (100, 0, (109, 103), (111, 127)),
    (100, 1, (92, 70), (104, 69)),
    (100, 1, (108, 79), (112, 88)),
    (60, 0, (133, 52), (135, 42)),
    (60, 0, (140, 187), (145, 178)),
    (60, 1, (144, 110), (162, 100)),
    (60, 1, (154, 83), (157, 71)),
)
RADIUS = 2
CELLS_UNTIL_ANNOTATOR = 5


class AnnotatorOnPage:
    """The Annotator as a user meets it: by the words on it."""

    def __init__(self, page, kernel, canvas):
        self.page, self.kernel, self.canvas = page, kernel, canvas
        self.root = page.locator(".annotat-root").first

    def button(self, name):
        return self.root.get_by_role("button", name=name, exact=True)

    def press(self, name):
        self.button(name).click()

    def choose(self, menu, item):
        bar = self.root.get_by_role("menubar")
        bar.get_by_role("menuitem", name=menu, exact=True).click()
        bar.get_by_role("menuitem", name=re.compile(f"^.?{re.escape(item)}")).click()

    def wait_for(self, condition):
        self.canvas.until(lambda: self.kernel(f"print(bool({condition}))").strip() == "True", 60)

    def wait_for_text(self, text):
        self.root.get_by_text(text).first.wait_for(timeout=60_000)

    def go_to(self, z):
        self.canvas.pen.focus()
        while (now := int(self.kernel("print(session.view.z)"))) != z:
            key = "ArrowUp" if z > now else "ArrowDown"
            for _ in range(abs(z - now)):
                self.page.keyboard.press(key)
            self.wait_for(f"session.view.z != {now}")
        self.canvas.settle()

    def run(self, verb):
        """Press a button and wait until its job is over."""
        self.press(verb)
        self.wait_for("not app.panels.is_busy")
        self.wait_for("app.message.tone != 'error'")


@pytest.fixture
def annotator(lab, open_notebook, kernel, canvas_on_page, page):
    """The tutorial, run as far as its Annotator."""
    source = Path(__file__).parents[2] / "notebooks" / NOTEBOOK
    shutil.rmtree(lab.root / "bone.annotat", ignore_errors=True)
    shutil.copyfile(source, lab.root / NOTEBOOK)
    open_notebook(NOTEBOOK)
    for _ in range(CELLS_UNTIL_ANNOTATOR):
        page.evaluate("jupyterapp.commands.execute('notebook:run-cell-and-select-next')")
    page.locator(".annotat-pen").first.wait_for(timeout=60_000)
    canvas = canvas_on_page(page)
    canvas.until(lambda: canvas.pixels("slice").shape == (200, 200, 4), 60)
    canvas.until(lambda: canvas.mask("slice").all(), 60)
    canvas.settle()
    return AnnotatorOnPage(page, kernel, canvas)


def paint_all(annotator):
    """Add the class and paint the strokes, all by mouse and keys."""
    annotator.press("Add")
    annotator.page.get_by_label("New name of Class 1").fill("bone")
    annotator.page.keyboard.press("Enter")
    annotator.wait_for("session.classes[1].name == 'bone'")
    annotator.canvas.pen.focus()
    for _ in range(5 - RADIUS):
        annotator.page.keyboard.press("[")
    for z, label, begin, end in STROKES:
        annotator.go_to(z)
        annotator.page.keyboard.press(str(label))
        annotator.canvas.stroke(begin, end)
    annotator.wait_for(f"session.markers.stroke_count() == {len(STROKES)}")
    annotator.canvas.wait_until_acknowledged()


def by_api():
    """The same strokes in code."""
    session = an.Session(an.read(an.sample_path()))
    session.classes.add("bone")
    for z, label, begin, end in STROKES:
        session.paint([begin, end], index=z, label=label, radius=RADIUS)
    return session


def dice(labels, truth):
    found = np.asarray(labels) == 1
    return 2 * (found & truth).sum() / (found.sum() + truth.sum())


def reachable(superpixels, truth):
    """The best Dice that these superpixels allow: each takes the class that most of it has."""
    ids = superpixels.data.ravel()
    share = np.bincount(ids, truth.ravel()) / np.maximum(np.bincount(ids), 1)
    return dice((share > 0.5)[superpixels.data], truth)


def test_a_scientist_segments_the_bone(annotator, screenshot, lab, reference):
    screenshot("1-open")
    paint_all(annotator)
    screenshot("2-painted")

    with by_api() as session:
        expected = np.asarray(session.markers.data)
        drawn = annotator.kernel(
            "import numpy as np; np.save('markers.npy', np.asarray(session.markers.data))"
        )
        assert drawn == ""
        np.testing.assert_array_equal(np.load(lab.root / "markers.npy"), expected)

        annotator.run("Generate superpixels")
        annotator.wait_for_text("168,200")
        annotator.run("Preview")
        annotator.wait_for("session.previewed is not None and session.segmentation is None")
        assert annotator.canvas.mask("labels").any()
        screenshot("3-preview")

        annotator.run("Apply")
        annotator.wait_for("session.segmentation is not None")
        session.generate_superpixels()
        session.apply()
        assert dice(session.segmentation, reference) >= 0.97 * reachable(
            session.superpixels, reference
        )
        check_saved_label(annotator, lab, session.segmentation.data)
        check_overlay(annotator, session.segmentation.data)
        screenshot("4-applied")

        correct(annotator)
        check_per_voxel(annotator, session, lab, reference, screenshot)


@pytest.fixture
def reference():
    """The bone as its source segmented it: intensities above 63."""
    return an.read(an.sample_path()).data[:] > 63


def check_saved_label(annotator, lab, expected):
    path = lab.root / "by_mouse.tif"
    annotator.choose("File", "Save label…")
    field = annotator.root.get_by_label("Path")
    field.fill(str(path))
    annotator.press("Save")
    annotator.canvas.until(path.exists)
    np.testing.assert_array_equal(tifffile.imread(path), expected)


def check_overlay(annotator, expected):
    """The pixels of the label layer are those of the class, wherever it is."""
    z = int(annotator.kernel("print(session.view.z)"))
    color = [int("e69f00"[i : i + 2], 16) for i in (0, 2, 4)]

    def is_right():
        seen = annotator.canvas.pixels("labels")
        bone = expected[z] == 1
        return (seen[bone] == [*color, 255]).all() and not seen[~bone, 3].any()

    annotator.canvas.until(is_right)


def correct(annotator):
    """One more stroke makes the label older, Apply makes it current again."""
    annotator.canvas.pen.focus()
    annotator.page.keyboard.press("0")
    annotator.canvas.stroke((20, 20), (24, 28))
    annotator.wait_for_text("1 change not in the label yet: press Apply")
    annotator.run("Apply")
    annotator.wait_for("session.changes_since_apply == 0")
    annotator.press("Undo")
    annotator.wait_for(f"session.markers.stroke_count() == {len(STROKES)}")


def check_per_voxel(annotator, session, lab, reference, screenshot):
    annotator.press("Change classifier parameters…")
    annotator.root.get_by_label("Method").first.select_option("None (per voxel)")
    screenshot("5-parameters")
    annotator.press("Ok")
    annotator.wait_for("session.pipeline.superpixels is None")
    annotator.run("Apply")
    annotator.wait_for("session.changes_since_apply == 0")
    annotator.kernel("np.save('labels.npy', session.segmentation.data)")
    found = np.load(lab.root / "labels.npy")
    assert dice(found, reference) >= 0.95
    session.pipeline = an.Pipeline(superpixels=None)
    session.apply()
    np.testing.assert_array_equal(found, session.segmentation.data)
    screenshot("6-per-voxel")


def test_a_reloaded_page_and_a_new_kernel_go_on_where_it_was(annotator, lab, page, canvas_on_page):
    paint_all(annotator)
    before = annotator.canvas.pixels("markers")
    page.evaluate("jupyterapp.commands.execute('docmanager:save')")
    annotator.canvas.until(lambda: "annotat" in (lab.root / NOTEBOOK).read_text())
    page.reload()
    lab.wait_for_kernel(page)
    canvas = canvas_on_page(page)
    canvas.until(lambda: canvas.pixels("markers").shape == before.shape, 60)
    canvas.until(lambda: (canvas.pixels("markers") == before).all(), 60)

    page.evaluate("jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
    lab.wait_for_kernel(page)
    annotator.kernel(
        "import annotat_nb as an; session = an.open('bone.annotat');"
        "assert session.view.z == 60 and session.view.radius == 2 and session.view.label == 1;"
        f"assert session.markers.stroke_count() == {len(STROKES)};"
        "assert session.classes[1].name == 'bone'"
    )
