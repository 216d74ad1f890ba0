"""Focus, wheel, keys, zoom, pan and clicks on the slice canvas."""

import numpy as np
import pytest


@pytest.fixture(scope="module")
def page(canvas_page):
    return canvas_page


# Focus, wheel, keys


def test_wheel_changes_slices_with_the_focus_and_scrolls_the_page_without(
    canvas, kernel, page, events
):
    top = canvas.pen.bounding_box()["y"]
    page.mouse.move(*canvas.at(50, 50))
    page.mouse.wheel(0, -100)
    canvas.until(lambda: canvas.pen.bounding_box()["y"] > top)
    canvas.settle()
    canvas.stroke((50, 50))
    top = canvas.pen.bounding_box()["y"]
    for _ in range(3):
        page.mouse.wheel(0, 100)
    canvas.until(lambda: sum(steps for (steps,) in events("wheeled")) == 3)
    assert canvas.pen.bounding_box()["y"] == top


def test_wheel_steps_made_while_the_kernel_is_busy_arrive_as_few_messages(
    canvas, page, events, busy
):
    page.mouse.move(*canvas.at(50, 50))
    with busy():
        for _ in range(12):
            page.mouse.wheel(0, -100)
            page.wait_for_timeout(40)  # longer than steps are collected for
    canvas.until(lambda: sum(steps for (steps,) in events("wheeled")) == -12)
    assert len(events("wheeled")) <= 2


def test_a_touchpad_steps_through_slices_no_faster_than_a_wheel(canvas, events):
    canvas.pen.focus()
    canvas.evaluate(
        """(pen) => {
            for (let i = 0; i < 15; i++) {
                pen.dispatchEvent(new WheelEvent('wheel', {deltaY: 6, cancelable: true}));
            }
        }"""
    )
    assert events("wheeled") == [[3]]


def test_a_key_held_down_waits_for_the_kernel(canvas, page, events, busy):
    with busy():
        page.keyboard.down("ArrowUp")
        for _ in range(20):
            page.keyboard.down("ArrowUp")
        page.keyboard.up("ArrowUp")
    canvas.until(lambda: ["ArrowUp"] in events("key_pressed"))
    page.keyboard.press("?")
    canvas.until(lambda: ["?"] in events("key_pressed"))
    assert 1 <= events("key_pressed").count(["ArrowUp"]) <= 3


def test_keys_work_only_with_the_focus_and_escape_returns_it_to_the_notebook(
    canvas, kernel, page, events
):
    page.keyboard.press("Escape")
    page.keyboard.press("2")
    assert kernel("canvas.pen.label") == "1"
    canvas.pen.focus()
    cells = page.locator(".jp-Cell").count()
    for key in ("ArrowUp", "Control+z", "Shift+S", "Shift+?", "a", "x"):
        page.keyboard.press(key)
    keys = [key for (key,) in events("key_pressed", 4)]
    assert keys == ["ArrowUp", "ctrl+z", "shift+S", "?"]
    assert page.locator(".jp-Cell").count() == cells  # "a" and "x" are commands of the notebook
    page.keyboard.press("Escape")
    assert canvas.evaluate("(pen) => pen !== document.activeElement")
    page.keyboard.press("b")
    page.wait_for_function(f"document.querySelectorAll('.jp-Cell').length === {cells + 1}")
    page.keyboard.press("d")
    page.keyboard.press("d")
    page.wait_for_function(f"document.querySelectorAll('.jp-Cell').length === {cells}")


def test_unknown_commands_reach_jupyterlab(canvas, page):
    canvas.stroke((50, 50))
    page.wait_for_function("jupyterapp.shell.currentWidget.context.model.dirty")
    page.keyboard.press("Control+s")
    page.wait_for_function("!jupyterapp.shell.currentWidget.context.model.dirty")


def test_tab_reaches_the_pen_and_never_the_bitmaps(canvas, page):
    focusable = ":scope > canvas[tabindex='0'], :scope > canvas:not([aria-hidden='true'])"
    assert (
        canvas.evaluate(f'(pen) => pen.parentElement.querySelectorAll("{focusable}").length') == 0
    )
    assert canvas.pen.get_attribute("aria-description").startswith("run")


# Zoom and pan


def test_zooming_with_the_wheel_keeps_the_voxel_under_the_pointer(canvas, page):
    x, y = canvas.at(70, 110)
    page.mouse.move(x, y)
    page.keyboard.down("Control")
    for distance in (-100, -100, -100, 200):
        before = canvas.view
        page.mouse.wheel(0, distance)
        canvas.until(lambda before=before: canvas.view != before)
        left, top, across, down = canvas.view
        assert across != before[2]
        assert abs((x - left) / across - 110.5) < 1.5 / across
        assert abs((y - top) / down - 70.5) < 1.5 / down
    page.keyboard.up("Control")


