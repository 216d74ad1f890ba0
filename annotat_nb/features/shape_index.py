"""What shape the grey values have round a voxel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from annotat_nb.features.feature import Radii
from annotat_nb.features.multiscale import Scales, per_axis
from annotat_nb.kernels.weights import TRUNCATE

if TYPE_CHECKING:
    from annotat_nb.features.source import Source


class ShapeIndex(Scales):
    """Cap, ridge, saddle, rut or cup: the shape of the grey values, whatever their contrast.

    (2 / π) arctan((λ2 + λ1) / (λ2 − λ1)) with the eigenvalues λ1 ≥ λ2 of `HessianEigenvalues` in
    the slice, 0 where they are closer than 10⁻⁸: from −1 in a dark spot over −0.5 in a dark line,
    0 on a saddle and 0.5 on a bright line to 1 on a bright spot. J. J. Koenderink and A. J. van
    Doorn, Surface shape and curvature scales, Image and Vision Computing 10, 1992. It is a
    property of surfaces over a plane, so that it has no third dimension.

    Examples
    --------
    >>> import numpy as np
    >>> line = np.zeros((1, 21, 21))
    >>> line[:, :, 10] = 1
    >>> round(float(ShapeIndex(radii=(2,))(line)[0, 0, 10, 10]), 3)
    0.5
    """

    title: ClassVar[str] = "Shape index"

    radii: Radii = Field((1, 2, 4, 8), json_schema_extra={"unit": "voxel"})
    """Standard deviations of the Gaussians, one channel for each. Larger values
    find the shape of larger structures."""

    def at(self, source: Source, radius: int, /) -> list[Any]:
        smoothed, inner = source.smoothed(radius, ndim=2)
        return [source.backend.shape_index(smoothed, inner)]

    def halo(self) -> tuple[int, int, int]:
        return per_axis(TRUNCATE * max(self.radii) + 1, ndim=2)
