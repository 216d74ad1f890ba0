"""Colours of classes, told apart by colour-blind eyes too."""

from __future__ import annotations

import colorsys
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from annotat_nb.operation import Array

BACKGROUND = "#a9a3d6"
"""Colour of class 0: pale, and just far enough from grey to be seen on a grey image."""

OKABE_ITO = ("#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7")
"""Okabe and Ito, Color Universal Design (2008), without black, which tomograms swallow."""

TOL_MUTED = (
    *("#cc6677", "#332288", "#ddcc77", "#117733", "#88ccee"),
    *("#882255", "#44aa99", "#999933", "#aa4499"),
)
"""Paul Tol, Colour Schemes (SRON/EPS/TN/09-002, 2021), scheme "muted"."""

TOL_BRIGHT = ("#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377")
"""The same, scheme "bright", without its grey."""

PALETTE: tuple[str, ...] = (BACKGROUND, *OKABE_ITO, *TOL_MUTED, *TOL_BRIGHT)
"""Colours of the first classes, Background first."""

_STEPS = (0.6180339887498949, 0.7548776662466927, 0.5698402909980532)
"""Golden ratio for the hue, powers of the plastic number for saturation and value: multiples of
these spread evenly and never meet."""


def class_color(number: int) -> str:
    """Return the colour of class `number`, always the same for the same number.

    The first 23 come from published colour-blind-safe sets; the ones after step round the hue
    circle by the golden angle in changing tones, and the first thousand all differ.

    Parameters
    ----------
    number
        Class id, 0 for Background.

    Raises
    ------
    ValueError
        If the number is negative.

    Examples
    --------
    >>> class_color(0), class_color(1)
    ('#a9a3d6', '#e69f00')
    """
    if number < 0:
        raise ValueError(f"class numbers start at 0, got {number}")
    if number < len(PALETTE):
        return PALETTE[number]
    hue, saturation, value = (number * step % 1 for step in _STEPS)
    red, green, blue = colorsys.hsv_to_rgb(hue, 0.45 + 0.5 * saturation, 0.55 + 0.45 * value)
    return f"#{round(255 * red):02x}{round(255 * green):02x}{round(255 * blue):02x}"


def rgba_table(
    colors: Sequence[str], *, opacity: float = 1.0, visible: Sequence[bool] | None = None
) -> Array:
    """Return the table that turns class ids into colours with an opacity.

    Parameters
    ----------
    colors
        One '#rrggbb' a class.
    opacity
        Share of the colour laid over the image, 0 to 1.
    visible
        Whether each class is shown; all by default. Hidden classes are fully transparent.

    Returns
    -------
    Array
        uint8, (classes, 4): red, green, blue, alpha.

    Raises
    ------
    ValueError
        If the opacity is outside 0 to 1, a colour is malformed, or `visible` has another length.

    Examples
    --------
    >>> rgba_table(["#ff8000", "#0000ff"], opacity=0.5, visible=[True, False]).tolist()
    [[255, 128, 0, 128], [0, 0, 255, 0]]
    """
    if not 0 <= opacity <= 1:
        raise ValueError(f"opacity must lie between 0 and 1, got {opacity}")
    shown = [True] * len(colors) if visible is None else visible
    if len(shown) != len(colors):
        raise ValueError(f"visible needs one entry a colour ({len(colors)}), got {len(shown)}")
    table = np.zeros((len(colors), 4), np.uint8)
    for row, color in zip(table, colors, strict=True):
        row[:3] = _channels(color)
    table[:, 3] = np.where(shown, round(255 * opacity), 0)
    return table


def _channels(color: str) -> list[int]:
    try:
        channels = list(bytes.fromhex(color.removeprefix("#")))
    except ValueError:
        channels = []
    if len(channels) != 3 or len(color) != 7:
        raise ValueError(f"a colour is written '#rrggbb', got {color!r}")
    return channels
