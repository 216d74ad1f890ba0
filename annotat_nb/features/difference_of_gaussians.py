"""Differences of Gaussians."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from annotat_nb.features.feature import Radii
from annotat_nb.features.multiscale import Multiscale, per_axis
from annotat_nb.kernels.weights import TRUNCATE

if TYPE_CHECKING:
    from annotat_nb.features.source import Source


class DifferenceOfGaussians(Multiscale):
    """Keep what lies between two degrees of smoothing: blobs and edges of that size.

    Every pair of radii i < j gives the channel G(i) - G(j); a single radius gives the image
    minus G.

    Examples
    --------
    >>> DifferenceOfGaussians(radii=(1, 2, 4)).channels()[0]
    'Difference of Gaussians (FFT Difference of Gaussians) r=1-2'
    """

    title: ClassVar[str] = "Difference of Gaussians (FFT Difference of Gaussians)"

    radii: Radii = Field((1, 2, 4, 8), json_schema_extra={"unit": "voxel"})
    """Standard deviations of the Gaussians, one channel for each pair. Larger values respond to
    larger structures."""

    def compute(self, source: Source) -> list[Any]:
        smoothed = super().compute(source)
        if len(smoothed) == 1:
            smoothed = [source.image[source.inner], *smoothed]
        return [fine - coarse for fine, coarse in combinations(smoothed, 2)]

    def at(self, source: Source, radius: int, /) -> list[Any]:
        return [source.gaussian(radius, self.ndim)]

    def channels(self) -> tuple[str, ...]:
        if len(self.radii) == 1:
            return (f"{self.full_title()} r=0-{self.radii[0]}",)
        return tuple(f"{self.full_title()} r={i}-{j}" for i, j in combinations(self.radii, 2))

    def halo(self) -> tuple[int, int, int]:
        return per_axis(TRUNCATE * max(self.radii), self.ndim)
