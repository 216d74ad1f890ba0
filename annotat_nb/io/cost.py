"""What reading a part of an image costs."""

from __future__ import annotations

from math import prod
from typing import Any


def cost(data: Any, key: Any) -> int:
    """Return how many voxels are decoded to read ``data[key]``.

    Examples
    --------
    >>> class Stack:
    ...     shape, chunks = (100, 64, 64), (1, 64, 64)
    >>> cost(Stack, 3), cost(Stack, (slice(None), 3))
    (4096, 409600)
    """
    shape = tuple(data.shape)
    chunks = getattr(data, "chunks", None) or (1, 1, 1)
    keys = key if isinstance(key, tuple) else (key,)
    if Ellipsis in keys:
        return prod(shape)
    sides = (*keys, *(slice(None),) * (len(shape) - len(keys)))
    return prod(_span(*side) for side in zip(sides, shape, chunks, strict=True))


def _span(side: Any, extent: int, chunk: int) -> int:
    """Return how many voxels along one side the chunks hold that `side` touches."""
    if not isinstance(side, slice):
        return min(chunk, extent)
    numbers = range(*side.indices(extent))
    if not len(numbers):
        return 0
    low, high = min(numbers[0], numbers[-1]), max(numbers[0], numbers[-1])
    return min(extent, (high // chunk + 1) * chunk) - low // chunk * chunk
