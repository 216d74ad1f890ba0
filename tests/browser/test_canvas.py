"""How the slice canvas looks, and what it survives: errors, reload, closing, a second view."""

import numpy as np
import pytest

ORANGE = (230, 159, 0)


@pytest.fixture(scope="module")
def page(canvas_page):
    return canvas_page


# What is seen


def test_window_and_colour_map_recolour_the_slice_without_the_kernel(canvas, kernel, page):
    assert canvas.screen_color(20, 30) == (50, 50, 50)
    kernel("canvas.pen.window = (40, 60)")
    canvas.wait_for_color(20, 30, (128, 128, 128))
    kernel(
        "canvas.pen.colormap = np.stack([np.arange(256), 255 - np.arange(256), "
        "np.full(256, 7)], axis=1)"
    )
    canvas.wait_for_color(20, 30, (128, 127, 7))
    assert canvas.pixels("slice")[20, 30].tolist() == [50, 50, 50, 255]


def test_opacity_and_visibility_mix_the_layers_on_screen(canvas, kernel, page):
    kernel("canvas.show_labels(np.ones((200, 300), np.uint8), COLORS)")
    kernel("canvas.pen.opacity = {'labels': 0.5}")
    expected = [round((50 + channel) / 2) for channel in ORANGE]
    canvas.wait_for_color(20, 30, expected)
    kernel("canvas.pen.visible = {'labels': False}")
    canvas.wait_for_color(20, 30, (50, 50, 50))


def test_all_layers_look_right_together(canvas, kernel, page, screenshot):
    kernel(
        "labels = (np.hypot(*np.ogrid[-100:100, -150:150]) < 70).astype(np.uint8) * 2;"
        "colors = COLORS.copy(); colors[0, 3] = 0;"
        "canvas.show_labels(labels, colors);"
        "canvas.pen.opacity = {'labels': 0.35, 'markers': 0.8};"
        "edge = np.zeros((200, 300), bool); edge[::20] = True; edge[:, ::20] = True;"
        "canvas.show_boundaries(edge)"
    )
    canvas.stroke((60, 60), (70, 150), (130, 220))
    canvas.wait_until_acknowledged()
    page.mouse.move(*canvas.at(150, 100))
    screenshot("canvas-layers")
    marked = canvas.screen_color(70, 150)
    assert marked[0] > marked[2] + 80


def test_an_empty_canvas_says_what_to_do_and_takes_no_stroke(
    canvas, kernel, page, strokes, screenshot
):
    kernel("canvas.pen.notice = 'Open an image to begin'")
    page.get_by_text("Open an image to begin", exact=True).wait_for()
    screenshot("canvas-notice")
    canvas.stroke((50, 50), (50, 90))
    assert not canvas.mask("echo").any()
    assert strokes() == []


def set_theme(page, theme):
    change = "(theme) => jupyterapp.commands.execute('apputils:change-theme', {theme})"
    page.evaluate(change, theme)


def test_the_background_follows_the_theme(canvas, kernel, page, screenshot):
    corner = tuple(canvas.screen()[10, 10].tolist())
    set_theme(page, "JupyterLab Dark")
    canvas.until(lambda: canvas.screen()[10, 10].max() < 80)
    kernel("canvas.zoom_by(6)")
    canvas.stroke((100, 140), (105, 150))
    screenshot("canvas-dark")
    set_theme(page, "JupyterLab Light")
    kernel("canvas.fit()")
    canvas.until(lambda: tuple(canvas.screen()[10, 10].tolist()) == corner)


# Robustness


