"""Strokes in a real JupyterLab: echo, acknowledgement, fidelity."""

import numpy as np
import pytest

from annotat_nb.annotation.raster import stroke_voxels

SHAPE = (200, 300)
ORANGE, BLUE = (230, 159, 0), (86, 180, 233)


@pytest.fixture(scope="module")
def page(canvas_page):
    return canvas_page


def painted(stroke):
    """The voxels that the kernel marks for a stroke."""
    marked = np.zeros(SHAPE, bool)
    marked[stroke_voxels(np.array(stroke["points"]), stroke["radius"], SHAPE)] = True
    return marked


@pytest.mark.parametrize("zoom", [0.5, 1, 4])
def test_echoed_pixels_are_the_marked_pixels_at_every_radius(canvas, kernel, strokes, zoom, page):
    kernel(f"canvas.pen.radius = 0; canvas.actual_size(); canvas.zoom_by({zoom})")
    canvas.wait_for_zoom(zoom)
    canvas.pen.focus()
    random = np.random.default_rng(int(zoom * 10))
    middle = np.array(SHAPE) // 2
    echoes = []
    for _ in range(20):
        page.keyboard.press("]")
        ends = random.integers(-40, 40, (3, 2)) + middle
        points = canvas.points(*ends)
        page.mouse.move(*points[0])
        page.mouse.down()
        for point in points[1:]:
            page.mouse.move(*point)
        echoes.append(canvas.mask("echo"))
        page.mouse.up()
        canvas.wait_until_acknowledged()
    got = strokes()
    assert [stroke["radius"] for stroke in got] == list(range(1, 21))
    for echo, stroke in zip(echoes, got, strict=True):
        np.testing.assert_array_equal(echo, painted(stroke))
    everything = np.any([painted(stroke) for stroke in got], axis=0)
    np.testing.assert_array_equal(canvas.mask("markers"), everything)
    assert tuple(canvas.pixels("markers")[everything][0]) == (*ORANGE, 255)


def test_strokes_go_through_the_voxels_under_the_pointer(canvas, strokes):
    voxels = [[20, 30], [50, 90], [120, 60]]
    canvas.stroke(*voxels)
    canvas.wait_until_acknowledged()
    assert strokes()[0]["points"] == voxels


def test_a_busy_kernel_delays_no_echo_and_each_stroke_is_painted_once_without_a_gap(
    canvas, page, strokes, busy
):
    rows = [20, 50, 80, 110, 140]
    canvas.evaluate(_START_RECORDER, [[row, 100] for row in rows])
    with busy():
        for row in rows:
            canvas.stroke((row, 60), (row, 140))
        assert canvas.mask("echo")[rows, 100].all()
        assert not canvas.mask("markers").any()
    canvas.wait_until_acknowledged()
    page.wait_for_function("window.recorded.at(-1).every(([echo, marker]) => marker)")
    frames = np.array(page.evaluate("window.recorded"))
    assert len(strokes()) == len(rows)
    for echo, marker in frames.transpose(1, 2, 0):
        seen = echo | marker
        assert (np.diff(seen) >= 0).all(), "the stroke vanished for a moment"
        assert not (echo & marker).any(), "the stroke was painted twice"
        assert (np.diff(marker) != 0).sum() == 1, "the marker was painted more than once"


_START_RECORDER = """(pen, voxels) => {
    const echo = pen.querySelector('.annotat-echo');
    const markers = pen.closest('.annotat-stack').querySelectorAll(':scope > canvas')[4];
    const filled = (canvas, [y, x]) =>
        Number(canvas.getContext('2d').getImageData(x, y, 1, 1).data[3] > 0);
    window.recorded = [];
    const record = () => {
        window.recorded.push(voxels.map((voxel) => [filled(echo, voxel), filled(markers, voxel)]));
        requestAnimationFrame(record);
    };
    record();
}"""


def test_a_stroke_that_the_kernel_refuses_vanishes_when_acknowledged(canvas, kernel, strokes):
    kernel("canvas.stroked.disconnect(mark)")
    kernel("canvas.stroked.connect(lambda stroke: strokes.append(stroke))")
    canvas.stroke((50, 50), (50, 90))
    canvas.stroke((90, 50), (90, 90))
    strokes(2)
    kernel("canvas.acknowledge(strokes[0].id)")
    canvas.until(lambda: not canvas.mask("echo")[50, 70])
    assert canvas.mask("echo")[90, 70]
    kernel("canvas.acknowledge(strokes[1].id)")
    canvas.wait_until_acknowledged()
    assert not canvas.mask("markers").any()


