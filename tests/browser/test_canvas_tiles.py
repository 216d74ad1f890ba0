"""Slices that are too large for one bitmap."""

import math

import numpy as np
import pytest

SHAPE = (3000, 5000)
SETUP = """
import numpy as np, annotat_nb as an
random = np.random.default_rng(0)
image = random.integers(0, 256, (2, 3000, 5000)).astype("uint16") * 257
session = an.Session(an.Volume(image, name="wide"))
session.classes.add("grain")
session.show(window=(0, 65535), radius=9)
app, strokes = an.Annotator(session), []
app.canvas.stroked.connect(strokes.append)
def paint(points):
    twin.paint(points, index=1, label=strokes[-1].label, radius=9)
app
"""
GREY = np.random.default_rng(0).integers(0, 256, (2, *SHAPE)).astype(np.uint8)


@pytest.fixture(scope="module")
def page(lab, new_page):
    """The window that the tests share, with an Annotator in it."""
    page = new_page()
    path = lab.write(SETUP)
    lab.open(page, path)
    lab.run_all(page)
    page.locator(".annotat-pen").wait_for(timeout=60_000)
    yield page
    lab.stop_kernels([path])


@pytest.fixture
def wide(page, kernel, canvas_on_page):
    """The canvas, with slice 1 of a wide volume as it is when it is opened."""
    canvas = canvas_on_page(page)
    canvas.settle()
    kernel("app.canvas.fit(); session.show(axis='z', z=1); session.erase_all(); strokes.clear()")
    canvas.until(lambda: kernel("app.canvas.near.tile.is_whole") == "True")
    page.wait_for_function(_IS_FILLED, arg=canvas.pen.element_handle())
    return canvas


_IS_FILLED = """(pen) => {
    const slice = pen.closest('.annotat-stack').querySelector('canvas');
    return slice.getContext('2d').getImageData(1600, 900, 1, 1).data[3] > 0;
}"""


def zoom_to_voxels(canvas, y, x):
    """Enlarge at a voxel until a voxel is a pixel, as a person does with the wheel."""
    canvas.page.mouse.move(*canvas.at(y, x))
    canvas.page.keyboard.down("Control")
    left = 100 * math.log(1 / canvas.view[2])
    while left > 0.01:
        before = canvas.view
        canvas.page.mouse.wheel(0, -min(50, left))
        left -= 50
        canvas.until(lambda before=before: canvas.view != before)
    canvas.page.keyboard.up("Control")
    assert canvas.view[2] == pytest.approx(1)


def seen_voxels(canvas):
    """What is on screen, and the voxels it should be, at one pixel for a voxel."""
    box, (left, top, *_) = canvas.pen.bounding_box(), canvas.view
    screen = canvas.screen()[4:-4, 4:-4, 0].astype(int)
    first_row, first_column = round(box["y"] + 4 - top), round(box["x"] + 4 - left)
    rows, columns = (
        min(n, e)
        for n, e in zip(screen.shape, (SHAPE[0] - first_row, SHAPE[1] - first_column), strict=True)
    )
    return screen[:rows, :columns], (
        slice(first_row, first_row + rows),
        slice(first_column, first_column + columns),
    )


def wait_until_sharp(canvas, z):
    canvas.page.mouse.move(0, 0)

    def is_sharp():
        screen, where = seen_voxels(canvas)
        return np.abs(screen - GREY[z][where]).max() <= 1

    canvas.until(is_sharp)


def voxels_of(kernel, code):
    """The voxels where something is so in the kernel, (n, 2)."""
    return np.array(eval(kernel(f"print(np.argwhere({code}).tolist())")))


def test_at_fit_every_third_voxel_is_sent_and_at_one_to_one_every_voxel_is_seen(
    wide, kernel, page, screenshot
):
    np.testing.assert_array_equal(wide.pixels("slice")[:1000, :1667, 0], GREY[1][::3, ::3])
    screenshot("tiles-fit")
    zoom_to_voxels(wide, 2950, 4900)
    wait_until_sharp(wide, 1)
    screenshot("tiles-corner")
    kernel("session.step_slice(-1)")
    wait_until_sharp(wide, 0)
    page.mouse.move(*wide.at(2900, 4800))
    page.mouse.down(button="middle")
    page.mouse.move(page.viewport_size["width"] - 5, page.viewport_size["height"] - 60, steps=5)
    page.mouse.up(button="middle")
    wait_until_sharp(wide, 0)


