"""How soon another slice, and the label after Apply, are seen."""

import time

import numpy as np
import pytest

FEW, MANY = 12, 200
LIMIT = 80  # milliseconds; twice that for few slices, which tell no more than the order

SETUP = """
import numpy as np, annotat_nb as an
from annotat_nb.kernels.preparing import preparation
preparation().begin()
preparation().wait()  # the first time in an environment that takes both processors
data = np.random.default_rng(0).integers(0, 200, (16, {side}, {side})).astype("uint8")
data[:, : {side} // 2] //= 4
data[:, 0, 0] = np.arange(16) * 10   # tells which slice is on screen
session = an.Session(an.Volume(data))
session.classes.add("bright")
app = an.Annotator(session)
app
"""

# From the key press to the picture, seen in the pixels of the layer.
_TIME_SLICES = """async (pen, count) => {
    const layer = pen.closest('.annotat-stack').querySelector('canvas').getContext('2d');
    const corner = () => layer.getImageData(0, 0, 1, 1).data[0];
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    const times = [];
    for (let i = 0; i < count; i++) {
        const before = corner();
        const begin = performance.now();
        const key = i % 10 < 5 ? 'ArrowUp' : 'ArrowDown';
        pen.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
        while (corner() === before && performance.now() - begin < 5000) await frame();
        times.push(performance.now() - begin);
        await new Promise((resolve) => setTimeout(resolve, 30)); // a person's pause
    }
    return times;
}"""


@pytest.fixture
def open_annotator(notebook, canvas_on_page):
    """Show random noise of some size in an Annotator."""

    def open_annotator(side):
        page = notebook(SETUP.format(side=side))
        page.locator(".annotat-pen").wait_for(timeout=60_000)
        canvas = canvas_on_page(page)
        canvas.until(lambda: canvas.pixels("slice").shape == (side, side, 4), 60)
        canvas.until(lambda: canvas.mask("slice").all(), 60)
        canvas.settle()
        return canvas

    return open_annotator


LENGTHS = pytest.mark.parametrize(
    "count", [FEW, pytest.param(MANY, marks=[pytest.mark.bench, pytest.mark.timeout(900)])]
)


@LENGTHS
def test_another_slice_of_a_megapixel_is_there_in_80_ms(open_annotator, count):
    limit = 2 * LIMIT if count == FEW else LIMIT
    canvas = open_annotator(1024)
    canvas.pen.focus()
    results = []
    while len(results) < 3 and not (results and results[-1][0] <= limit):
        results.append(np.percentile(canvas.evaluate(_TIME_SLICES, count), [50, 90]))
    median, ninetieth = min(results, key=lambda result: result[0])
    print(f"slice of 1024²: p50 {median:.0f} ms, p90 {ninetieth:.0f} ms, {count} slices")
    assert median <= limit


@pytest.mark.parametrize("side", [256, pytest.param(1024, marks=pytest.mark.bench)])
def test_apply_shows_the_label(open_annotator, kernel, side):
    canvas = open_annotator(side)
    kernel(
        f"session.paint([(8, 8), (8, {side} // 2)], index=8, label=0, radius=3);"
        f"session.paint([({side} - 9, 8), ({side} - 9, {side} // 2)], index=8, label=1, radius=3);"
        "session.generate_superpixels()"
    )
    canvas.page.wait_for_function(
        "[...document.querySelectorAll('button')]"
        ".some((button) => button.textContent === 'Apply' && !button.disabled)"
    )
    begin = time.perf_counter()
    canvas.page.get_by_role("button", name="Apply", exact=True).click()
    canvas.until(lambda: canvas.mask("labels").any(), 60)
    seconds = time.perf_counter() - begin
    print(f"Apply to label on screen, 16×{side}²: {seconds:.1f} s")
    half = canvas.mask("labels").mean(axis=1) > 0.5
    assert half[side // 2 + 4 :].all()
    assert not half[: side // 2 - 4].any()
