"""Which neighbours are brighter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from annotat_nb.features.feature import Radii
from annotat_nb.features.multiscale import Multiscale

if TYPE_CHECKING:
    from annotat_nb.features.source import Source


class LocalBinaryPattern(Multiscale):
    """Fine texture, whatever its contrast: which of eight neighbours are brighter than the voxel.

    A number from 0 to 255 with a bit for each neighbour r voxels away along the axes of the slice,
    set where it is brighter; bit 0 is that at −y −x, and the others follow round the voxel:
    −y, −y +x, +x, +y +x, +y, +y −x, −x. In 3D there are two more such numbers, with the neighbours
    along z and x, and along z and y. T. Ojala, M. Pietikäinen and D. Harwood, A comparative study
    of texture measures, Pattern Recognition 29, 1996; on three planes G. Zhao and M. Pietikäinen,
    IEEE PAMI 29, 2007.

    Examples
    --------
    >>> import numpy as np
    >>> ramp = np.broadcast_to(np.arange(5), (1, 5, 5))  # brighter to the right
    >>> float(LocalBinaryPattern()(ramp)[0, 0, 2, 2]), 2**2 + 2**3 + 2**4
    (28.0, 28)
    """

    title: ClassVar[str] = "Local binary pattern (LBP)"

    radii: Radii = Field((1,), json_schema_extra={"unit": "voxel"})
    """Distances of the neighbours, one channel for each (three in 3D). Larger values compare with
    what is farther away and see coarser texture."""

    def at(self, source: Source, radius: int, /) -> list[Any]:
        patterns = source.backend.binary_patterns
        return list(patterns(source.image, radius, self.ndim, source.inner))

    def parts(self) -> tuple[str, ...]:
        return ("",) if self.ndim == 2 else ("XY", "XZ", "YZ")
