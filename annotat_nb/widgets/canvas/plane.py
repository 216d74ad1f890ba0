"""What one layer of the canvas should look like."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from annotat_nb.rendering.png import encode_png

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_CLEAR = np.zeros((1, 4), np.uint8)


@dataclass
class Plane:
    """The whole of a layer, kept so that any page can be painted again."""

    ids: NDArray[np.unsignedinteger]
    """(height, width): grey values, or indices into the palette."""
    palette: NDArray[np.uint8] | None = None
    """(n, 4) colours of the ids; None for a grey slice."""

    @classmethod
    def empty(cls, shape: tuple[int, int]) -> Plane:
        """Return a plane of ids 0."""
        return cls(np.zeros(shape, np.uint16))

    def update(
        self, ids: NDArray[Any], palette: NDArray[np.uint8], origin: tuple[int, int]
    ) -> None:
        """Write a rectangle at `origin` (y, x) and take the palette for all."""
        (y, x), (height, width) = origin, ids.shape
        self.ids[y : y + height, x : x + width] = ids
        self.palette = palette

    def encode(self, y: int, x: int, height: int, width: int) -> bytes:
        """Return a rectangle as a PNG."""
        patch = self.ids[y : y + height, x : x + width]
        # Grey noise does not compress: storing is faster. Ids shrink a hundredfold.
        return encode_png(patch, self.palette, level=0 if self.palette is None else 1)


def with_clear(rgba: ArrayLike) -> NDArray[np.uint8]:
    """Put a transparent colour before `rgba`, (n, 4), for the id of "nothing"."""
    return np.vstack([_CLEAR, np.asarray(rgba, np.uint8).reshape(-1, 4)])


def check_inside(
    name: str, shape: tuple[int, ...], origin: tuple[int, int], slice_shape: tuple[int, int]
) -> None:
    """Refuse a rectangle of `shape` at `origin` (y, x) that leaves the slice."""
    if len(shape) != 2:
        raise ValueError(f"{name} have rows and columns, got shape {shape}")
    ends = np.add(origin, shape)
    if min(origin) < 0 or (ends > slice_shape).any():
        raise ValueError(f"{name} of shape {shape} at {origin} do not fit a slice of {slice_shape}")
