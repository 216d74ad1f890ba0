"""What every feature has in common."""

from __future__ import annotations

from abc import abstractmethod
from typing import Annotated

from pydantic import AfterValidator, Field

from annotat_nb.operation import Array, Operation


def _sorted(radii: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(sorted(set(radii)))


Radii = Annotated[
    tuple[Annotated[int, Field(ge=1, le=64)], ...],
    Field(min_length=1, max_length=16),
    AfterValidator(_sorted),
]
"""Neighbourhood sizes in voxels, kept in ascending order without repeats."""


class Feature(Operation):
    """An operation that gives one or more channels for each voxel."""

    @abstractmethod
    def __call__(self, image: Array, /) -> Array:
        """Compute the channels of `image`, (z, y, x), as float32, (channels, z, y, x)."""

    @abstractmethod
    def channels(self) -> tuple[str, ...]:
        """Name the channels, in the order in which they are computed."""
