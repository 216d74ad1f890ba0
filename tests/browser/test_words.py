"""What the panel says stays where it is, and says what is so."""

import pytest

CELL = """
import numpy as np, annotat_nb as an
image = np.random.default_rng(0).integers(0, 60, (4, 60, 80)) + 2 * np.arange(80)
session = an.Session(an.Volume(image.astype("uint8"), name="ramp"))
session.classes.add("right")
session.pipeline = an.Pipeline(
    superpixels=an.Waterpixels(seed_spacing=5), classifier=an.RandomForest(n_estimators=20))
session.generate_superpixels()
session.paint([(10, 5), (50, 5)], index=2, label=0, radius=2)
session.paint([(10, 70), (50, 70)], index=2, label=1, radius=2)
app = an.Annotator(session)
app
"""


@pytest.fixture
def root(notebook, page):
    notebook(CELL)
    page.locator(".annotat-pen").first.wait_for(timeout=60_000)
    return page.locator(".annotat-root")


def test_no_button_moves_when_the_superpixels_are_outdated(root, kernel, screenshot):
    preview = root.get_by_role("button", name="Preview", exact=True)
    root.get_by_role("button", name="Apply", exact=True).click()
    root.get_by_text("judged by their own strokes").wait_for(timeout=180_000)
    screenshot("own_strokes")
    root.get_by_text("Scroll through the slices").wait_for(timeout=180_000)  # kernels may be new
    before = preview.bounding_box()
    kernel("session.pipeline = an.Pipeline(superpixels=an.Slic(seed_spacing=5))")
    root.get_by_text("outdated").wait_for()
    root.get_by_text("press Generate superpixels, then Apply").wait_for()
    root.get_by_text("Not trained yet with these parameters").wait_for()
    screenshot("outdated")
    assert preview.bounding_box() == before


def test_a_preview_is_said_to_be_one_and_the_accuracy_how_it_was_found(root, kernel, screenshot):
    for column, label in ((20, 0), (55, 1)):
        kernel(f"session.paint([(10, {column}), (50, {column})], index=2, label={label}, radius=1)")
    root.get_by_role("button", name="Preview", exact=True).click()
    root.get_by_text("This is a preview of this slice").wait_for(timeout=180_000)
    line = root.get_by_text("(whole strokes kept apart)")
    line.wait_for()
    assert root.get_by_title("Each stroke is judged by what was learnt from other").is_visible()
    screenshot("preview")
    root.get_by_text("Classification", exact=True).click()
    root.get_by_text("Accuracy and features…").click()
    root.get_by_text("(impurity). Left out: below 1 %").wait_for()
    screenshot("accuracy_dialog")
