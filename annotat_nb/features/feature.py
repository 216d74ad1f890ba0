"""What every feature has in common."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from pydantic import AfterValidator, Field

from annotat_nb.operation import Array, Operation

if TYPE_CHECKING:
    from annotat_nb.features.source import Source


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

    def __call__(self, image: Array, /) -> Array:
        """Compute the channels of `image`, (z, y, x), as float32, (channels, z, y, x).

        NaN and infinities count as the smallest finite value of `image`.
        """
        from annotat_nb.features.source import Source

        source = Source(image)
        return np.stack([source.backend.to_numpy(part) for part in self.compute(source)])

    @abstractmethod
    def compute(self, source: Source) -> list[Any]:
        """Compute the channels of the inner part of `source`, each float32, (z, y, x).

        They lie on the device of `source` and may be shared with it: whoever asks must not write
        into them.
        """

    @abstractmethod
    def channels(self) -> tuple[str, ...]:
        """Name the channels, in the order in which they are computed.

        Channels that are computed in another way have another name: each begins with `full_title`.
        """

    def full_title(self) -> str:
        """Name the feature with the parameters that all its channels have in common.

        In two dimensions and with the parameters of the original it is the title alone.
        """
        return self.title


LARGEST = np.float32(1e16)
"""Values beyond it are held to it: their squares, summed over a window, are finite in float32."""


def to_finite(image: Array, low: float | None = None) -> Array:
    """Return `image` as float32 in which NaN and infinities have become `low`.

    Values beyond ±1e16, which some programs write for "no data", are held to that.

    Parameters
    ----------
    image
        Real numbers of any type and shape.
    low
        What replaces them; None takes the smallest finite value of `image`, or 0 if there is
        none.

    Examples
    --------
    >>> to_finite(np.array([2.0, np.nan, -1.0, np.inf]))
    array([ 2., -1., -1., -1.], dtype=float32)
    """
    with np.errstate(over="ignore"):
        values = np.asarray(image, dtype=np.float32)
    if (image.dtype.kind in "bui" and image.dtype.itemsize < 8) or _are_usual(values):
        return values
    finite = np.isfinite(values)
    if low is None:
        low = values.min(where=finite, initial=np.inf) if np.any(finite) else 0.0
    return np.where(finite, values, np.float32(low)).clip(-LARGEST, LARGEST)


def _are_usual(values: Array) -> bool:
    """Tell whether all values are finite and none is beyond `LARGEST`: NaN passes no comparison."""
    if not values.size:
        return True
    with np.errstate(invalid="ignore"):
        return bool(values.min() >= -LARGEST and values.max() <= LARGEST)
