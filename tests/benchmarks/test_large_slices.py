"""How soon slices are seen that are too large for one bitmap, and what they cost the kernel."""

import time
import tracemalloc

import numpy as np
import pytest

import annotat_nb as an
from annotat_nb.rendering import Seen

FEW, MANY = 6, 100
LIMIT = 100  # milliseconds
SIDE = 4096

TILES = f"""
import numpy as np, annotat_nb as an
data = np.random.default_rng(0).integers(0, 200, (16, {SIDE}, {SIDE})).astype("uint8")
data[:, 0, 0] = np.arange(16) * 10   # tells which slice is on screen
app = an.Annotator(an.Session(an.Volume(data)))
app
"""
WHOLE = f"""
import numpy as np
from annotat_nb.widgets.canvas import SliceCanvas
data = np.random.default_rng(0).integers(0, 200, (16, {SIDE}, {SIDE})).astype("uint8")
data[:, 0, 0] = np.arange(16) * 10
shown = 8
canvas = SliceCanvas()
canvas.pen.shortcuts = ["ArrowUp", "ArrowDown"]
def turn(key):
    global shown
    shown += 1 if key == "ArrowUp" else -1
    canvas.show_slice(data[shown])
canvas.key_pressed.connect(turn)
canvas.show_slice(data[shown])
canvas
"""

# From the key press to the picture, seen in the first pixel of the layer.
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
        while (corner() === before && performance.now() - begin < 10000) await frame();
        times.push(performance.now() - begin);
        await new Promise((resolve) => setTimeout(resolve, 30)); // a person's pause
    }
    return times;
}"""
_IS_FILLED = """(pen) => pen.closest('.annotat-stack').querySelector('canvas')
    .getContext('2d').getImageData(0, 0, 1, 1).data[3] > 0"""


@pytest.fixture
def measure(notebook, canvas_on_page, kernel):
    """Median and 90th percentile of the milliseconds to another slice, for a notebook's cell."""

    def measure(cell, count, prepare=""):
        page = notebook(cell)
        page.locator(".annotat-pen").wait_for(timeout=60_000)
        canvas = canvas_on_page(page)
        canvas.until(lambda: canvas.evaluate(_IS_FILLED), 60)
        canvas.settle()
        kernel(prepare)
        canvas.pen.focus()
        return np.percentile(canvas.evaluate(_TIME_SLICES, count), [50, 90])

    return measure


COUNTS = pytest.mark.parametrize(
    "count", [FEW, pytest.param(MANY, marks=[pytest.mark.bench, pytest.mark.timeout(900)])]
)


@COUNTS
def test_a_tile_is_there_long_before_the_whole_slice(measure, count):
    look = f"app.canvas.looked.emit(({SIDE}, {SIDE}), Seen(0, 0, 520, 930, 1.0))"
    prepare = f"from annotat_nb.rendering import Seen; {look}"
    tile, ninetieth = measure(TILES, count, prepare)
    whole, _ = measure(WHOLE, count)
    print(
        f"slice of {SIDE}² by tiles: p50 {tile:.0f} ms, p90 {ninetieth:.0f} ms; "
        f"whole: p50 {whole:.0f} ms; {count} slices"
    )
    # A few slices beside other work say little more than that it is faster at all.
    assert tile < (whole if count < MANY else whole / 3)


@pytest.fixture
def open_sparse(tmp_path):
    """Show a volume of zeros on disk, as a memory map, in an Annotator whose page is away."""
    shown = []

    def open_sparse(*shape):
        path = tmp_path / "sparse.raw"
        with path.open("wb") as file:
            file.truncate(2 * int(np.prod(shape, dtype=np.int64)))
        session = an.Session(an.Volume(np.memmap(path, "<u2", "r", shape=shape)))
        app = an.Annotator(session)
        app.canvas._queue.is_awake = True
        shown.append((app, session))
        return app

    yield open_sparse
    for app, session in shown:
        app.close()
        session.close()


@pytest.mark.parametrize(
    "axis", ["z", "y", pytest.param("x", marks=[pytest.mark.bench, pytest.mark.timeout(300)])]
)
def test_a_slice_of_2048_cubed_voxels_on_disk_is_drawn_in_100_ms(open_sparse, axis):
    session = open_sparse(2048, 2048, 2048).session
    times = []
    for number in range(1000, 1000 + FEW):
        begin = time.perf_counter()
        session.show(axis=axis, **{axis: number})
        times.append(1000 * (time.perf_counter() - begin))
    print(f"2048³ across {axis}: first {times[0]:.0f} ms, median {np.median(times):.0f} ms")
    assert np.median(times) <= (2 * LIMIT if axis == "x" else LIMIT)


def test_a_slice_of_a_quarter_of_a_gigapixel_needs_little_memory_and_time(open_sparse):
    app = open_sparse(2, 16384, 16384)
    app.session.paint([(15900, 15900), (16300, 16300)], index=1, label=0, radius=3)
    corner = Seen(15864, 15454, 16384, 16384, 1.0)
    tracemalloc.start()
    begin = time.perf_counter()
    app.session.step_slice(-1)
    app.canvas.looked.emit((16384, 16384), corner)
    app.session.step_slice(1)
    milliseconds = 1000 * (time.perf_counter() - begin)
    peak = tracemalloc.get_traced_memory()[1] / 2**20
    tracemalloc.stop()
    print(f"16384²: three pictures in {milliseconds:.0f} ms, {peak:.0f} MB at most")
    assert app.canvas.near.tile.right == 16384
    assert peak < 128
