"""What the features with a neighbourhood of several sizes have in common."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from annotat_nb.features.feature import Feature, Radii

if TYPE_CHECKING:
    from annotat_nb.features.source import Source


class Multiscale(Feature):
    """A feature with one channel for each radius.

    A radius r is a square (or cubic) window of 2r + 1 voxels a side, mirrored at the border of
    the image with its edge voxel repeated.
    """

    radii: Radii = Field((1, 2, 4, 8), json_schema_extra={"unit": "voxel"})
    """Radii of the windows: r looks at 2r + 1 voxels a side, one channel for each. Larger windows
    see coarser structure and cost detail."""

    ndim: Literal[2, 3] = 2
    """2 looks at each XY slice by itself; 3 looks into the neighbouring slices too, which
    suppresses what changes from slice to slice but takes longer."""

    def compute(self, source: Source) -> list[Any]:
        return [self.channel(source, radius) for radius in self.radii]

    @abstractmethod
    def channel(self, source: Source, radius: int, /) -> Any:
        """Compute the channel of one radius."""

    def channels(self) -> tuple[str, ...]:
        return tuple(f"{self.title} r={radius}" for radius in self.radii)

    def halo(self) -> tuple[int, int, int]:
        return per_axis(max(self.radii), self.ndim)


def per_axis(reach: int, ndim: int, flat: int = 0) -> tuple[int, int, int]:
    """Spread `reach` over (z, y, x); z gets `flat` when `ndim` is 2.

    Examples
    --------
    >>> per_axis(8, ndim=2)
    (0, 8, 8)
    """
    return (reach if ndim == 3 else flat, reach, reach)