def test_middle_drag_space_drag_and_the_move_tool_pan(canvas, page, strokes):
    canvas.pen.focus()

    def drag(button="left"):
        left, top, *_ = canvas.view
        page.mouse.move(*canvas.at(50, 50))
        page.mouse.down(button=button)
        x, y = canvas.at(50, 50)
        page.mouse.move(x + 30, y + 20)
        page.mouse.up(button=button)
        return np.round(np.subtract(canvas.view[:2], (left, top))).tolist()

    assert drag("middle") == [30, 20]
    page.keyboard.down(" ")
    assert drag() == [30, 20]
    page.keyboard.up(" ")
    page.keyboard.press("m")
    assert drag() == [30, 20]
    assert strokes() == []


def test_the_kernel_can_fit_and_zoom_the_view(canvas, kernel, page):
    fitted = canvas.view
    kernel("canvas.actual_size()")
    canvas.wait_for_zoom(1)
    kernel("canvas.fit()")
    canvas.wait_for_zoom(fitted[2])
    assert canvas.view == fitted


def test_the_same_shape_keeps_the_view_and_another_fits_it(canvas, kernel, page):
    before = canvas.view
    kernel("canvas.zoom_by(3)")
    canvas.until(lambda: canvas.view != before)
    zoomed = canvas.view
    kernel("canvas.show_slice(255 - GREY)")
    canvas.until(lambda: canvas.pixels("slice")[0, 0, 0] == 255)
    assert canvas.view == zoomed
    kernel("canvas.show_slice(GREY[:50, :50].copy())")
    page.wait_for_function("document.querySelector('.annotat-echo').width === 50")
    assert canvas.view[3] == pytest.approx(400 / 50)
    np.testing.assert_array_equal(
        canvas.pixels("slice")[..., 0], np.add.outer(np.arange(50), np.arange(50))
    )


def test_two_fingers_pinch_and_paint_nothing(canvas, page, strokes):
    session = page.context.new_cdp_session(page)
    x, y = canvas.at(100, 150)

    def touch(kind, *offsets):
        points = [{"x": x + offset, "y": y, "id": i} for i, offset in enumerate(offsets)]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    before = canvas.view
    touch("touchStart", -20)
    touch("touchStart", -20, 20)
    touch("touchMove", -40, 40)
    touch("touchEnd")
    session.detach()
    assert canvas.view[2] == pytest.approx(2 * before[2], rel=0.05)
    assert not canvas.mask("echo").any()
    assert strokes() == []


def test_one_finger_paints_unless_a_stylus_was_just_used(canvas, page, strokes):
    session = page.context.new_cdp_session(page)

    def touch(voxel):
        x, y = canvas.at(*voxel)
        points = [{"x": x, "y": y}]
        session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": points})
        session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    touch((40, 50))
    assert strokes(1)[0]["points"] == [[40, 50]]
    side_button = "new PointerEvent('pointerdown', {pointerType: 'pen', button: 3})"
    canvas.evaluate(f"(pen) => pen.dispatchEvent({side_button})")
    touch((60, 70))
    session.detach()
    canvas.stroke((80, 90))
    assert [stroke["points"] for stroke in strokes(2)] == [[[40, 50]], [[80, 90]]]


def test_rows_of_anisotropic_voxels_are_stretched(canvas, kernel, strokes, page):
    kernel("canvas.pen.aspect = 0.5")
    page.wait_for_function(
        "(pen) => getComputedStyle(pen).getPropertyValue('--annotat-zoom-y') != "
        "getComputedStyle(pen).getPropertyValue('--annotat-zoom-x')",
        arg=canvas.pen.element_handle(),
    )
    _, _, across, down = canvas.view
    assert down == pytest.approx(across / 2)
    canvas.stroke((40, 70), (120, 200))
    canvas.wait_until_acknowledged()
    assert strokes()[0]["points"] == [[40, 70], [120, 200]]


# Clicks and hover


def test_control_click_picks_and_the_center_tool_centres(canvas, page, events, strokes):
    for modifiers in (["Control"], ["Control", "Shift"]):
        for key in modifiers:
            page.keyboard.down(key)
        page.mouse.click(*canvas.at(60, 80))
        for key in modifiers:
            page.keyboard.up(key)
    page.keyboard.press("c")
    page.mouse.click(*canvas.at(61, 81))
    assert events("picked", 2) == [[60, 80, False], [60, 80, True]]
    assert events("centred") == [[61, 81]]
    assert strokes() == []


def test_hovering_tells_the_voxel_and_that_the_pointer_left(canvas, page, events):
    page.mouse.move(*canvas.at(30, 40))
    assert events("hovered")[-1] == [[30, 40]]
    page.mouse.move(*canvas.at(30, -20))
    assert events("hovered", 2)[-1] == [None]
