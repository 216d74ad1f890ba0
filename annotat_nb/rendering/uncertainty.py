"""Uncertainty as a picture: nothing where a classifier is sure, vivid where it guesses."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from annotat_nb.rendering.lch import lch_to_rgb

if TYPE_CHECKING:
    from annotat_nb.operation import Array

LIGHTNESS, CHROMA = (25.0, 60.0), (35.0, 105.0)
HUE = 328.0
"""Magenta, in degrees of CIELCh: the hue that is farthest from those of the first classes."""


def uncertainty_levels(values: Array) -> Array:
    """Turn uncertainties into rows of `uncertainty_table`.

    Parameters
    ----------
    values
        0 to 1, of any shape; NaN where nothing is known.

    Returns
    -------
    ndarray
        uint8, same shape: 0 where nothing is known, else 1 to 255.

    Examples
    --------
    >>> uncertainty_levels(np.array([np.nan, 0.0, 0.5, 1.0])).tolist()
    [0, 1, 128, 255]
    """
    known = np.clip(np.nan_to_num(values, nan=0.0), 0, 1)
    return np.where(np.isnan(values), 0, 1 + np.rint(254 * known)).astype(np.uint8)


@cache
def uncertainty_table() -> Array:
    """Return the colours of the levels, uint8, (256, 4): red, green, blue, alpha; not writable.

    Equal steps of uncertainty are equal steps to the eye: a straight line in CIELAB, from dark to
    vivid, that covers the image more the less sure the classifier was.
    """
    share = np.linspace(0, 1, 255)
    lightness, chroma = (low + (high - low) * share for low, high in (LIGHTNESS, CHROMA))
    colours = np.clip(lch_to_rgb(lightness, chroma, HUE), 0, 1)
    table = np.zeros((256, 4), np.uint8)
    table[1:] = np.rint(255 * np.column_stack([colours, share]))
    table.flags.writeable = False
    return table
