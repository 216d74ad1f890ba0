"""Waterpixels: superpixels by a watershed from one marker in each cell of a grid."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from annotat_nb.superpixels.method import Report, SuperpixelMethod

if TYPE_CHECKING:
    from annotat_nb.operation import Array


class Waterpixels(SuperpixelMethod):
    """Superpixels that grow from the calmest spot of each grid cell to the nearest edges.

    References
    ----------
    V. Machairas et al., Waterpixels, IEEE Transactions on Image Processing 24, 2015.
    """

    title: ClassVar[str] = "Waterpixels"

    compactness: float = Field(10.0, ge=0, le=1e6, json_schema_extra={"scale": "log"})
    """How much the shape counts against the edges. Larger values give rounder, more regular
    superpixels; smaller values follow weak edges more closely. Edges are measured on a scale of
    0 to 255 whatever the type of the image: users of Annotat3D know numbers about 1000 times
    larger for 16-bit images."""

    def __call__(
        self,
        image: Array,
        /,
        *,
        intensity_range: tuple[float, float] | None = None,
        progress: Report | None = None,
    ) -> Array:
        raise NotImplementedError
