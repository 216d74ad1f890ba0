"""Where the keys go after things come and go, and what a quick stroke is drawn with."""

import pytest

CELL = """
import numpy as np, annotat_nb as an
image = np.random.default_rng(0).integers(0, 90, (4, 60, 80)).astype("uint8")
image[:, 20:40, 20:60] += 120
session = an.Session(an.Volume(image, name="block"))
session.classes.add("block")
session.paint([(5, 5), (5, 70)], index=2, label=0)
session.paint([(30, 30), (30, 50)], index=2, label=1)
session.generate_superpixels()
session.apply()
app = an.Annotator({})
app
"""
HAS_FOCUS = "(selector) => document.activeElement.matches(selector)"


@pytest.fixture
def shown(canvas_on_page):
    """Wait until the Annotator of a page is there, and return its canvas."""

    def shown(page):
        page.locator(".annotat-pen").first.wait_for(timeout=60_000, state="attached")
        return canvas_on_page(page)

    return shown


@pytest.fixture
def on_image(notebook, page, shown):
    notebook(CELL.format("session"))
    canvas = shown(page)
    canvas.until(lambda: canvas.pixels("slice").shape == (60, 80, 4))
    canvas.settle()
    return canvas


def test_the_sample_opened_by_enter_takes_the_keys(notebook, page, shown):
    notebook(CELL.format(""))
    shown(page)
    button = page.get_by_role("button", name="Open sample")
    button.focus()
    page.keyboard.press("Enter")
    button.wait_for(state="hidden")
    page.get_by_role("button", name="Generate superpixels").wait_for()
    page.wait_for_function(HAS_FOCUS, arg=".annotat-pen", timeout=5000)


def test_while_nothing_is_open_tab_goes_past_the_picture(notebook, page, shown):
    notebook(CELL.format(""))
    shown(page)
    page.get_by_role("button", name="Open image…").focus()
    page.keyboard.press("Shift+Tab")
    assert page.evaluate(HAS_FOCUS, "[role=menuitem]")


def test_a_label_saved_from_the_menu_by_keyboard_leaves_the_keys_in_the_annotator(
    on_image, page, lab, kernel
):
    page.locator(".annotat-root").get_by_role("menuitem", name="File", exact=True).focus()
    page.keyboard.press("ArrowDown")
    while not page.locator(":focus", has_text="Save label…").count():
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_function("document.activeElement.matches('[role=dialog] input[type=text]')")
    page.keyboard.type("kept.tif")
    page.keyboard.press("Enter")
    page.get_by_role("dialog").wait_for(state="detached")
    page.wait_for_function(f"({HAS_FOCUS})('.annotat-root *')", timeout=5000)
    assert page.locator(":focus").is_visible()


@pytest.fixture
def on_slow_line(lab, page, delay_proxy, open_notebook, shown):
    open_notebook(lab.write(CELL.format("session")), url=(proxy := delay_proxy(2)).url)
    lab.run_all(page)
    canvas = shown(page)
    canvas.until(lambda: canvas.pixels("slice").shape == (60, 80, 4))
    canvas.settle()
    proxy.delay = 0.3
    return canvas


def test_a_stroke_right_after_a_class_is_clicked_is_of_that_class(on_slow_line, page, kernel):
    for row, name in enumerate(("Background", "block", "Background")):
        page.get_by_role("radio", name=name).click()
        on_slow_line.stroke((5 + 20 * row, 10), (5 + 20 * row, 30))
    count = "print(session.markers.stroke_count())"
    on_slow_line.until(lambda: kernel(count).strip() == "5")
    labels = "print([stroke.label for stroke in session.markers.strokes.values()][-3:])"
    assert kernel(labels).strip() == "[0, 1, 0]"


@pytest.mark.parametrize("ends", ["before", "after"])
def test_a_name_typed_right_after_add_is_the_name_of_the_class(on_slow_line, page, kernel, ends):
    names = "print([item.name for item in session.classes])"
    page.get_by_role("button", name="Add", exact=True).focus()
    page.keyboard.press("Enter")
    page.keyboard.type("bomed")
    if ends == "after":
        on_slow_line.until(lambda: "Class 1" in kernel(names))
        page.get_by_label("New name of Class 1").wait_for()
    page.keyboard.press("Enter")
    assert page.evaluate(HAS_FOCUS, ".annotat-choice")
    on_slow_line.until(lambda: kernel(names).strip() == "['Background', 'block', 'bomed']")
    page.wait_for_function(HAS_FOCUS, arg=".annotat-choice[aria-label^=bomed]", timeout=5000)
    assert kernel("print(session.view.tool)").strip() == "paint"