def test_a_stroke_in_a_far_corner_equals_that_of_the_api(wide, kernel):
    zoom_to_voxels(wide, 2950, 4900)
    wait_until_sharp(wide, 1)
    path = [(2900, 4700), (2940, 4800), (2999, 4999)]
    wide.stroke(*path)
    wide.wait_until_acknowledged()
    assert kernel("strokes[-1].points.tolist()") == str([list(point) for point in path])
    kernel(f"twin = an.Session(session.volume); twin.classes.add('grain'); paint({path})")
    box = "[1, 2600:, 4400:]"
    kernel(f"assert (session.markers.data{box} == twin.markers.data{box}).all()")
    top, left = eval(kernel("app.canvas.near.tile.top, app.canvas.near.tile.left"))
    np.testing.assert_array_equal(
        np.add(np.argwhere(wide.mask("markers")), (top, left)),
        np.add(voxels_of(kernel, f"twin.markers.data{box} >= 0"), (2600, 4400)),
    )


@pytest.mark.parametrize("is_near", [False, True])
def test_an_echo_covers_the_pixels_that_will_be_marked(wide, kernel, page, is_near):
    if is_near:
        zoom_to_voxels(wide, 2950, 4900)
        wait_until_sharp(wide, 1)
    wide.press(2800, 4700)
    page.mouse.move(*wide.at(2999, 4990))
    echo = wide.mask("echo")
    page.mouse.up()
    wide.until(lambda: kernel("len(strokes)") == "1")
    kernel(
        "twin = an.Session(session.volume); twin.classes.add('grain');"
        "paint(strokes[0].points.tolist()); tile = app.canvas.near.tile;"
        "coarse = twin.markers.read_coarsely(tile.box('z', 1), tile.step)[0]"
    )
    assert kernel("tile.step") == ("1" if is_near else "3")
    np.testing.assert_array_equal(np.argwhere(echo), voxels_of(kernel, "coarse >= 0"))
    wide.wait_until_acknowledged()
    np.testing.assert_array_equal(wide.mask("markers"), echo)


# The share of some points of the picture that neither the tile nor the coarse picture covers.
_WATCH = """(pen) => {
    const layers = [...pen.closest('.annotat-stack').querySelectorAll(':scope > canvas')];
    const isFilled = (canvas, x, y) => {
        const box = canvas.getBoundingClientRect();
        if (x < box.left || y < box.top || x >= box.right || y >= box.bottom) return false;
        const column = ((x - box.left) / box.width) * canvas.width;
        const row = ((y - box.top) / box.height) * canvas.height;
        return canvas.getContext('2d').getImageData(column, row, 1, 1).data[3] > 0;
    };
    window.blanks = [];
    const record = () => {
        const frame = pen.getBoundingClientRect();
        const style = getComputedStyle(pen);
        const get = (name) => parseFloat(style.getPropertyValue(`--annotat-${name}`));
        let blank = 0;
        for (const across of [0.1, 0.5, 0.9]) for (const down of [0.1, 0.5, 0.9]) {
            const [x, y] = [across * frame.width, down * frame.height];
            const [column, row] = [(x - get('x')) / get('zoom-x'), (y - get('y')) / get('zoom-y')];
            if (column < 1 || row < 1 || column > 4999 || row > 2999) continue;
            const point = [frame.left + x, frame.top + y];
            if (!isFilled(layers[0], ...point) && !isFilled(layers[5], ...point)) blank++;
        }
        window.blanks.push(blank);
        requestAnimationFrame(record);
    };
    record();
}"""


def test_nothing_is_blank_while_one_zooms_pans_and_changes_slices(wide, kernel, page):
    wide.evaluate(_WATCH)
    zoom_to_voxels(wide, 1500, 2500)
    wait_until_sharp(wide, 1)
    kernel("session.step_slice(-1)")
    wait_until_sharp(wide, 0)
    wide.until(lambda: kernel("app.canvas.far.tile is not None") == "True")
    wide.until(lambda: kernel("app.canvas._queue.flushes") == kernel("app.canvas._queue.flushes"))
    box = wide.pen.bounding_box()
    for _ in range(3):
        page.mouse.move(box["x"] + box["width"] - 20, box["y"] + box["height"] - 20)
        page.mouse.down(button="middle")
        page.mouse.move(box["x"] + 20, box["y"] + 20, steps=4)
        page.mouse.up(button="middle")
    wait_until_sharp(wide, 0)
    kernel("app.canvas.fit()")
    wide.until(lambda: kernel("app.canvas.near.tile.is_whole") == "True")
    blanks = page.evaluate("window.blanks")
    assert len(blanks) > 20
    assert max(blanks) == 0


