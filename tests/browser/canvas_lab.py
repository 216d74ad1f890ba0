"""Fixtures for tests of the slice canvas in a notebook.

One notebook serves a module; each test runs its cell anew, which closes the canvas of the test
before.
"""

import base64
import contextlib
import io
import json
import time

import numpy as np
import pytest
from PIL import Image

CELL = """
import time
from pathlib import Path
import ipywidgets
import numpy as np
from annotat_nb.annotation.raster import stroke_voxels
from annotat_nb.widgets.canvas import SliceCanvas

if "canvas" in globals():
    canvas.close()
count_widgets = lambda: len(ipywidgets.widgets.widget._instances)
before = count_widgets()
canvas_run = globals().get("canvas_run", 0) + 1
COLORS = np.array([[0, 0, 0, 255], [230, 159, 0, 255], [86, 180, 233, 255]], np.uint8)
GREY = (np.add.outer(np.arange(200), np.arange(300)) % 256).astype(np.uint8)
marks = np.full((200, 300), -1, np.int16)
strokes, events = [], []

canvas = SliceCanvas(height="400px")
canvas.pen.palette = ["#000000", "#e69f00", "#56b4e9"]
canvas.pen.key_sets = {"1": {"label": 1}, "2": {"label": 2}, "e": {"tool": "erase"},
                       "m": {"tool": "move"}, "c": {"tool": "center"}, "d": {"tool": "paint"}}
canvas.pen.key_steps = {"]": {"radius": 1}, "[": {"radius": -1}}
canvas.pen.shortcuts = ["ArrowUp", "ctrl+z", "shift+S", "?", "F9"]
canvas.pen.key_help = f"run {canvas_run}"

def mark(stroke):
    strokes.append(stroke)
    marked = stroke_voxels(stroke.points, stroke.radius, marks.shape)
    marks[marked] = stroke.label if stroke.action == "paint" else -1
    y, x = (int(side.min()) for side in marked)
    down, right = (int(side.max()) + 1 for side in marked)
    canvas.show_markers(marks[y:down, x:right], COLORS, origin=(y, x), acknowledge=stroke.id)

canvas.stroked.connect(mark)
for name in ("wheeled", "key_pressed", "centred", "picked", "hovered"):
    getattr(canvas, name).connect(lambda *args, name=name: events.append([name, *args]))

def wait_for_release(key):
    while key == "F9" and not Path("release").exists():
        time.sleep(0.01)

canvas.key_pressed.connect(wait_for_release)
canvas.show_slice(GREY)
canvas
"""


class CanvasOnPage:
    """The canvas as a user meets it: a mouse, keys, and pixels."""

    layers = ("slice", "labels", "uncertainty", "boundaries", "markers")

    def __init__(self, page, view=0):
        self.page = page
        self.pen = page.get_by_role("application", name="Annotation canvas").nth(view)

    def evaluate(self, script, argument=None):
        return self.pen.evaluate(script, argument)

    @property
    def view(self):
        """Left, top, zoom across and zoom down, in CSS pixels of the page."""
        return self.evaluate(
            """(pen) => {
                const style = getComputedStyle(pen);
                const get = (name) => parseFloat(style.getPropertyValue(`--annotat-${name}`));
                const box = pen.getBoundingClientRect();
                return [box.left + get('x'), box.top + get('y'), get('zoom-x'), get('zoom-y')];
            }"""
        )

    def at(self, y, x):
        """Point of the page at the middle of a voxel."""
        return self.points((y, x))[0]

    def points(self, *voxels):
        left, top, across, down = self.view
        return [(left + (x + 0.5) * across, top + (y + 0.5) * down) for y, x in voxels]

    def wait_for_zoom(self, across):
        self.page.wait_for_function(
            "([pen, zoom]) => getComputedStyle(pen).getPropertyValue('--annotat-zoom-x') == zoom",
            arg=[self.pen.element_handle(), across],
        )

    def settle(self):
        """Wait until the page around the canvas has found its layout."""
        self.pen.scroll_into_view_if_needed()
        before = None
        while before != (before := self.view):
            self.page.wait_for_timeout(50)

    def until(self, condition, seconds=10):
        """Wait until `condition()` is so."""
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, "what was waited for did not come"
            self.page.wait_for_timeout(20)

    def wait_for_color(self, y, x, color):
        """Wait until the user sees a colour at a voxel."""
        seen = []
        with contextlib.suppress(AssertionError):
            self.until(lambda: seen.append(self.screen_color(y, x)) or seen[-1] == tuple(color), 5)
        np.testing.assert_allclose(seen[-1], color, atol=1)

    def press(self, y, x, button="left"):
        self.page.mouse.move(*self.at(y, x))
        self.page.mouse.down(button=button)

    def stroke(self, *voxels, button="left"):
        points = self.points(*voxels)
        self.page.mouse.move(*points[0])
        self.page.mouse.down(button=button)
        for point in points[1:]:
            self.page.mouse.move(*point)
        self.page.mouse.up(button=button)

    def pixels(self, layer):
        """RGBA of a layer, or of the echo, at the resolution of the slice."""
        selector = ".annotat-echo" if layer == "echo" else ":scope > canvas"
        index = 0 if layer == "echo" else self.layers.index(layer)
        width, height, text = self.evaluate(_READ_CANVAS, [selector, index])
        return np.frombuffer(base64.b64decode(text), np.uint8).reshape(height, width, 4)

    def mask(self, layer):
        return self.pixels(layer)[..., 3] > 0

    def wait_until_acknowledged(self):
        self.page.wait_for_function(
            """(pen) => {
                const echo = pen.querySelector('.annotat-echo');
                const {data} = echo.getContext('2d').getImageData(0, 0, echo.width, echo.height);
                return !data.some((value) => value);
            }""",
            arg=self.pen.element_handle(),
        )

    def screen(self):
        """RGB of the element as the user sees it, in CSS pixels."""
        with Image.open(io.BytesIO(self.pen.screenshot(scale="css"))) as picture:
            return np.array(picture.convert("RGB"))

    def screen_color(self, y, x):
        box = self.pen.bounding_box()
        left, top = self.at(y, x)
        return tuple(self.screen()[int(top - box["y"]), int(left - box["x"])].tolist())