def test_an_unknown_acknowledgement_drops_no_echo(canvas, kernel, strokes):
    kernel("canvas.stroked.disconnect(mark)")
    kernel("canvas.stroked.connect(lambda stroke: strokes.append(stroke))")
    canvas.stroke((50, 50), (50, 90))
    strokes(1)
    kernel("canvas.acknowledge((strokes[0].id + 2**23) % 2**24)")
    kernel("canvas.show_markers([[1]], COLORS, origin=(9, 9))")
    canvas.until(lambda: canvas.mask("markers")[9, 9])
    assert canvas.mask("echo")[50, 70]


def test_right_button_erases_voxels_and_shows_them_as_veiled_until_then(canvas, kernel, strokes):
    canvas.stroke((50, 50), (50, 150))
    canvas.wait_until_acknowledged()
    kernel("time.sleep(0)")
    canvas.press(50, 100, button="right")
    assert tuple(canvas.pixels("echo")[50, 100, :3]) == (255, 255, 255)
    canvas.page.mouse.up(button="right")
    canvas.wait_until_acknowledged()
    assert strokes()[1]["action"] == "erase"
    assert canvas.mask("markers")[50, [60, 100, 140]].tolist() == [True, False, True]


def test_the_erase_tool_erases_voxels_left_and_whole_strokes_right(canvas, strokes, page):
    canvas.pen.focus()
    page.keyboard.press("e")
    canvas.stroke((50, 50))
    canvas.stroke((50, 50), button="right")
    canvas.wait_until_acknowledged()
    assert [stroke["action"] for stroke in strokes()] == ["erase", "erase stroke"]


def test_the_eraser_end_of_a_stylus_erases(canvas, strokes):
    x, y = canvas.at(60, 70)
    canvas.evaluate(_STYLUS, [x, y, 5])
    canvas.wait_until_acknowledged()
    assert (strokes()[0]["action"], strokes()[0]["points"]) == ("erase", [[60, 70]])


_STYLUS = """(pen, [clientX, clientY, button]) => {
    pen.setPointerCapture = () => {};
    const options = {clientX, clientY, button, pointerId: 9, pointerType: 'pen', bubbles: true};
    pen.dispatchEvent(new PointerEvent('pointerdown', options));
    pen.dispatchEvent(new PointerEvent('pointerup', options));
}"""


def test_escape_gives_up_the_stroke_and_keeps_the_focus(canvas, strokes, page):
    canvas.press(50, 50)
    page.mouse.move(*canvas.at(50, 90))
    page.keyboard.press("Escape")
    assert not canvas.mask("echo").any()
    page.mouse.up()
    assert canvas.evaluate("(pen) => pen === document.activeElement")
    assert strokes() == []


def test_a_class_chosen_by_key_colours_the_next_stroke_even_if_the_kernel_is_busy(
    canvas, kernel, page, strokes, busy
):
    with busy():
        page.keyboard.press("2")
        canvas.stroke((50, 50), (50, 90))
        assert tuple(canvas.pixels("echo")[50, 70, :3]) == BLUE
    canvas.wait_until_acknowledged()
    assert strokes()[0]["label"] == 2
    assert kernel("canvas.pen.label") == "2"


def test_a_stroke_belongs_to_the_slice_on_screen_not_to_that_of_the_kernel(
    canvas, kernel, page, strokes
):
    kernel("canvas.show_slice(255 - GREY, slice_id=12)")
    canvas.until(lambda: canvas.pixels("slice")[0, 0, 0] == 255)
    canvas.press(50, 50)
    page.mouse.move(*canvas.at(50, 90))
    kernel("canvas.show_slice(GREY, slice_id=13)")
    canvas.until(lambda: canvas.pixels("slice")[0, 0, 0] == 0)
    assert not canvas.mask("echo").any()
    page.mouse.up()
    canvas.stroke((90, 50), (90, 90))
    canvas.wait_until_acknowledged()
    assert [stroke["slice_id"] for stroke in strokes()] == [12, 13]
