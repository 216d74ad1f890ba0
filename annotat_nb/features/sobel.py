"""The Sobel gradient."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from annotat_nb.features.feature import Feature
from annotat_nb.features.multiscale import in_dimensions, per_axis

if TYPE_CHECKING:
    from annotat_nb.features.source import Source


class Sobel(Feature):
    """How steeply the grey value changes: the length of the Sobel gradient.

    Along each axis the kernel is (-1, 0, 1), smoothed by (1, 2, 1) across the others, without
    normalisation.

    Examples
    --------
    >>> import numpy as np
    >>> ramp = np.broadcast_to(np.arange(5.0), (1, 4, 5))
    >>> float(Sobel()(ramp)[0, 0, 2, 2])
    8.0
    """

    title: ClassVar[str] = "Sobel"

    ndim: Literal[2, 3] = 2
    """2 measures the change within each XY slice; 3 also counts the change from slice to
    slice."""

    def compute(self, source: Source) -> list[Any]:
        return [source.backend.sobel(source.image, self.ndim, source.inner)]

    def channels(self) -> tuple[str, ...]:
        return (self.full_title(),)

    def full_title(self) -> str:
        return in_dimensions(self.title, self.ndim)

    def halo(self) -> tuple[int, int, int]:
        return per_axis(1, self.ndim)
