"""Live update as a person meets it: one paints, and the slice follows without a flicker."""

import json

import numpy as np
import pytest

CELL = """
import json
import numpy as np, annotat_nb as an
image = np.random.default_rng(0).integers(0, 60, (4, 60, 80)) + 2 * np.arange(80)
session = an.Session(an.Volume(image.astype("uint8"), name="ramp"))
session.classes.add("right")
session.pipeline = an.Pipeline(
    superpixels=an.Waterpixels(seed_spacing=5), classifier=an.RandomForest(n_estimators=20))
session.generate_superpixels()
app = an.Annotator(session)
app
"""


@pytest.fixture
def canvas(notebook, page, canvas_on_page):
    notebook(CELL)
    page.locator(".annotat-pen").first.wait_for(timeout=60_000)
    canvas = canvas_on_page(page)
    canvas.until(lambda: canvas.pixels("slice").shape == (60, 80, 4))
    canvas.settle()
    return canvas


def previewed(kernel):
    """Where the second class is in the preview of the shown slice; None without one."""
    code = "print(json.dumps(session.previewed and (session.previewed.labels[2 - "
    code += "session.previewed.box[0].start] == 1).tolist()))"
    found = json.loads(kernel(code))
    return None if found is None else np.array(found)


def test_the_slice_follows_the_mouse_and_nothing_else_moves(canvas, page, kernel):
    root = page.locator(".annotat-root")
    page.get_by_role("checkbox", name="Live update").check()
    page.get_by_text("Waiting. Paint at least two classes first").wait_for()
    page.evaluate(_WATCH)
    canvas.stroke((10, 5), (50, 5))
    page.get_by_text("Waiting. Paint a second class").wait_for()
    page.keyboard.press("1")
    for column in (75, 60, 45):
        canvas.stroke((10, column), (50, column))
        canvas.wait_until_acknowledged()
    root.get_by_text("This slice is up to date").wait_for()
    expected = previewed(kernel)
    assert 0.3 < expected.mean() < 0.9
    canvas.until(lambda: (canvas.mask("labels") == expected).all())
    page.get_by_text("Paint on: this slice follows your strokes").wait_for()
    assert page.evaluate("window.seen") == []
    page.keyboard.press("ArrowUp")
    canvas.until(lambda: canvas.mask("labels").any())
    page.keyboard.press("Shift+L")
    canvas.until(lambda: not page.get_by_role("checkbox", name="Live update").is_checked())


def test_strokes_in_quick_succession_are_all_there_and_the_last_one_is_followed(
    canvas, page, kernel
):
    page.get_by_role("checkbox", name="Live update").check()
    canvas.stroke((10, 5), (50, 5))
    page.keyboard.press("1")
    for row in range(4, 56, 6):
        canvas.stroke((row, 60), (row, 75))
    canvas.wait_until_acknowledged()
    canvas.until(lambda: kernel("print(session.markers.stroke_count())").strip() == "10")
    kernel("assert session.live_update.wait(60)")
    live = previewed(kernel)
    kernel("session.live = False; session.preview()")
    np.testing.assert_array_equal(live, previewed(kernel))


# Notes whenever a line of progress is seen, or the line of messages moves.
_WATCH = """() => {
    window.seen = [];
    const job = document.querySelector('.annotat-job');
    const message = document.querySelector('.annotat-feet .annotat-message');
    const top = message.getBoundingClientRect().top;
    const look = () => {
        if (job.checkVisibility()) window.seen.push(job.textContent);
        if (message.getBoundingClientRect().top !== top) window.seen.push('moved');
        requestAnimationFrame(look);
    };
    look();
}"""
