"""How bright an image is, in two numbers: a classifier knows only what it learnt from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from collections.abc import Mapping

    from annotat_nb.operation import Array
    from annotat_nb.volume import Volume

SAMPLE = 2**18
"""Voxels of a slice that are looked at."""
LEAST_OVERLAP = 0.2
"""Share of their common span that two images must share to count as alike."""


class Intensities(BaseModel):
    """The values that most voxels of an image have.

    Examples
    --------
    >>> dark, bright = (Intensities(dtype="uint8", low=a, high=b) for a, b in ((0, 90), (80, 250)))
    >>> dark.are_like(bright)
    False
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    dtype: str = Field(max_length=20)
    low: float = Field(allow_inf_nan=False)
    """A hundredth of the voxels is darker."""
    high: float = Field(allow_inf_nan=False)
    """A hundredth of the voxels is brighter."""

    @classmethod
    def of(cls, volume: Volume) -> Self:
        """Look at rows spread over three slices of `volume`."""
        depth = volume.shape[0]
        parts = [_sample(volume.slice("z", z)) for z in sorted({0, depth // 2, depth - 1})]
        values = np.concatenate(parts).astype(np.float64)
        finite = values[np.isfinite(values)]
        low, high = np.percentile(finite, (1, 99)) if finite.size else (0.0, 0.0)
        return cls(dtype=str(volume.dtype), low=float(low), high=float(high))

    def __str__(self) -> str:
        return f"{_written(self.low)} … {_written(self.high)} ({self.dtype})"

    def joined(self, other: Self) -> Self:
        """Return what two images were like together."""
        low, high = min(self.low, other.low), max(self.high, other.high)
        return self.model_copy(update={"low": low, "high": high})

    def caution_about(self, volume: Volume, what: str) -> str | None:
        """Say in a sentence that `what` learnt from other values than `volume` has; None: alike."""
        found = Intensities.of(volume)
        if self.are_like(found):
            return None
        return (
            f"{what} from values of about {self}, but {volume.name or 'this image'} has {found}: "
            "bring it to the same scale, or expect wrong labels"
        )

    def are_like(self, other: Self) -> bool:
        """Tell whether another image has about the same values; its type does not matter."""
        shared = min(self.high, other.high) - max(self.low, other.low)
        span = max(self.high, other.high) - min(self.low, other.low)
        return shared >= LEAST_OVERLAP * span


def _written(value: float) -> str:
    return f"{value:,.0f}" if 100 <= abs(value) < 1e9 else f"{value:.3g}"


def _sample(plane: Array) -> Array:
    step = 1 + plane.size // SAMPLE
    return np.ascontiguousarray(plane[(step // 2) % len(plane) :: step]).ravel()


def intensities_in(head: Mapping[str, object]) -> Intensities | None:
    """Return what a file says of its images; what cannot be understood is no reason to refuse."""
    try:
        return Intensities.model_validate(head.get("image"))
    except ValueError:
        return None