def test_each_plane_of_the_volume_is_shown_and_painted_on(wide, kernel, page):
    kernel("session.show(axis='y', y=2900)")
    wide.until(lambda: wide.evaluate("(pen) => pen.querySelector('.annotat-echo').height") == 2)
    wide.settle()
    np.testing.assert_array_equal(wide.pixels("slice")[:1, :1667, 0], GREY[:, 2900][::3, ::3])
    wide.stroke((0, 4900), (1, 4990))
    wide.wait_until_acknowledged()
    assert kernel("strokes[-1].points.tolist()") == "[[0, 4900], [1, 4990]]"
    kernel("assert session.markers.data[1, 2900, 4990] == strokes[-1].label")


def test_the_brush_moved_by_keyboard_takes_the_tile_along(wide, kernel, page, screenshot):
    zoom_to_voxels(wide, 1500, 2500)
    wait_until_sharp(wide, 1)
    page.mouse.move(*wide.at(1500, 2600))
    wide.pen.focus()
    page.keyboard.press("b")
    for _ in range(120):
        page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    wide.until(lambda: kernel("len(strokes)") == "1")
    assert kernel("strokes[0].points.tolist()") == "[[1500, 3800], [1501, 3800]]"
    wide.until(lambda: kernel("app.canvas.near.tile.right > 3900") == "True")
    screenshot("tiles-keyboard")
    page.keyboard.press("Escape")
    kernel("session.undo()")
    wait_until_sharp(wide, 1)


SMALLER = """
import numpy as np, annotat_nb as an
from IPython.display import display
image = (np.add.outer(np.arange(2500), np.arange(2600)) % 251).astype("uint8")[None]
session = an.Session(an.Volume(image))
app = an.Annotator(session, height="250px")
display(app, app)
"""


def test_two_views_get_the_tile_in_turn_and_a_reloaded_page_shows_it_again(
    lab, notebook, new_page, canvas_on_page
):
    page = notebook(SMALLER, page=new_page())
    page.wait_for_function("document.querySelectorAll('.annotat-pen').length === 2")
    views = [canvas_on_page(page, 0), canvas_on_page(page, 1)]

    def is_shown(view, y, x):
        """Whether a voxel is drawn by the tile, in full."""
        return view.evaluate(_IS_SHARP, [y, x, (y + x) % 251])

    views[1].settle()
    for view, (y, x) in zip(views, [(200, 300), (2300, 2400)], strict=True):
        zoom_to_voxels(view, y, x)
        view.until(lambda view=view, y=y, x=x: is_shown(view, y, x))
        view.stroke((y, x), (y + 20, x + 30))
        view.wait_until_acknowledged()
    assert not is_shown(views[0], 200, 300)
    assert views[0].evaluate(_IS_COVERED, [200, 300])
    page.mouse.move(*views[0].at(210, 310))
    views[0].until(lambda: is_shown(views[0], 200, 300))
    page.evaluate("jupyterapp.commands.execute('docmanager:save')")
    page.reload()
    lab.wait_for_kernel(page)
    page.wait_for_function("document.querySelectorAll('.annotat-pen').length === 2")
    again = canvas_on_page(page, 0)
    again.until(lambda: again.evaluate(_IS_SHARP, [400, 600, 1000 % 251, 2]), 20)
    assert page.errors == []


# Whether the bitmap of the slice shows a voxel's grey value, at some step.
_IS_SHARP = """(pen, [y, x, grey, step = 1]) => {
    const canvas = pen.closest('.annotat-stack').querySelector('canvas');
    const style = getComputedStyle(canvas);
    const get = (name) => parseFloat(style.getPropertyValue(`--annotat-${name}`));
    const [left, top] = [get('dx') / get('zoom-x'), get('dy') / get('zoom-y')].map(Math.round);
    const [column, row] = [(x - left) / step, (y - top) / step];
    const [value, , , alpha] = canvas.getContext('2d').getImageData(column, row, 1, 1).data;
    return get('step') === step && alpha === 255 && value === grey;
}"""
_IS_COVERED = """(pen, [y, x]) => {
    const far = pen.closest('.annotat-stack').querySelectorAll(':scope > canvas')[5];
    const step = parseFloat(getComputedStyle(far).getPropertyValue('--annotat-step'));
    return far.getContext('2d').getImageData(x / step, y / step, 1, 1).data[3] === 255;
}"""
