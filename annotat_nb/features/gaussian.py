"""Gaussian smoothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from pydantic import Field

from annotat_nb.features.feature import Radii
from annotat_nb.features.multiscale import Multiscale, per_axis

if TYPE_CHECKING:
    from annotat_nb.operation import Array

TRUNCATE = 4
"""Where the kernels are cut, in standard deviations."""


class Gaussian(Multiscale):
    """Smooth the image with Gaussians, one channel for each radius.

    Examples
    --------
    >>> Gaussian(radii=(1, 2), ndim=3)(np.ones((3, 4, 5))).shape
    (2, 3, 4, 5)
    """

    title: ClassVar[str] = "Gaussian (FFT Gauss)"

    radii: Radii = Field((1, 2, 4, 8), json_schema_extra={"unit": "voxel"})
    """Standard deviations of the Gaussians, one channel for each. Larger values smooth more:
    less noise, less detail."""

    def filter(self, image: Array, radius: int, /) -> Array:
        return smooth(image, radius, self.ndim)

    def halo(self) -> tuple[int, int, int]:
        return per_axis(TRUNCATE * max(self.radii), self.ndim)


def smooth(image: Array, sigma: int, ndim: int) -> Array:
    """Convolve float32 `image` with a Gaussian of `sigma` voxels, mirrored at its border."""
    from scipy import ndimage

    smoothed: Array = ndimage.gaussian_filter(
        image,
        per_axis(sigma, ndim),
        output=np.float32,
        mode="reflect",
        truncate=TRUNCATE,
    )
    return smoothed
