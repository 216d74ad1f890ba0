"""What a person meets in the Annotator besides the straight way through it."""

import numpy as np
import pytest
import tifffile

SETUP = """
import ipywidgets, numpy as np, annotat_nb as an
image = np.random.default_rng(0).integers(0, 90, (4, 60, 80)).astype("uint8")
image[:, 20:40, 20:60] += 120
session = an.Session(an.Volume(image, name="block"))
session.classes.add("block")
"""
SHOW = "app = an.Annotator({}); count = len(ipywidgets.widgets.widget._instances); app"


@pytest.fixture
def annotator(notebook, canvas_on_page, page):
    """Show an Annotator made by some code, and return its canvas."""

    def annotator(*cells):
        notebook(*cells)
        page.locator(".annotat-pen").last.wait_for(timeout=60_000)
        canvas = canvas_on_page(page)
        canvas.settle()
        return canvas

    return annotator


@pytest.fixture
def on_disk(lab):
    """An image in the folder of the server."""
    path = lab.root / "other.tif"
    tifffile.imwrite(
        path,
        np.full((3, 50, 70), 99, "uint16") + np.arange(70, dtype="u2"),
        photometric="minisblack",
    )
    return path


def open_by_path(page, path):
    bar = page.locator(".annotat-root").get_by_role("menubar")
    bar.get_by_role("menuitem", name="File", exact=True).click()
    bar.get_by_role("menuitem", name="Open image…").click()
    page.get_by_label("Path").fill(str(path))
    page.keyboard.press("Enter")


def wait_for_shape(canvas, shape):
    canvas.page.locator(".annotat-cover").first.wait_for(state="hidden")
    canvas.until(lambda: canvas.pixels("slice").shape == (*shape, 4))
    canvas.until(lambda: canvas.mask("slice").all())
    canvas.settle()


def paint_somewhere(canvas, kernel):
    canvas.stroke((10, 10), (10, 30))
    canvas.until(lambda: kernel("print(app.session.markers.stroke_count())").strip() == "1")
    canvas.wait_until_acknowledged()
    assert canvas.mask("markers")[10, 20]


def test_an_image_opened_from_nothing_is_painted_on(annotator, page, kernel, on_disk, screenshot):
    canvas = annotator(SETUP, SHOW.format(""))
    page.get_by_text("Open an image to begin").first.wait_for()
    screenshot("annotator-empty")
    open_by_path(page, on_disk)
    wait_for_shape(canvas, (50, 70))
    paint_somewhere(canvas, kernel)
    kernel("app.session.erase_all(); app.menu.run('File', 'Close image')")
    page.get_by_text("Open an image to begin").first.wait_for()
    open_by_path(page, on_disk)
    wait_for_shape(canvas, (50, 70))
    paint_somewhere(canvas, kernel)


def test_running_the_cell_again_leaves_nothing_behind(annotator, lab, page, kernel, canvas_on_page):
    canvas = annotator(SETUP, SHOW.format("session"))
    wait_for_shape(canvas, (60, 80))
    before = kernel("print(count)")
    for _ in range(3):
        lab.run_all(page)
    canvas = canvas_on_page(page)
    wait_for_shape(canvas, (60, 80))
    assert kernel("print(count)") == before
    assert page.locator(".annotat-pen").count() == 1
    paint_somewhere(canvas, kernel)


def test_a_second_view_shows_the_same(annotator, page, kernel, canvas_on_page):
    annotator(SETUP, SHOW.format("session"), "app")
    page.locator(".annotat-pen").nth(1).wait_for()
    views = [canvas_on_page(page, view=n) for n in (0, 1)]
    for view in views:
        view.pen.scroll_into_view_if_needed()
        view.until(lambda view=view: view.mask("slice").all())
        view.settle()
    views[0].pen.scroll_into_view_if_needed()
    views[0].settle()
    paint_somewhere(views[0], kernel)
    views[1].until(lambda: views[1].mask("markers")[10, 20])
    np.testing.assert_array_equal(views[0].pixels("markers"), views[1].pixels("markers"))


def test_keys_and_wheel_work_after_a_click_on_a_button(annotator, page, kernel):
    canvas = annotator(SETUP, SHOW.format("session"))
    wait_for_shape(canvas, (60, 80))
    page.get_by_role("button", name="Fit", exact=True).click()
    page.keyboard.press("m")
    canvas.until(lambda: kernel("print(session.view.tool)").strip() == "move")
    page.keyboard.press("d")
    canvas.until(lambda: kernel("print(session.view.tool)").strip() == "paint")
    page.keyboard.press("1")
    canvas.until(lambda: kernel("print(session.view.label)").strip() == "1")
    page.get_by_role("button", name="Fit", exact=True).click()
    page.mouse.move(*canvas.at(30, 40))
    page.mouse.wheel(0, 120)
    canvas.until(lambda: kernel("print(session.view.z)").strip() == "1")
    assert page.locator(".annotat-root").count() == 1


