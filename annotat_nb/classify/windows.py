"""Which boxes of a volume must be looked at, and what a feature gives there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from annotat_nb.blocks import Block, pad_box
from annotat_nb.features import Feature, Source, to_finite
from annotat_nb.features.bank import stream
from annotat_nb.kernels.threads import PLANES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from annotat_nb.blocks import Box, Shape
    from annotat_nb.operation import Array
    from annotat_nb.volume import Volume

TILE: Shape = (8 * PLANES, 256, 256)
"""The most that is computed at once, in voxels, without context. It does not depend on the memory
that there is, so that results do not either."""

CARD_TILE: Shape = (8 * PLANES, 512, 512)
"""The same on a graphics card, which has more memory and idles over small boxes."""

FLAT_TILE: Shape = (PLANES, *TILE[1:])
"""The same where a few slices are wanted and no feature looks into the next one."""


@dataclass(frozen=True, eq=False)
class Window:
    """A box of the volume, and which of the regions that were asked for reach into it."""

    box: Box
    members: Array


def tile_of(features: Sequence[Feature], device: str, *, few: bool) -> Shape:
    """Return the largest box in which `features` are computed at once, without their context.

    Parameters
    ----------
    features
        What is computed.
    device
        Where: ``cpu`` or ``cuda:N``.
    few
        Whether little of the volume is wanted, scattered over it.
    """
    if few and halo_of(features)[0] == 0:
        return FLAT_TILE
    return TILE if device == "cpu" else CARD_TILE


def halo_of(features: Sequence[Feature]) -> Shape:
    """Return the context that all of `features` need together, in voxels, (z, y, x)."""
    z, y, x = (max(reach) for reach in zip(*(f.halo() for f in features), strict=True))
    return z, y, x


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
    if not spans.prod(axis=1).any():
        return
    base, (_, rows, columns) = first.min(axis=0), np.ptp(first, axis=0) + spans.max(axis=0)
    steps = np.array([rows * columns, columns, 1])
    repeats = spans.prod(axis=1)
    owner = np.repeat(np.arange(len(first)), repeats)
    step = np.arange(owner.size) - np.repeat(np.cumsum(repeats) - repeats, repeats)
    height, width = spans[owner, 1], spans[owner, 2]
    key = ((first - base) @ steps)[owner]
    key += step // (height * width) * steps[0] + step // width % height * steps[1] + step % width
    counts = np.bincount(key)
    tiles, order = np.flatnonzero(counts), np.argsort(key, kind="stable")
    places = np.stack(np.unravel_index(tiles, (len(counts), rows, columns)), axis=1) + base
    yield from zip(places, np.split(owner[order], np.cumsum(counts[tiles])[:-1]), strict=True)


def compute(
    features: Sequence[Feature], volume: Volume, box: Box, device: str = "cpu"
) -> Iterator[tuple[Feature, list[Any]]]:
    """Compute `features` in `box` of `volume`, as if they had been for the whole volume.

    Yields
    ------
    feature, channels
        One feature after the other, and its channels in the box, each float32, (z, y, x), on the
        device. NaN and infinities count as the smallest finite value of the whole volume.
    """
    padded = pad_box(box, halo_of(features), volume.shape)
    source = Source(read_finite(volume, padded), Block(box, padded).inner, device)
    yield from stream(features, source)


def read_finite(volume: Volume, box: Box) -> Array:
    """Read `box` of `volume` without NaN and infinities: as it is stored, or else as float32."""
    values = np.asarray(volume.data[box])
    if values.dtype.kind != "f" or np.isfinite(values).all():
        return values
    return to_finite(values, volume.intensity_range[0])
