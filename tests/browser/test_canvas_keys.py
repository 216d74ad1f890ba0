"""Painting without a mouse."""

import numpy as np
import pytest

from annotat_nb.annotation.raster import stroke_voxels

SHAPE = (200, 300)
MIDDLE = [100, 150]


@pytest.fixture(scope="module")
def page(canvas_page):
    return canvas_page


@pytest.fixture
def keys(canvas, page):
    """`keys("Enter", "ArrowUp * 3")` presses keys on the canvas."""

    def keys(*names):
        for name in names:
            key, _, count = name.partition(" * ")
            for _ in range(int(count or 1)):
                page.keyboard.press(key)

    page.mouse.move(*canvas.at(*MIDDLE))
    canvas.pen.focus()
    return keys


@pytest.fixture
def caption(page):
    """What the picture shows of the keyboard's brush."""
    return page.locator(".annotat-caption")


def painted(points, radius=5):
    marked = np.zeros(SHAPE, bool)
    marked[stroke_voxels(points, radius, SHAPE)] = True
    return marked


def test_enter_begins_a_stroke_that_arrows_draw_and_enter_ends(canvas, keys, strokes):
    keys("Enter", "ArrowLeft * 3", "Enter", "ArrowRight * 2", "Shift+ArrowDown", "Shift+ArrowLeft")
    points = [[100, 147], [100, 148], [100, 149], [110, 149], [110, 139]]
    np.testing.assert_array_equal(canvas.mask("echo"), painted(points))
    keys("Enter")
    canvas.wait_until_acknowledged()
    (stroke,) = strokes(1)
    assert (stroke["points"], stroke["radius"], stroke["label"]) == (points, 5, 1)
    np.testing.assert_array_equal(canvas.mask("markers"), painted(points))


def test_two_presses_of_enter_are_a_dab_and_so_is_one_of_space(canvas, keys, strokes):
    keys("b", "Enter * 2", "Shift+ArrowUp * 3", " ")
    assert [stroke["points"] for stroke in strokes(2)] == [[MIDDLE], [[70, 150]]]


def test_a_held_space_draws_and_letting_it_go_ends_the_stroke(canvas, keys, page, strokes):
    keys("b")
    page.keyboard.down(" ")
    page.keyboard.down(" ")  # as a held key repeats itself
    keys("ArrowUp * 2")
    page.keyboard.up(" ")
    keys("ArrowUp")
    assert [s["points"] for s in strokes(1)] == [[MIDDLE, [99, 150], [98, 150]]]


def test_delete_does_what_the_right_button_does(canvas, keys, strokes):
    keys("b", " ", "Delete", "e", "Enter * 2", "Backspace")
    actions = [stroke["action"] for stroke in strokes(4)]
    assert actions == ["paint", "erase", "erase", "erase stroke"]
    canvas.wait_until_acknowledged()
    assert not canvas.mask("markers").any()


def test_escape_takes_back_the_stroke_then_ends_the_brush_then_leaves(
    canvas, keys, caption, strokes
):
    keys("b", "Enter", "ArrowUp * 5", "Escape")
    assert not canvas.mask("echo").any()
    assert caption.is_visible()
    keys("Escape")
    assert not caption.is_visible()
    assert canvas.evaluate("(pen) => pen === document.activeElement")
    keys("Escape")
    assert canvas.evaluate("(pen) => pen !== document.activeElement")
    assert strokes() == []


def test_arrows_change_the_slice_unless_the_brush_has_them(canvas, keys, events, kernel):
    keys("ArrowUp", "b", "ArrowUp", "b", "ArrowUp")
    assert events("key_pressed", 2) == [["ArrowUp"], ["ArrowUp"]]


def test_other_keys_keep_their_meaning_under_the_brush(canvas, keys, kernel, events):
    keys("b", "2", "]", "Control+z")
    assert events("key_pressed", 1) == [["ctrl+z"]]
    assert kernel("canvas.pen.label, canvas.pen.radius") == "(2, 6)"


def test_the_brush_stays_in_the_slice_and_in_sight(canvas, keys, strokes):
    keys("b", "+ * 9", "Shift+ArrowRight * 20", "Shift+ArrowDown * 20", "Enter * 2")
    assert strokes(1)[0]["points"] == [[199, 299]]
    box = canvas.pen.bounding_box()
    cursor = canvas.page.locator(".annotat-cursor-line").bounding_box()
    for start, extent in (("x", "width"), ("y", "height")):
        middle = cursor[start] + cursor[extent] / 2
        assert box[start] + 20 < middle < box[start] + box[extent] - 20


def test_where_voxels_are_smaller_than_pixels_an_arrow_moves_by_a_pixel(
    canvas, kernel, keys, strokes
):
    kernel("canvas.actual_size(); canvas.zoom_by(0.25)")
    canvas.wait_for_zoom(0.25)
    keys("b", " ", "ArrowDown", " ")
    (before,), (after,) = (stroke["points"] for stroke in strokes(2))
    assert np.subtract(after, before).tolist() == [4, 0]


def test_the_mouse_takes_over_and_losing_the_focus_keeps_the_stroke(
    canvas, keys, caption, strokes, page
):
    keys("b", "Enter", "ArrowUp")
    canvas.stroke((20, 30))
    assert not caption.is_visible()
    canvas.page.mouse.move(*canvas.at(50, 60))
    keys("b", "Enter", "ArrowUp")
    canvas.evaluate("(pen) => pen.blur()")
    points = [stroke["points"] for stroke in strokes(3)]
    assert points == [[MIDDLE, [99, 150]], [[20, 30]], [[50, 60], [49, 60]]]


def test_a_stroke_ends_when_another_slice_comes(canvas, keys, kernel, strokes):
    keys("b", "Enter", "ArrowUp")
    kernel("canvas.show_slice(255 - GREY, slice_id=9)")
    canvas.until(lambda: canvas.pixels("slice")[0, 0, 0] == 255)
    keys("ArrowUp", "Enter * 2")
    found = [(stroke["slice_id"], stroke["points"]) for stroke in strokes(2)]
    assert found == [(0, [MIDDLE, [99, 150]]), (9, [[98, 150]])]


def test_without_a_pointer_the_brush_begins_in_the_middle_of_what_is_seen(canvas, page, strokes):
    canvas.pen.focus()
    for key in ("b", "Enter", "Enter"):
        page.keyboard.press(key)
    np.testing.assert_allclose(strokes(1)[0]["points"], [MIDDLE], atol=1)


def test_what_the_brush_is_told_never_lies_over_it(canvas, keys, caption):
    keys("b", "+ * 9")
    for arrow in ("Shift+ArrowDown * 20", "Shift+ArrowUp * 20"):
        keys(arrow)
        box = caption.bounding_box()
        cursor = canvas.page.locator(".annotat-cursor-line").bounding_box()
        assert cursor["y"] + cursor["height"] < box["y"] or box["y"] + box["height"] < cursor["y"]


def test_the_brush_is_seen_with_a_cross_and_told_what_to_do(canvas, keys, caption, screenshot):
    keys("b", "+ * 3", "ArrowRight * 4", "Enter", "Shift+ArrowRight")
    assert "Enter begins and ends a stroke" in caption.inner_text()
    assert len(canvas.page.locator(".annotat-cross-line").get_attribute("d")) > 20
    screenshot("canvas-keyboard")
