"""How the smoothed image is curved on the whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from annotat_nb.features.feature import Radii
from annotat_nb.features.multiscale import Multiscale, per_axis
from annotat_nb.kernels.weights import TRUNCATE

if TYPE_CHECKING:
    from annotat_nb.features.source import Source


class LaplacianOfGaussian(Multiscale):
    """Bright and dark blobs of the size of the radius: the Laplacian of the smoothed image.

    The sum of the second differences f(x + 1) − 2 f(x) + f(x − 1) along all axes, of the image
    smoothed with a Gaussian: negative on bright blobs, positive on dark ones, zero on edges. D.
    Marr and E. Hildreth, Theory of edge detection, Proceedings of the Royal Society B 207, 1980.

    Examples
    --------
    >>> import numpy as np
    >>> y = np.arange(30.0)[:, None]
    >>> bowl = np.broadcast_to((y - 15) ** 2, (1, 30, 30))
    >>> round(float(LaplacianOfGaussian(radii=(1,))(bowl)[0, 0, 15, 15]), 4)
    2.0
    """

    title: ClassVar[str] = "Laplacian of Gaussian"

    radii: Radii = Field((1, 2, 4, 8), json_schema_extra={"unit": "voxel"})
    """Standard deviations of the Gaussians, one channel for each. Larger values
    respond to larger blobs: a disk of radius 1.4 r answers most strongly."""

    def at(self, source: Source, radius: int, /) -> list[Any]:
        smoothed, inner = source.smoothed(radius, self.ndim)
        return [source.backend.laplacian(smoothed, self.ndim, inner)]

    def halo(self) -> tuple[int, int, int]:
        return per_axis(TRUNCATE * max(self.radii) + 1, self.ndim)
