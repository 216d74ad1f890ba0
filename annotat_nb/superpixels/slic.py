"""SLIC: superpixels by local clustering."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from annotat_nb.superpixels.method import Report, SuperpixelMethod

if TYPE_CHECKING:
    from annotat_nb.operation import Array


class Slic(SuperpixelMethod):
    """Superpixels of voxels that are close both in position and in grey value.

    References
    ----------
    R. Achanta et al., SLIC Superpixels Compared to State-of-the-Art Superpixel Methods, IEEE
    Transactions on Pattern Analysis and Machine Intelligence 34, 2012.
    """

    title: ClassVar[str] = "SLIC"

    compactness: float = Field(0.6, gt=0, le=100, json_schema_extra={"scale": "log"})
    """How much the position counts against the grey value, which is scaled to 0 to 1 whatever the
    type of the image, so that the same number serves 8-bit and 16-bit images. Larger values give
    rounder, more regular superpixels; smaller values follow weak edges more closely."""

    def __call__(
        self,
        image: Array,
        /,
        *,
        intensity_range: tuple[float, float] | None = None,
        progress: Report | None = None,
    ) -> Array:
        raise NotImplementedError
