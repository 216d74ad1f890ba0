"""Lines in all directions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from annotat_nb.features.feature import Feature
from annotat_nb.features.multiscale import per_axis
from annotat_nb.kernels.weights import LINE

if TYPE_CHECKING:
    from annotat_nb.features.source import Source

_DIRECTIONS = 30


class MembraneProjections(Feature):
    """Thin lines such as membranes: means along lines in all directions, and what they span.

    The image is averaged, slice by slice, along lines of 19 voxels through each voxel, one voxel
    wide, in 30 directions 6° apart, turned by bilinear interpolation. The channels are sum, mean,
    standard deviation, median, largest and smallest of the 30 averages. Method: Trainable Weka
    Segmentation (I. Arganda-Carreras et al., Bioinformatics 33, 2017), whose averages are sums.

    Examples
    --------
    >>> import numpy as np
    >>> line = np.zeros((1, 25, 25))
    >>> line[:, 12] = 1
    >>> MembraneProjections()(line)[4:, 0, 12, 12].round(2)
    array([1.  , 0.05], dtype=float32)
    """

    title: ClassVar[str] = "Membrane projections"

    def compute(self, source: Source) -> list[Any]:
        backend = source.backend
        return list(backend.membrane_projections(source.image, _DIRECTIONS, source.inner))

    def channels(self) -> tuple[str, ...]:
        parts = ("sum", "mean", "standard deviation", "median", "maximum", "minimum")
        return tuple(f"{self.title} {part}" for part in parts)

    def halo(self) -> tuple[int, int, int]:
        return per_axis(LINE // 2, ndim=2)
