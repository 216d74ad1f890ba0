"""Fixtures that take pictures of the page: only still ones, and small ones for the gallery."""

import io
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

GALLERY = os.environ.get("ANNOTAT_NB_GALLERY")
GREYS, COLOURS = 32, 64
"""Of a picture in the gallery: what is coloured is small, and would else not get its share."""


@pytest.fixture
def stable_screenshot():
    """Take a picture of an element once two in a row are equal, and return its RGB."""

    def stable_screenshot(element, tries=60):
        former = None
        for _ in range(tries):
            latest = element.screenshot(animations="disabled", caret="hide", scale="css")
            if latest == former:
                with Image.open(io.BytesIO(latest)) as picture:
                    return np.array(picture.convert("RGB"))
            former = latest
            element.page.wait_for_timeout(100)
        raise AssertionError("the page does not come to rest")

    return stable_screenshot


@pytest.fixture
def to_gallery():
    """Write a picture into the gallery, if one is being made."""

    def to_gallery(name, picture):
        if GALLERY is not None:
            Path(GALLERY).mkdir(parents=True, exist_ok=True)
            small = Image.fromarray(picture).quantize(
                palette=_palette(picture), dither=Image.Dither.NONE
            )
            small.save(Path(GALLERY) / f"{name}.png", optimize=True)

    return to_gallery


def _palette(picture):
    """Grey values, and the colours of what is not grey, each of which counts once."""
    pixels = np.unique(picture.reshape(-1, 3), axis=0)
    coloured = pixels[np.ptp(pixels, axis=1) > 12]
    greys = np.linspace(0, 255, GREYS).round().astype("uint8").repeat(3)
    found = Image.fromarray(coloured[None]).quantize(COLOURS).getpalette() if coloured.size else []
    palette = Image.new("P", (1, 1))
    palette.putpalette([*greys.tolist(), *found[: 3 * COLOURS]])
    return palette
