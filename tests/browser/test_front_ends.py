"""The Annotator in Notebook 7, as on JupyterHub, and in Voila."""

import os
import re
import signal

import pytest

CELL = """
import os, time
from pathlib import Path
import psutil

def listening():
    sockets = psutil.Process().net_connections("inet")
    return {socket.laddr for socket in sockets if socket.status == psutil.CONN_LISTEN}

ports_of_the_kernel = listening()
Path("pid").write_text(str(os.getpid()))

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

NOTE_THREADS = """
note = lambda *_: threads.add(threading.current_thread().name)
session.annotation.changed.connect(note)
session.view_changed.connect(note)
"""
GONE = "Kernel is gone: your strokes are on disk; run the cell again"
ON_DISK = CELL.replace('name="block")', 'name="block"), f"{time.time_ns()}.annotat"')


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
    """A page of Voila: its reader sees the output, and the kernel is its own."""
    page.goto(f"{lab.url}/voila/render/{lab.write(ON_DISK)}")
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


# A kernel that is gone, or out of reach


def refuses_paint(canvas):
    canvas.stroke((30, 10), (30, 30))
    controls = canvas.page.locator(".annotat-side[inert]").count() == 1
    return controls and not canvas.mask("echo").any()


def test_when_the_kernel_was_killed_voila_says_what_is_left_and_takes_nothing(
    in_voila, lab, page, screenshot
):
    paint_and_check(in_voila, lab)
    page.get_by_text("1 stroke saved").wait_for()
    os.kill(int((lab.root / "pid").read_text()), signal.SIGKILL)
    page.get_by_text(GONE).wait_for()
    assert refuses_paint(in_voila)
    screenshot("kernel-gone")


def test_when_the_kernel_was_shut_down_jupyterlab_says_what_is_left_until_the_cell_runs_again(
    notebook, page, shown, lab
):
    notebook(CELL)
    canvas = shown(page)
    paint_and_check(canvas, lab)
    page.evaluate("jupyterapp.shell.currentWidget.sessionContext.shutdown()")
    gone = page.get_by_text("Kernel is gone, and with it the strokes that were in memory only")
    gone.wait_for()
    assert refuses_paint(canvas)
    page.evaluate("jupyterapp.shell.currentWidget.sessionContext.changeKernel({name: 'python3'})")
    lab.run_all(page)
    gone.wait_for(state="detached")
    paint_and_check(shown(page), lab)


POLLS = re.compile(r"/api/(sessions|kernels|kernelspecs|terminals|me)(\?|$)")


@pytest.mark.parametrize("lost", ["there", "back"])
def test_strokes_drawn_without_a_connection_arrive_once_and_in_order(
    notebook, page, shown, lab, kernel, delay_proxy, screenshot, lost
):
    """One stroke is on its way when the connection breaks: it, or the answer to it, is lost."""
    proxy = delay_proxy(2)
    notebook(CELL, url=proxy.url)
    canvas = shown(page)
    paint_and_check(canvas, lab)
    proxy.loses.add(lost)
    canvas.stroke((20, 40), (20, 60))
    if lost == "back":
        canvas.until(lambda: (lab.root / "strokes").read_text() == "2")
    # Else JupyterLab, which asks now and then, may lay a dialog over the picture.
    page.route(POLLS, lambda route: None)
    proxy.cut()
    page.get_by_text("No connection: 1 stroke waits in this page").wait_for()
    page.keyboard.press("1")
    canvas.stroke((22, 40), (22, 60))
    canvas.stroke((40, 40), (40, 60))
    page.get_by_text("No connection: 3 strokes wait in this page").wait_for()
    screenshot("no-connection")
    assert page.locator(".annotat-side[inert]").count() == 1
    before = canvas.mask("echo")
    proxy.mend()
    page.evaluate("jupyterapp.shell.currentWidget.sessionContext.session.kernel.reconnect()")
    page.get_by_text("No connection").wait_for(state="detached")
    canvas.wait_until_acknowledged()
    assert page.locator(".annotat-side[inert]").count() == 0
    assert (
        kernel(
            "print([int(session.markers.data[2, y, 50]) for y in (10, 20, 22, 40)],"
            "session.markers.stroke_count(), session.markers.data[2, 16, 50])"
        )
        == "[-1, 1, 1, 1] 4 0\n"
    )
    assert (canvas.mask("markers") >= before).all()


# Enlarged to 400 %


def test_at_400_percent_everything_is_reached_by_scrolling_down(
    lab, new_page, canvas_on_page, screenshot
):
    """A window of 1280 × 1024 pixels, enlarged four times."""
    page = new_page(4, viewport={"width": 320, "height": 256})
    page.goto(f"{lab.url}/voila/render/{lab.write(CELL)}")
    page.locator(".annotat-pen").first.wait_for(timeout=30_000)
    canvas = canvas_on_page(page)
    canvas.until(lambda: canvas.mask("slice").all(), 30)
    canvas.pen.evaluate("(pen) => pen.scrollIntoView({block: 'center'})")
    box = canvas.pen.bounding_box()
    assert box["y"] >= 0
    assert box["y"] + box["height"] <= 256
    paint_and_check(canvas, lab)
    screenshot("zoom-400", page=page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert page.evaluate(_OVERLAPS) == []


# Pairs of controls of which one hides a part of the other, and controls that stick out.
_OVERLAPS = """() => {
    const kinds = 'button, select, input, [role=radio], .noUi-handle';
    const root = document.querySelector('.annotat-root');
    const controls = [...root.querySelectorAll(kinds)].filter((e) => e.checkVisibility());
    const boxes = controls.map((control) => [control, control.getBoundingClientRect()]);
    const name = (e) => e.ariaLabel || e.textContent.trim() || e.className;
    const found = boxes.filter(([, box]) => box.left < -1 || box.right > 321).map(([e]) => name(e));
    const apart = (a, b) => a.right <= b.left + 1 || b.right <= a.left + 1 ||
        a.bottom <= b.top + 1 || b.bottom <= a.top + 1;
    boxes.forEach(([a, boxA], i) => boxes.slice(i + 1).forEach(([b, boxB]) => {
        if (!apart(boxA, boxB) && !a.contains(b) && !b.contains(a)) {
            found.push(`${name(a)} over ${name(b)}`);
        }
    }));
    return found;
}"""


# Threads of the kernel


@pytest.mark.parametrize(("subshells", "uses"), [("disabled", False), ("perComm", True)])
def test_painting_works_with_and_without_subshells(
    lab, open_notebook, page, shown, kernel, subshells, uses
):
    """JupyterLab may have the kernel answer the page in threads of their own."""
    open_notebook(lab.write(CELL, "import threading; threads = set()", NOTE_THREADS))
    page.evaluate(
        "(way) => {jupyterapp.shell.currentWidget.sessionContext.session.kernel"
        ".commsOverSubshells = way}",
        subshells,
    )
    lab.run_all(page)
    canvas = shown(page)
    paint_and_check(canvas, lab)
    paint_and_check(canvas, lab, already=1)
    page.get_by_role("button", name="Generate superpixels").click()
    page.get_by_label("Superpixels", exact=True).check()
    canvas.until(lambda: canvas.mask("boundaries").any(), 30)
    page.get_by_role("button", name="Undo").click()
    canvas.until(lambda: (lab.root / "strokes").read_text() == "1")
    assert kernel("print(any('subshell' in name for name in threads))") == f"{uses}\n"
