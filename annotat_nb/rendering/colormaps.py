"""The colour maps of the View menu, as tables of 256 colours."""

from __future__ import annotations

import colorsys
import difflib
from collections.abc import Callable
from functools import cache

import numpy as np

from annotat_nb.operation import Array
from annotat_nb.rendering.lch import lch_to_rgb

_Formula = Callable[[Array], Array]


def _between(*anchors: str) -> _Formula:
    """Join evenly spaced '#rrggbb' anchors by straight lines in sRGB."""
    stops = np.array([list(bytes.fromhex(anchor[1:])) for anchor in anchors]) / 255

    def ramp(t: Array) -> Array:
        places = np.linspace(0, 1, len(stops))
        return np.stack([np.interp(t, places, channel) for channel in stops.T], axis=-1)

    return ramp


def _single_hue(degrees: float, saturation: tuple[float, float]) -> _Formula:
    """Grow the HSV saturation of one hue at full value."""

    def ramp(t: Array) -> Array:
        low, high = saturation
        hues = [colorsys.hsv_to_rgb(degrees / 360, low + (high - low) * x, 1.0) for x in t]
        return np.array(hues)

    return ramp


def _diverging(low: float, high: float, chroma: float, *, middle: float = 95.0) -> _Formula:
    """Go from one CIELCh hue to another through a neutral `middle` lightness."""

    def ramp(t: Array) -> Array:
        away = np.abs(2 * t - 1)
        lightness = middle + (45 - middle) * away
        return lch_to_rgb(lightness, chroma * away, np.where(t < 0.5, low, high))

    return ramp


def _hsl(t: Array) -> Array:
    return np.array([colorsys.hls_to_rgb(hue, 0.6, 0.65) for hue in t])


def _husl(t: Array) -> Array:
    # HUSL is polar CIELUV; polar CIELAB keeps its point, an even lightness round the circle,
    # and a chroma of 36 fits into sRGB at every hue of lightness 65.
    return lch_to_rgb(np.full_like(t, 65.0), np.full_like(t, 36.0), 360 * t)


def _cubehelix(t: Array) -> Array:
    """Return D. A. Green's scheme (Bull. Astr. Soc. India 39, 289, 2011), default parameters."""
    angle = 2 * np.pi * (0.5 / 3 + 1 - 1.5 * t)
    weights = np.array([[-0.14861, 1.78277], [-0.29227, -0.90649], [1.97294, 0.0]])
    spiral = np.stack([np.cos(angle), np.sin(angle)], axis=-1) @ weights.T
    colours: Array = t[:, None] + (t * (1 - t) / 2)[:, None] * spiral
    return colours


# Viridis by S. van der Walt and N. Smith (CC0): 31 evenly spaced colours of the original.
_VIRIDIS = (
    "#440154 #470e61 #481a6c #482575 #472f7d #443a83 #414487 #3d4d8a #39568c #345f8d "
    "#31688e #2d708e #2a788e #27808e #23888e #21908c #1f988b #1fa088 #22a884 #2ab07f "
    "#35b779 #43bf71 #54c568 #66cc5d #7ad151 #8fd744 #a5db36 #bcdf27 #d2e21b #e8e419 "
    "#fde725"
)

_FORMULAS: dict[str, _Formula] = {
    "Grays": _between("#000000", "#ffffff"),
    "Viridis": _between(*_VIRIDIS.split()),
    "Fire": _between("#ffffff", "#ffff00", "#ff0000"),
    "Diverging": _diverging(285, 25, 55),
    "HSL": _hsl,
    "HUSL": _husl,
    "SingleHue": _single_hue(200, (0.1, 0.8)),
    "CubeHelix": _cubehelix,
    "Winter": _between("#0000ff", "#00ff80"),
    "Hot": _between("#000000", "#ff0000", "#ffff00", "#ffffff"),
    "Ice": _between("#0000ff", "#ffffff"),
    "Autumn": _between("#ff0000", "#ffff00"),
    "Blues": _between("#ffffff", "#0000ff"),
    "Cool": _between("#00ffff", "#ff00ff"),
    "Greens": _between("#ffffff", "#00ff00"),
    "Reds": _between("#ffffff", "#ff0000"),
    "Springs": _between("#ff00ff", "#ffff00"),
    "Summer": _between("#008066", "#ffff66"),
    "LightBlues": _single_hue(215, (0.0, 0.6)),
    "Orange": _single_hue(35, (0.1, 0.8)),
    "Coolwarm": _between("#3b4cc0", "#8db0fe", "#dddddd", "#f49a7b", "#b40426"),
    "PuGr": _diverging(315, 145, 50),
    "GrBu": _diverging(150, 270, 40),
    "GrBu_d": _diverging(150, 270, 40, middle=12.0),
    "RdBu": _diverging(30, 270, 40),
    "RdYeBuCy": _between("#ff0000", "#ffff00", "#0000ff", "#00ffff"),
}

COLORMAPS: tuple[str, ...] = tuple(_FORMULAS)
"""Names of the colour maps, in the order of the View menu."""


def colormap(name: str) -> Array:
    """Return the table that turns a grey value into a colour.

    Parameters
    ----------
    name
        One of `COLORMAPS`.

    Returns
    -------
    Array
        uint8, (256, 3): red, green and blue of each grey value; not writable.

    Raises
    ------
    ValueError
        If no colour map has that name.

    Notes
    -----
    Viridis is joined from 31 of its colours and differs from the original by at most 2 in 255.
    HUSL is approximated in CIELCh.

    Examples
    --------
    >>> colormap("Grays")[[0, 128, 255]].tolist()
    [[0, 0, 0], [128, 128, 128], [255, 255, 255]]
    """
    if name not in _FORMULAS:
        near = difflib.get_close_matches(name, COLORMAPS, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(COLORMAPS)}"
        raise ValueError(f"no colour map is called {name!r}; {hint}")
    return _table(name)


@cache
def _table(name: str) -> Array:
    colours = _FORMULAS[name](np.linspace(0, 1, 256))
    table: Array = np.rint(255 * np.clip(colours, 0, 1)).astype(np.uint8)
    table.flags.writeable = False
    return table