def test_without_its_kernel_the_canvas_says_so_and_takes_no_stroke(canvas, page, screenshot, busy):
    with busy():
        canvas.stroke((50, 50), (50, 90))
        assert canvas.mask("echo").any()
        page.evaluate("jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
        page.get_by_text(
            "The kernel is gone. What was saved is on disk: run the cells again"
        ).wait_for()
    assert not canvas.mask("echo").any()
    canvas.stroke((70, 50), (70, 90))
    assert not canvas.mask("echo").any()
    screenshot("canvas-kernel-gone")


def test_a_broken_picture_is_left_out_and_later_ones_are_drawn(canvas, kernel, page):
    kernel("with canvas.batch(): canvas.near.layers.put('slice', 0, 0, b'no picture')")
    kernel("canvas._queue.manager.send([], buffers=[b'no command'])")
    kernel("canvas.show_slice(255 - GREY)")
    page.wait_for_function(
        "document.querySelector('.annotat-stack canvas').getContext('2d')"
        ".getImageData(0, 0, 1, 1).data[0] === 255"
    )


def test_trouble_with_another_canvas_of_the_user_does_not_stop_ours(canvas, kernel, page):
    kernel(
        "from ipycanvas.canvas import _CANVAS_MANAGER as shared;"
        "shared.send([], buffers=[b'no command'])"
    )
    page.errors.clear()
    canvas.stroke((50, 50), (50, 90))
    canvas.wait_until_acknowledged()
    assert canvas.mask("markers")[50, 70]
    page.errors.clear()  # that of ipycanvas, which was the point


def test_closing_leaves_no_widget_in_kernel_and_page(canvas, kernel, page):
    kernel("canvas.close()")
    page.wait_for_function("!document.querySelector('.annotat-pen')")
    assert kernel("count_widgets() - before") == "0"


def test_running_the_cell_again_does_not_pile_up_widgets(
    canvas, kernel, lab, page, wait_for_canvas
):
    before = kernel("count_widgets()")
    lab.run_all(page)
    wait_for_canvas(page)
    assert kernel("count_widgets()") == before


def test_a_canvas_made_in_hiding_fits_when_it_appears(canvas, kernel, page):
    kernel("canvas.layout.display = 'none'")
    page.wait_for_function("document.querySelector('.annotat-stack').offsetHeight === 0")
    kernel("canvas.show_slice(GREY[:100].copy())")
    kernel("canvas.layout.display = ''")
    page.wait_for_function("document.querySelector('.annotat-stack').offsetHeight > 0")
    page.wait_for_function("document.querySelector('.annotat-echo').height === 100")
    assert canvas.view[3] == pytest.approx(4, abs=0.4)


def test_two_views_show_the_same_strokes_but_zoom_on_their_own(
    notebook, new_page, canvas_cell, canvas_on_page
):
    cell = (
        canvas_cell.replace("400px", "200px")
        + "\nfrom IPython.display import display\ndisplay(canvas, canvas)"
    )
    page = notebook(cell, page=new_page())
    page.wait_for_function("document.querySelectorAll('.annotat-pen').length === 2")
    views = [canvas_on_page(page, 0), canvas_on_page(page, 1)]
    views[1].settle()
    before = views[1].view
    page.mouse.move(*views[0].at(50, 50))
    page.keyboard.down("Control")
    page.mouse.wheel(0, -100)
    page.keyboard.up("Control")
    assert views[0].view[2] > 1.5 * views[1].view[2]
    assert views[1].view == before
    for row, view in zip((50, 70), views, strict=True):
        view.stroke((row, 50), (row, 60))
        view.wait_until_acknowledged()
        np.testing.assert_array_equal(views[0].pixels("markers"), views[1].pixels("markers"))
        assert views[0].mask("markers")[row, 55]
    assert page.errors == []


def test_a_reloaded_page_shows_the_same_pixels_and_goes_on(
    canvas, kernel, lab, page, strokes, wait_for_canvas
):
    kernel("canvas.show_labels((GREY > 200).astype(np.uint8), COLORS)")
    kernel("canvas.show_boundaries(GREY % 20 == 0)")
    canvas.stroke((50, 50), (70, 190))
    canvas.wait_until_acknowledged()
    before = {layer: canvas.pixels(layer) for layer in canvas.layers}
    page.evaluate("jupyterapp.commands.execute('docmanager:save')")
    page.reload()
    lab.wait_for_kernel(page)
    canvas = wait_for_canvas(page)
    for layer in canvas.layers:
        np.testing.assert_array_equal(canvas.pixels(layer), before[layer], err_msg=layer)
    canvas.stroke((120, 50), (120, 90))
    canvas.wait_until_acknowledged()
    assert canvas.mask("markers")[120, 70]
    assert len(strokes()) == 2


def test_on_a_dense_screen_voxels_are_hit_and_edges_are_sharp(
    canvas, kernel, lab, canvas_path, new_page, strokes, wait_for_canvas
):
    page = new_page(device_scale_factor=2)
    kernel("canvas.actual_size()")
    lab.open(page, canvas_path)
    lab.run_all(page)
    dense = wait_for_canvas(page)
    left, top, *_ = dense.view
    assert 2 * left == pytest.approx(round(2 * left), abs=0.01)
    assert 2 * top == pytest.approx(round(2 * top), abs=0.01)
    voxels = [[20, 30], [50, 90], [121, 61]]
    dense.stroke(*voxels)
    dense.wait_until_acknowledged()
    assert strokes()[-1]["points"] == voxels
    page.context.close()
