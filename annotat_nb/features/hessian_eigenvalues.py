"""How the smoothed image is curved along its own axes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from annotat_nb.features.feature import Radii
from annotat_nb.features.multiscale import Multiscale, per_axis
from annotat_nb.kernels.weights import TRUNCATE

if TYPE_CHECKING:
    from annotat_nb.features.source import Source


class HessianEigenvalues(Multiscale):
    """Blobs, tubes and sheets of the size of the radius: the principal curvatures.

    The eigenvalues λ1 ≥ λ2 (≥ λ3) of the matrix of second differences of the image smoothed with
    a Gaussian: f(x + 1) − 2 f(x) + f(x − 1) along an axis, (f(+, +) − f(+, −) − f(−, +) + f(−, −))
    / 4 along two. All are negative on a bright blob, two in 3D on a bright tube, one on a bright
    sheet. Y. Sato et al., Three-dimensional multi-scale line filter, Medical Image Analysis 2,
    1998; the matrix is that of the web version of Annotat3D (harpia).

    Examples
    --------
    >>> HessianEigenvalues(radii=(2,)).channels()
    ('Hessian eigenvalues r=2 λ1', 'Hessian eigenvalues r=2 λ2')
    >>> HessianEigenvalues(radii=(2,), ndim=3).channels()[-1]
    'Hessian eigenvalues 3D r=2 λ3'
    """

    title: ClassVar[str] = "Hessian eigenvalues"

    radii: Radii = Field((1, 2, 4, 8), json_schema_extra={"unit": "voxel"})
    """Standard deviations of the Gaussians, two channels (three in 3D) for each. Larger
    values respond to larger structures."""

    def at(self, source: Source, radius: int, /) -> list[Any]:
        smoothed, inner = source.smoothed(radius, self.ndim)
        return list(source.backend.hessian_eigenvalues(smoothed, self.ndim, inner))

    def parts(self) -> tuple[str, ...]:
        return ("λ1", "λ2", "λ3")[: self.ndim]

    def halo(self) -> tuple[int, int, int]:
        return per_axis(TRUNCATE * max(self.radii) + 1, self.ndim)
