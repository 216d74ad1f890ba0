"""In how many directions the image changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from annotat_nb.features.feature import Radii
from annotat_nb.features.multiscale import Multiscale, per_axis
from annotat_nb.kernels.weights import TRUNCATE

if TYPE_CHECKING:
    from annotat_nb.features.source import Source


class StructureTensorEigenvalues(Multiscale):
    """Whether the surroundings change in one direction, in several or in none.

    The eigenvalues λ1 ≥ λ2 (≥ λ3) of the matrix of products of the Sobel derivatives, each
    smoothed with a Gaussian: one is large at an edge or in a layered texture, all are at corners
    and in disorder, none where the image is flat. J. Bigün and G. Granlund, Optimal orientation
    detection of linear symmetry, ICCV 1987; the same as `skimage.feature.structure_tensor` with
    ``mode="reflect"``.

    Examples
    --------
    >>> import numpy as np
    >>> stripes = np.broadcast_to(np.arange(20) // 2 % 2, (1, 20, 20))
    >>> large, small = StructureTensorEigenvalues(radii=(2,))(stripes)[:, 0, 10, 10]
    >>> bool(large > 1), bool(small == 0)
    (True, True)
    """

    title: ClassVar[str] = "Structure tensor eigenvalues"

    radii: Radii = Field((1, 2, 4, 8), json_schema_extra={"unit": "voxel"})
    """Standard deviations of the Gaussians, two channels (three in 3D) for each. They are
    how far around a voxel its surroundings reach."""

    def at(self, source: Source, radius: int, /) -> list[Any]:
        where = (source.image, radius, self.ndim, source.inner)
        return list(source.backend.structure_tensor_eigenvalues(*where))

    def parts(self) -> tuple[str, ...]:
        return ("λ1", "λ2", "λ3")[: self.ndim]

    def halo(self) -> tuple[int, int, int]:
        return per_axis(TRUNCATE * max(self.radii) + 1, self.ndim)
