"""What the features with a neighbourhood of several sizes have in common."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from annotat_nb.features.feature import Feature, Radii

if TYPE_CHECKING:
    from annotat_nb.features.source import Source


class Scales(Feature):
    """A feature with as many channels for each radius."""

    radii: Radii = Field((1, 2, 4, 8), json_schema_extra={"unit": "voxel"})
    """Radii of the windows: r looks at 2r + 1 voxels a side, one channel for each. Larger windows
    see coarser structure and cost detail."""

    def compute(self, source: Source) -> list[Any]:
        return [channel for radius in self.radii for channel in self.at(source, radius)]

    @abstractmethod
    def at(self, source: Source, radius: int, /) -> list[Any]:
        """Compute the channels of one radius."""

    def parts(self) -> tuple[str, ...]:
        """Name the channels of one radius, if it has several."""
        return ("",)

    def channels(self) -> tuple[str, ...]:
        scales = [f"{self.full_title()} r={radius}" for radius in self.radii]
        return tuple(f"{scale} {part}".rstrip() for scale in scales for part in self.parts())


class Multiscale(Scales):
    """The same, within slices or across them.

    A radius r is a square (or cubic) window of 2r + 1 voxels a side, mirrored at the border of
    the image with its edge voxel repeated.
    """

    ndim: Literal[2, 3] = 2
    """2 looks at each XY slice by itself; 3 looks into the neighbouring slices too, which
    suppresses what changes from slice to slice but takes longer."""

    def full_title(self) -> str:
        return in_dimensions(self.title, self.ndim)

    def halo(self) -> tuple[int, int, int]:
        return per_axis(max(self.radii), self.ndim)


def in_dimensions(title: str, ndim: int) -> str:
    """Say in the name of a feature that it looks into the neighbouring slices, if it does.

    Examples
    --------
    >>> in_dimensions("Mean", 2), in_dimensions("Mean", 3)
    ('Mean', 'Mean 3D')
    """
    return f"{title} 3D" if ndim == 3 else title


def per_axis(reach: int, ndim: int, flat: int = 0) -> tuple[int, int, int]:
    """Spread `reach` over (z, y, x); z gets `flat` when `ndim` is 2.

    Examples
    --------
    >>> per_axis(8, ndim=2)
    (0, 8, 8)
    """
    return (reach if ndim == 3 else flat, reach, reach)