_READ_CANVAS = """(pen, [selector, index]) => {
    const canvas = pen.closest('.annotat-stack').querySelectorAll(selector)[index];
    const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    let text = '';
    for (let i = 0; i < data.length; i += 32768) {
        text += String.fromCharCode(...data.subarray(i, i + 32768));
    }
    return [canvas.width, canvas.height, btoa(text)];
}"""


@pytest.fixture
def canvas_on_page():
    """`canvas_on_page(page)` is the first canvas of a page, as a user meets it."""
    return CanvasOnPage


@pytest.fixture(scope="module")
def canvas_cell():
    """Code that shows a canvas which keeps the strokes it gets."""
    return CELL


@pytest.fixture(scope="module")
def canvas_page(new_page):
    """The window that the tests of a module share."""
    return new_page()


@pytest.fixture(scope="module")
def canvas_path(lab, canvas_page):
    """The notebook that the tests of a module share, open in `canvas_page`."""
    path = lab.write(CELL)
    lab.open(canvas_page, path)
    yield path
    lab.stop_kernels([path])


@pytest.fixture
def canvas(lab, canvas_path, page, kernel, wait_for_canvas):
    """A fresh canvas; the module's `page` must be `canvas_page`."""
    page.mouse.move(0, 0)
    lab.run_all(page)
    return wait_for_canvas(page)


@pytest.fixture
def wait_for_canvas(kernel):
    """Wait until the newest canvas is painted in a page, and return it."""

    def wait_for_canvas(page):
        page.wait_for_function(_IS_PAINTED, arg=kernel("canvas_run").strip())
        canvas = CanvasOnPage(page)
        canvas.settle()
        return canvas

    return wait_for_canvas


_IS_PAINTED = """(run) => {
    const pen = document.querySelector(`.annotat-pen[aria-description="run ${run}"]`);
    const slice = pen?.closest('.annotat-stack').querySelector('canvas');
    const placed = pen && getComputedStyle(pen).getPropertyValue('--annotat-x');
    if (!placed || slice.width === 1) return false;
    return slice.getContext('2d').getImageData(0, 0, 1, 1).data[3] > 0;
}"""


@pytest.fixture
def strokes(kernel, page):
    """The strokes that the kernel has, as dictionaries, once there are so many."""
    code = (
        "import json; print(json.dumps([dict(points=s.points.tolist(), radius=s.radius, "
        "label=s.label, action=s.action, slice_id=s.slice_id, id=s.id) for s in strokes]))"
    )

    def strokes(count=0):
        for _ in range(100):
            if len(found := json.loads(kernel(code))) >= count:
                return found
            page.wait_for_timeout(20)
        raise AssertionError(f"{count} strokes did not come, only {len(found)}")

    return strokes


@pytest.fixture
def busy(canvas, lab):
    """Keep the thread that answers the page busy while a block of code runs.

    A cell that sleeps is not enough: some versions answer in a thread of its own.
    """
    release = lab.root / "release"

    @contextlib.contextmanager
    def busy():
        release.unlink(missing_ok=True)
        canvas.pen.focus()
        canvas.page.keyboard.press("F9")
        try:
            yield
        finally:
            release.touch()

    return busy


@pytest.fixture
def events(kernel, page):
    """Wait until the kernel has an event of a name, and return all of that name."""

    def events(name, count=1):
        for _ in range(100):
            found = json.loads(kernel("import json; print(json.dumps(events))"))
            found = [event[1:] for event in found if event[0] == name]
            if len(found) >= count:
                return found
            page.wait_for_timeout(20)
        raise AssertionError(f"{count} of {name} did not come: {found}")

    return events
