"""Every tool that is used by drawing, taken up by its letter or button and used by mouse."""

import json

import numpy as np
import pytest

from annotat_nb.session.brushes import BRUSHES
from annotat_nb.widgets.brush_choice import KEYS

SETUP = """
import numpy as np, tifffile, annotat_nb as an
image = np.random.default_rng(0).integers(0, 60, (4, 60, 80)).astype("uint8")
label = np.zeros(image.shape, "uint8")
label[:, 15:45, 10:30], label[:, 15:45, 50:70] = 1, 2
image[label > 0] += 120
tifffile.imwrite("label.tif", label, photometric="minisblack")
session = an.Session(an.Volume(image, name="blocks"))
session.classes.add("left"), session.classes.add("right")
session.load_label("label.tif")
session.pipeline = an.Pipeline(superpixels=an.Waterpixels(seed_spacing=5))
session.generate_superpixels()
session.show(z=2, label=1, radius=3)
base = len(session.annotation.history.done)
app = an.Annotator(session)
app
"""
ACROSS = [(30, 20), (30, 60)]
AROUND = [(20, 15), (20, 25), (40, 25), (40, 15), (20, 15)]
STROKES = dict.fromkeys(BRUSHES, ACROSS) | {"Lasso": AROUND, "Fill": [(30, 20)]}
RESET = """
while len(session.annotation.history.done) > base: session.undo()
session.show(brush="Paint", tool="move", z=2, label=1)
"""
TOLD = """
import json
edit = session.annotation.history.done[-1].edit
print(json.dumps([edit.tool, np.asarray(session.markers.slice("z", 2)).tolist()]))
"""
SAME = """
def voxels(edit):
    return [write.voxels.flat().tolist() for write in edit.writes]
assert voxels(again) == voxels(once)
"""


@pytest.fixture(scope="module")
def page(new_page):
    return new_page()


@pytest.fixture(scope="module", autouse=True)
def _one_notebook(module_notebook):
    module_notebook(SETUP)


@pytest.fixture
def canvas(page, kernel, canvas_on_page):
    canvas = canvas_on_page(page)
    kernel(RESET)
    canvas.settle()
    canvas.pen.focus()
    return canvas


def steps(kernel):
    return int(kernel("print(len(session.annotation.history.done))"))


def take_up(page, kernel, canvas, brush):
    page.keyboard.press(KEYS[brush])
    canvas.until(
        lambda: kernel("print(session.view.tool, session.view.brush)") == f"paint {brush}\n"
    )


@pytest.mark.parametrize("brush", BRUSHES)
def test_it_draws_by_mouse_what_it_draws_by_api_and_is_undone(page, kernel, canvas, brush):
    if brush == "Fill":
        kernel(f"session.paint({AROUND}, index=2, label=1, radius=1)")
    take_up(page, kernel, canvas, brush)
    before = steps(kernel)
    canvas.stroke(*STROKES[brush])
    canvas.until(lambda: steps(kernel) == before + 1)
    canvas.wait_until_acknowledged()
    record, marked = json.loads(kernel(TOLD))
    assert (record["kind"], record["axis"], record["index"]) == (brush, "z", 2)
    canvas.until(lambda: np.array_equal(canvas.mask("markers"), np.array(marked) >= 0))
    assert (np.array(marked) >= 0).any() or brush == "Merge"
    kernel("once = session.annotation.history.done[-1].edit; session.undo()")
    kernel(f"session.edit(an.{brush}.model_validate(once.tool))")
    kernel("again = session.annotation.history.done[-1].edit")
    kernel(SAME)


def test_merging_shows_in_the_label_and_is_undone_by_key(page, kernel, canvas):
    take_up(page, kernel, canvas, "Merge")
    canvas.stroke(*ACROSS)
    canvas.until(lambda: kernel("print(session.segmentation.data.max())") == "1\n")
    canvas.until(lambda: np.array_equal(*(canvas.pixels("labels")[30, x] for x in (20, 60))))
    assert canvas.mask("labels")[30, 20]
    page.keyboard.press("Control+z")
    canvas.until(lambda: not np.array_equal(*(canvas.pixels("labels")[30, x] for x in (20, 60))))


def test_a_button_takes_up_a_brush_and_its_options_are_used(page, kernel, canvas):
    button = page.get_by_role("button", name="Threshold brush", exact=True)
    button.click()
    page.wait_for_function("(e) => e.ariaPressed === 'true'", arg=button.element_handle())
    low = page.get_by_label("Low", exact=True)
    low.fill("100")
    low.press("Enter")
    canvas.until(lambda: "100.0" in kernel("print(session.view.brush_options)"))
    before = steps(kernel)
    canvas.stroke((30, 25), (30, 35))
    canvas.until(lambda: steps(kernel) == before + 1)
    marked = np.array(json.loads(kernel(TOLD))[1]) >= 0
    assert marked[:, :30].any()
    assert not marked[:, 30:].any()


def test_what_cannot_be_done_is_said_and_the_echo_goes(page, kernel, canvas):
    take_up(page, kernel, canvas, "Fill")
    canvas.stroke((30, 60))
    page.get_by_text("no closed outline").first.wait_for()
    canvas.wait_until_acknowledged()
    assert not canvas.mask("markers").any()
