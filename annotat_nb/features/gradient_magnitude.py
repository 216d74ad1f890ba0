"""How steep the smoothed image is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from annotat_nb.features.feature import Radii
from annotat_nb.features.multiscale import Multiscale, per_axis
from annotat_nb.kernels.weights import TRUNCATE

if TYPE_CHECKING:
    from annotat_nb.features.source import Source


class GradientMagnitude(Multiscale):
    """How steeply the smoothed grey value changes: strong at edges of the size of the radius.

    The length √(gx² + gy² + gz²) of the gradient of the image smoothed with a Gaussian, by central
    differences g = (f(x + 1) − f(x − 1)) / 2. D. Marr and E. Hildreth, Theory of edge detection,
    Proceedings of the Royal Society B 207, 1980; J. Canny, A computational approach to edge
    detection, IEEE PAMI 8, 1986.

    Examples
    --------
    >>> import numpy as np
    >>> ramp = np.broadcast_to(3.0 * np.arange(30), (1, 30, 30))
    >>> round(float(GradientMagnitude(radii=(1,))(ramp)[0, 0, 15, 15]), 4)
    3.0
    """

    title: ClassVar[str] = "Gradient magnitude of Gaussian"

    radii: Radii = Field((1, 2, 4, 8), json_schema_extra={"unit": "voxel"})
    """Standard deviations of the Gaussians, one channel for each. Larger values
    respond to blurred and broad edges and not to noise."""

    def at(self, source: Source, radius: int, /) -> list[Any]:
        smoothed, inner = source.smoothed(radius, self.ndim)
        return [source.backend.gradient_magnitude(smoothed, self.ndim, inner)]

    def halo(self) -> tuple[int, int, int]:
        return per_axis(TRUNCATE * max(self.radii) + 1, self.ndim)
