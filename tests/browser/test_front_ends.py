"""The Annotator in Notebook 7, as on JupyterHub, and in Voila."""

import os
import signal

import pytest

CELL = """
from pathlib import Path
import psutil

def listening():
    sockets = psutil.Process().net_connections("inet")
    return {socket.laddr for socket in sockets if socket.status == psutil.CONN_LISTEN}

ports_of_the_kernel = listening()

import numpy as np
import annotat_nb as an

image = np.random.default_rng(0).integers(0, 90, (4, 60, 80)).astype("uint8")
image[:, 20:40, 20:60] += 120
session = an.Session(an.Volume(image, name="block"))
session.classes.add("block")
count_strokes = lambda *_: Path("strokes").write_text(str(session.markers.stroke_count()))
session.annotation.changed.connect(count_strokes)
count_strokes()
app = an.Annotator(session)
app
"""


@pytest.fixture
def shown(canvas_on_page):
    """Wait until the Annotator of a page is painted, and return its canvas."""

    def shown(page):
        page.locator(".annotat-pen").first.wait_for(timeout=30_000)
        canvas = canvas_on_page(page)
        canvas.until(lambda: canvas.pixels("slice").shape == (60, 80, 4), 30)
        canvas.until(lambda: canvas.mask("slice").all(), 30)
        canvas.settle()
        return canvas

    return shown


def paint_and_check(canvas, server, *, already=0):
    """Paint with the mouse: the picture shows it, the kernel knows it."""
    row = 10 + 5 * already
    canvas.stroke((row, 10), (row, 30))
    canvas.until(lambda: (server.root / "strokes").read_text() == str(already + 1))
    canvas.wait_until_acknowledged()
    assert canvas.mask("markers")[row, 20]
    assert not canvas.mask("markers")[row + 20, 60]


# Notebook 7


@pytest.fixture
def hub(notebook7, delay_proxy):
    """Address of the server as a person at home types it: a proxy, and a path of their own."""
    return delay_proxy(2, notebook7).url.replace("127.0.0.1", "localhost") + notebook7.base


@pytest.fixture
def in_notebook7(notebook7, hub, page, shown):
    path = notebook7.write(CELL)
    notebook7.open(page, path, url=hub)
    notebook7.run_all(page)
    yield shown(page)
    notebook7.stop_kernels([path])


def test_notebook_7_behind_a_proxy_paints_and_goes_on_after_a_reload(
    in_notebook7, notebook7, page, shown, kernel, screenshot
):
    assert "/user/marie/notebooks/" in page.url
    paint_and_check(in_notebook7, notebook7)
    kernel("session.generate_superpixels(); assert listening() == ports_of_the_kernel")
    screenshot("notebook7")
    page.evaluate("jupyterapp.commands.execute('docmanager:save')")
    page.wait_for_function("!jupyterapp.shell.currentWidget.context.model.dirty")
    before = in_notebook7.pixels("markers")
    page.reload()
    notebook7.wait_for_kernel(page)
    canvas = shown(page)
    canvas.until(lambda: (canvas.pixels("markers") == before).all(), 30)
    paint_and_check(canvas, notebook7, already=1)


# Voila


@pytest.fixture
def in_voila(lab, page, shown):
    page.goto(f"{lab.url}/voila/render/{lab.write(CELL)}")
    return shown(page)


def test_voila_paints_and_its_buttons_reach_the_kernel(in_voila, lab, page, screenshot):
    paint_and_check(in_voila, lab)
    page.get_by_role("button", name="Generate superpixels").click()
    page.get_by_label("Superpixels", exact=True).check()
    in_voila.until(lambda: in_voila.mask("boundaries").any(), 30)
    page.get_by_role("button", name="Undo").click()
    in_voila.until(lambda: not in_voila.mask("markers").any())
    assert (lab.root / "strokes").read_text() == "0"
    screenshot("voila")


# A kernel that is gone


def restart(page, kernel, lab):
    page.evaluate("jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")


def kill(page, kernel, lab):
    os.kill(int(kernel("import os; print(os.getpid())")), signal.SIGKILL)


def shut_down(page, kernel, lab):
    page.evaluate("jupyterapp.shell.currentWidget.sessionContext.shutdown()")


def cull(page, kernel, lab):
    number = page.evaluate("jupyterapp.shell.currentWidget.sessionContext.session.kernel.id")
    lab.request(f"/api/kernels/{number}", "DELETE").close()


@pytest.mark.parametrize("end", [restart, kill, shut_down, cull])
def test_without_its_kernel_the_page_says_what_is_left_and_takes_nothing(
    notebook, page, shown, kernel, lab, screenshot, end
):
    notebook(CELL.replace('name="block")', f'name="block"), "{end.__name__}.annotat"'))
    canvas = shown(page)
    paint_and_check(canvas, lab)
    page.get_by_text("1 stroke saved").wait_for()
    end(page, kernel, lab)
    page.get_by_text("Kernel is gone: your strokes are on disk; run the cell again").wait_for()
    canvas.stroke((30, 10), (30, 30))
    assert not canvas.mask("echo").any()
    assert page.locator(".annotat-side[inert]").count() == 1
    screenshot("kernel-gone")
