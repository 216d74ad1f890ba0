"""Fixtures that take pictures of the page: only still ones, and small ones for the gallery."""

import io
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

GALLERY = os.environ.get("ANNOTAT_NB_GALLERY")
COLOURS = 64
"""Of a picture in the gallery: icons, text and grey values need no more."""


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
            small = Image.fromarray(picture).quantize(COLOURS, dither=Image.Dither.NONE)
            small.save(Path(GALLERY) / f"{name}.png", optimize=True)

    return to_gallery
