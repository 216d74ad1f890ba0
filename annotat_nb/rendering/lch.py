"""Colours by lightness, chroma and hue, as the eye orders them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from annotat_nb.operation import Array

_D65 = np.array([0.95047, 1.0, 1.08883])
_XYZ_TO_LINEAR_RGB = np.array(
    [
        [3.2404542, -1.5371385, -0.4985314],
        [-0.9692660, 1.8760108, 0.0415560],
        [0.0556434, -0.2040259, 1.0572252],
    ]
)


def lch_to_rgb(lightness: Any, chroma: Any, hue: Any) -> Array:
    """Turn CIELCh (D65) into sRGB.

    Parameters
    ----------
    lightness, chroma, hue
        Arrays or numbers of one shape: 0 to 100, 0 and more, degrees.

    Returns
    -------
    Array
        float64, (..., 3); colours that sRGB cannot show lie outside 0 to 1.

    Examples
    --------
    >>> np.abs(lch_to_rgb(100, 0, 0) - 1).max() < 1e-3
    np.True_
    """
    angle = np.deg2rad(hue)
    fy = (np.asarray(lightness) + 16) / 116
    fx = fy + chroma * np.cos(angle) / 500
    fz = fy - chroma * np.sin(angle) / 200
    linear = _cubed(np.stack([fx, fy, fz], axis=-1)) * _D65 @ _XYZ_TO_LINEAR_RGB.T
    bent = 1.055 * np.maximum(linear, 0.0031308) ** (1 / 2.4) - 0.055
    rgb: Array = np.where(linear > 0.0031308, bent, 12.92 * linear)
    return rgb


def _cubed(f: Array) -> Array:
    edge = 6 / 29
    return np.where(f > edge, f**3, 3 * edge**2 * (f - 4 / 29))
