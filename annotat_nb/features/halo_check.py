"""Whether a feature looks no farther than it says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from annotat_nb.features.feature import Feature
    from annotat_nb.operation import Array

SIDE = 24
"""Voxels of the noise beyond the halo, and across the axis that is looked at."""
ROUNDING = 1e-4
"""Differences that count as none, as a share of the range of the values."""


def check_halo(feature: Feature) -> None:
    """Refuse a feature that looks farther around a voxel than its halo says.

    Large images are computed in blocks, with as much context as the halo: if that is too little,
    the borders of the blocks can be seen in the feature, and in what is classified by it. The
    feature is computed of random numbers as a whole and as a part with so much context, which
    must give the same. It is checked with the parameters that it has, so check large ones.

    Parameters
    ----------
    feature
        With its parameters: ``local_range(radius=9)``.

    Raises
    ------
    ValueError
        If the values differ.

    Examples
    --------
    >>> from annotat_nb.features import Gaussian
    >>> check_halo(Gaussian(radii=(5,)))
    """
    for axis, reach in enumerate(feature.halo()):
        whole, part = _both_ways(feature, axis, reach)
        if np.abs(whole - part).max() > ROUNDING * np.ptp(whole):
            raise ValueError(
                f"{feature!r} depends on more of the image along {'zyx'[axis]} than its halo, "
                f"{feature.halo()} in the order (z, y, x), tells: make the halo larger, or a "
                "function of the parameters"
            )


def _both_ways(feature: Feature, axis: int, reach: int) -> tuple[Array, Array]:
    """Compute one half of random numbers, of all of them and of it with its context."""
    shape = [SIDE, SIDE, SIDE]
    shape[axis] = 2 * (SIDE + reach)
    image = np.moveaxis(255 * np.random.default_rng(0).random(shape, np.float32), axis, 0)
    part = np.ascontiguousarray(np.moveaxis(image[SIDE:], 0, axis))
    whole = np.ascontiguousarray(np.moveaxis(image, 0, axis))
    found = [np.moveaxis(feature(each), axis + 1, 0) for each in (whole, part)]
    return found[0][SIDE + reach :], found[1][reach:]
