"""How soon a stroke is seen: from the movement of the mouse to the pixels of the echo."""

import numpy as np
import pytest

FRAME = 16  # milliseconds, one picture of a usual screen
SHORT, LONG = 12, 300


@pytest.fixture(scope="module")
def page(canvas_page):
    return canvas_page


# The clock of an event starts when the browser gets it from the mouse. The pen hears it before
# the window does, so that its echo is drawn when the window notes the time.
_START_CLOCK = """() => {
    window.latencies = [];
    for (const type of ['pointerdown', 'pointermove']) {
        document.querySelector('.annotat-pen').addEventListener(type, (event) => {
            if (event.buttons) window.latencies.push(performance.now() - event.timeStamp);
        });
    }
}"""


def measure(canvas, strokes):
    """Draw strokes of 8 movements; return the median and the 90th percentile in milliseconds."""
    canvas.page.evaluate(_START_CLOCK)
    random = np.random.default_rng(0)
    for _ in range(strokes):
        canvas.stroke(*random.integers((20, 20), (180, 280), (9, 2)).tolist())
    assert canvas.mask("echo").any() or canvas.mask("markers").any()
    latencies = canvas.page.evaluate("window.latencies")
    assert len(latencies) >= 2 * strokes
    return np.percentile(latencies, [50, 90])


def check(canvas, strokes, name):
    """Measure up to three times, since other work of the machine only ever slows the echo."""
    results = []
    while len(results) < 3 and not (results and results[-1][0] <= FRAME):
        results.append(measure(canvas, strokes))
    median, ninetieth = min(results, key=lambda result: result[0])
    print(f"echo, {name}: p50 {median:.1f} ms, p90 {ninetieth:.1f} ms, {strokes} strokes")
    assert median <= FRAME


LENGTHS = pytest.mark.parametrize(
    "strokes", [SHORT, pytest.param(LONG, marks=[pytest.mark.bench, pytest.mark.timeout(900)])]
)


@LENGTHS
def test_the_echo_takes_less_than_a_frame_with_an_idle_kernel(canvas, strokes):
    check(canvas, strokes, "idle kernel")
    canvas.wait_until_acknowledged()


@LENGTHS
def test_the_echo_takes_less_than_a_frame_with_a_busy_kernel(canvas, strokes, busy):
    with busy():
        check(canvas, strokes, "busy kernel")
    canvas.wait_until_acknowledged()


@LENGTHS
def test_the_echo_takes_less_than_a_frame_over_a_slow_network(
    lab, canvas_cell, notebook, new_page, delay_proxy, canvas_on_page, strokes
):
    page = notebook(canvas_cell, page=new_page(), url=delay_proxy(100).url)
    page.get_by_role("application", name="Annotation canvas").wait_for()
    canvas = canvas_on_page(page)
    canvas.until(lambda: canvas.mask("slice").all())
    canvas.settle()
    check(canvas, strokes, "100 ms round trip")
    canvas.wait_until_acknowledged()
