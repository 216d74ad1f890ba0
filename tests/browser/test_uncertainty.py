"""The uncertainty as a person sees it: the colours of the array, over the slice."""

import json

import numpy as np
import pytest

from annotat_nb.rendering import uncertainty_levels, uncertainty_table

CELL = """
import json
import numpy as np, annotat_nb as an
image = np.random.default_rng(0).integers(0, 60, (4, 60, 80)) + 2 * np.arange(80)
session = an.Session(an.Volume(image.astype("uint8"), name="ramp"))
session.classes.add("right")
session.paint([(5, 5), (40, 35)], index=2, label=0)
session.paint([(55, 40), (20, 75)], index=2, label=1)
session.pipeline = an.Pipeline(superpixels={}, classifier=an.RandomForest(n_estimators=10))
app = an.Annotator(session)
app
"""


@pytest.fixture(params=["an.Waterpixels(seed_spacing=5)", "None"], ids=["superpixels", "voxels"])
def on_image(request, notebook, page, canvas_on_page):
    notebook(CELL.replace("{}", request.param))
    page.locator(".annotat-pen").first.wait_for(timeout=60_000)
    canvas = canvas_on_page(page)
    canvas.until(lambda: canvas.pixels("slice").shape == (60, 80, 4))
    canvas.settle()
    return canvas


def uncertainty(kernel, z):
    return np.array(json.loads(kernel(f"print(json.dumps(session.uncertainty[{z}].tolist()))")))


def seen(rgba):
    """Red, green and blue as they cover the image: a browser keeps no colour of what is clear."""
    return rgba[..., :3].astype(float) * rgba[..., 3:] / 255, rgba[..., 3]


def test_key_u_shows_the_array_pixel_by_pixel_with_a_legend(on_image, page, kernel):
    menu = page.locator(".annotat-root").get_by_role("menubar")
    menu.get_by_role("menuitem", name="View", exact=True).click()
    line = menu.get_by_role("menuitemcheckbox", name="Show uncertainty")
    assert line.get_attribute("title") == "Nothing is classified yet: press Preview or Apply first"
    page.keyboard.press("Escape")
    kernel("session.pipeline.superpixels and session.generate_superpixels(); session.apply()")
    page.get_by_text("Scroll through the slices").wait_for()
    page.mouse.move(*on_image.at(30, 40))
    on_image.pen.focus()
    page.keyboard.press("u")
    legend = page.get_by_role("img", name="Uncertainty from 0, sure, to 1, undecided")
    legend.wait_for()
    for z in (2, 3):
        kernel(f"session.show(z={z})")
        legend.wait_for()
        expected = uncertainty_table()[uncertainty_levels(uncertainty(kernel, z))]
        assert len(np.unique(expected.reshape(-1, 4), axis=0)) > 3
        on_image.until(lambda: on_image.mask("uncertainty").any())
        on_image.until(
            lambda expected=expected: (
                np.abs(seen(on_image.pixels("uncertainty"))[1] - expected[..., 3].astype(int)) <= 1
            ).all()
        )
        colours, _ = seen(on_image.pixels("uncertainty"))
        np.testing.assert_allclose(colours, seen(expected)[0], atol=2)


def test_what_is_undecided_covers_the_image_in_its_colour(on_image, page, kernel):
    kernel("session.pipeline.superpixels and session.generate_superpixels(); session.apply()")
    kernel("session.show(show_uncertainty=True, uncertainty_opacity=1.0, show_markers=False)")
    on_image.until(lambda: on_image.mask("uncertainty").any())
    page.mouse.move(0, 0)
    values = uncertainty(kernel, 2)
    y, x = np.unravel_index(values[:40].argmax(), values[:40].shape)  # where no legend lies
    red, green, blue, alpha = uncertainty_table()[uncertainty_levels(values[y, x])].tolist()
    below = kernel(f"print(int(image[2, {y}, {x}]), session.segmentation.data[2, {y}, {x}])")
    grey, label = map(int, below.split())
    base = np.full(3, grey, float)
    if label == 1:
        base = 0.65 * base + 0.35 * np.array(json.loads(kernel(_COLOUR)))
    share = alpha / 255
    expected = share * np.array([red, green, blue]) + (1 - share) * base
    on_image.until(
        lambda: np.abs(np.array(on_image.screen_color(int(y), int(x))) - expected).max() < 4
    )


_COLOUR = "print(list(bytes.fromhex(session.classes[1].color[1:])))"