def test_a_dialog_takes_the_focus_and_escape_leaves_it(annotator, page):
    canvas = annotator(SETUP, SHOW.format("session"))
    wait_for_shape(canvas, (60, 80))
    page.get_by_role("button", name="Change classifier parameters…", exact=True).click()
    form = page.get_by_label("Multi-scale windows").first
    form.wait_for()
    page.wait_for_function("document.activeElement.closest('.annotat-dialogs') !== null")
    page.keyboard.press("Escape")
    form.wait_for(state="hidden")
    page.wait_for_function("document.activeElement.matches('.annotat-pen')")


def test_names_are_text_and_never_markup(annotator, page, kernel):
    payload = "<img src=x onerror=window.hacked=1><script>window.hacked=1</script>"
    canvas = annotator(
        SETUP + f"session.classes.add({payload!r})\n"
        f"session = an.Session(an.Volume(image, name={payload!r}))\n"
        f"session.classes.add({payload!r})\n",
        SHOW.format("session"),
    )
    wait_for_shape(canvas, (60, 80))
    page.get_by_text("<img src=x").first.wait_for()
    kernel("app.message.say(session.volume.name, 'error')")
    page.locator(".annotat-error").get_by_text("<img src=x").wait_for()
    assert page.evaluate("window.hacked") is None
    assert page.locator(".annotat-root img").count() == 0


@pytest.mark.parametrize(("width", "theme"), [(800, "JupyterLab Light"), (1600, "JupyterLab Dark")])
def test_it_fits_narrow_and_wide_windows_in_both_themes(
    annotator, page, kernel, screenshot, width, theme
):
    page.set_viewport_size({"width": width, "height": 1000})
    canvas = annotator(SETUP, SHOW.format("session"))
    page.evaluate(f"jupyterapp.commands.execute('apputils:change-theme', {{theme: '{theme}'}})")
    wait_for_shape(canvas, (60, 80))
    kernel("session.paint([(5, 5), (5, 70)], index=2, label=0); session.generate_superpixels()")
    page.get_by_text("Press Preview").or_(page.get_by_text("Paint a second")).first.wait_for()
    root = page.locator(".annotat-root").bounding_box()
    side = page.locator(".annotat-side").bounding_box()
    assert side["x"] + side["width"] <= root["x"] + root["width"] + 1
    assert root["x"] + root["width"] <= width
    screenshot(f"annotator-{width}")
    page.evaluate(
        "jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab Light'})"
    )


def go_up_to(page, text):
    """Go up in the open menu, from its first line over its last, to the one that reads `text`."""
    read = []
    while text not in read:
        page.keyboard.press("ArrowUp")
        read.append(page.evaluate("document.activeElement.textContent"))
        assert len(read) == len(set(read)), f"{text} is not in the menu: {read}"


def test_a_stroke_by_keyboard_equals_that_of_the_api_and_is_spoken(
    annotator, page, kernel, screenshot
):
    canvas = annotator(SETUP, SHOW.format("session"))
    spoken = page.locator(".annotat-spoken")
    page.mouse.move(*canvas.at(30, 40))
    menu = page.locator(".annotat-root").get_by_role("menubar")
    menu.get_by_role("menuitem", name="View", exact=True).press("ArrowDown")
    go_up_to(page, "Brush by keyboardB")
    page.keyboard.press("Enter")
    spoken.get_by_text("z 2  y 30  x 40").wait_for()
    page.keyboard.press("PageDown")
    spoken.get_by_text("z 1  y 30  x 40").wait_for()
    for key in ("1", "ArrowRight", "Enter", "Shift+ArrowRight", "ArrowUp", "Enter"):
        page.keyboard.press(key)
    spoken.get_by_text("Stroke of block").wait_for()
    kernel(
        "twin = an.Session(session.volume); twin.classes.add('block');"
        "twin.paint([(30, 41), (30, 51), (29, 51)], index=1, label=1, radius=5)"
    )
    kernel("assert (session.markers.data[:] == twin.markers.data[:]).all()")
    count = kernel("int((twin.markers.data[:] == 1).sum())")
    assert f"Stroke of block, {count} voxels" in spoken.inner_text()
    canvas.wait_until_acknowledged()
    np.testing.assert_array_equal(
        np.argwhere(canvas.mask("markers")).tolist(),
        eval(kernel("np.argwhere(twin.markers.data[1] == 1).tolist()")),
    )
    screenshot("annotator-keyboard")
