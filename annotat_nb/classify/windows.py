"""Which boxes of a volume must be looked at, and what a feature gives there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from annotat_nb.blocks import Block, pad_box
from annotat_nb.features import Feature, to_finite

if TYPE_CHECKING:
    from collections.abc import Iterator

    from annotat_nb.blocks import Box, Shape
    from annotat_nb.operation import Array
    from annotat_nb.volume import Volume

FLAT_TILE: Shape = (1, 512, 512)
"""The most that a feature without context in z computes at once, in voxels."""

DEEP_TILE: Shape = (32, 256, 256)
"""The same for a feature with context in z: deep, or it would mostly compute its context."""


@dataclass(frozen=True, eq=False)
class Window:
    """A box of the volume, and which of the regions that were asked for reach into it."""

    box: Box
    members: Array


def tile_of(feature: Feature) -> Shape:
    """Return the largest box that `feature` computes at once, without its context."""
    return DEEP_TILE if feature.halo()[0] else FLAT_TILE


def plan_windows(starts: Array, stops: Array, tile: Shape) -> Iterator[Window]:
    """Cover regions with boxes no larger than `tile`, each as small as its regions allow.

    Parameters
    ----------
    starts, stops
        Bounding boxes of the regions in voxels, (regions, 3), z y x.
    tile
        Spacing, from the origin, of the grid that the boxes do not cross.
    """
    size = np.asarray(tile)
    first, last = starts // size, (stops - 1) // size
    for place, members in _regions_by_tile(first, last - first + 1):
        low = np.maximum(starts[members].min(axis=0), place * size)
        high = np.minimum(stops[members].max(axis=0), (place + 1) * size)
        z, y, x = (slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
        yield Window((z, y, x), members)


def _regions_by_tile(first: Array, spans: Array) -> Iterator[tuple[Array, Array]]:
    """Yield each tile that a region touches, (z, y, x), and the numbers of these regions."""
    if not len(first):
        return
    repeats = spans.prod(axis=1)
    owner = np.repeat(np.arange(len(first)), repeats)
    step = np.arange(owner.size) - np.repeat(np.cumsum(repeats) - repeats, repeats)
    height, width = spans[owner, 1:].T
    offset = np.stack([step // (height * width), step // width % height, step % width], axis=1)
    tiles, group = np.unique(first[owner] + offset, axis=0, return_inverse=True)
    order = np.argsort(group.ravel(), kind="stable")
    ends = np.cumsum(np.bincount(group.ravel()))
    yield from zip(tiles, np.split(owner[order], ends[:-1]), strict=True)


def compute(feature: Feature, volume: Volume, box: Box) -> Array:
    """Compute `feature` in `box` of `volume`, as if it had been computed for the whole volume.

    Returns
    -------
    ndarray
        float32, (channels, z, y, x). NaN and infinities count as the smallest finite value of
        the whole volume.
    """
    padded = pad_box(box, feature.halo(), volume.shape)
    inner = Block(box, padded).inner
    return np.asarray(feature(read_finite(volume, padded))[(slice(None), *inner)])


def read_finite(volume: Volume, box: Box) -> Array:
    """Read `box` of `volume` as float32 without NaN and infinities."""
    values = np.asarray(volume.data[box])
    if values.dtype.kind != "f" or np.isfinite(values).all():
        return to_finite(values)
    return to_finite(values, volume.intensity_range[0])
