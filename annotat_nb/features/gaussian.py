"""Gaussian smoothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from annotat_nb.features.feature import Radii
from annotat_nb.features.multiscale import Multiscale, per_axis
from annotat_nb.kernels.weights import TRUNCATE

if TYPE_CHECKING:
    from annotat_nb.features.source import Source


class Gaussian(Multiscale):
    """Smooth the image with Gaussians, one channel for each radius.

    Examples
    --------
    >>> import numpy as np
    >>> Gaussian(radii=(1, 2), ndim=3)(np.ones((3, 4, 5))).shape
    (2, 3, 4, 5)
    """

    title: ClassVar[str] = "Gaussian (FFT Gauss)"

    radii: Radii = Field((1, 2, 4, 8), json_schema_extra={"unit": "voxel"})
    """Standard deviations of the Gaussians, one channel for each. Larger values smooth more:
    less noise, less detail."""

    def at(self, source: Source, radius: int, /) -> list[Any]:
        return [source.gaussian(radius, self.ndim)]

    def halo(self) -> tuple[int, int, int]:
        return per_axis(TRUNCATE * max(self.radii), self.ndim)
