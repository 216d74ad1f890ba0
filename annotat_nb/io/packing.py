"""How a block of an array becomes bytes, and back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from annotat_nb.io.codecs import SLACK, unpack

if TYPE_CHECKING:
    from annotat_nb.operation import Array

Numbers = tuple[int, ...]
Codec = tuple[str, dict[str, Any]]
"""Name and parameters."""


@dataclass(frozen=True)
class Packing:
    """How the values of a block become bytes.

    Parameters
    ----------
    chunks
        Edges of the block.
    stored
        Type of a value as stored, with its byte order.
    order
        Axes of the array in the order in which they are stored.
    codecs
        Names and parameters of the codecs, in the order in which they are undone.
    """

    chunks: Numbers
    stored: np.dtype[Any]
    order: Numbers
    codecs: tuple[Codec, ...]

    @property
    def nbytes(self) -> int:
        """Bytes of an unpacked block."""
        return prod(self.chunks) * self.stored.itemsize

    @property
    def largest(self) -> int:
        """Most bytes that a packed block can have; what does not shrink grows a little."""
        return 2 * self.nbytes + SLACK

    def with_codecs(self, codecs: tuple[Codec, ...]) -> Packing:
        """Return the same with other codecs."""
        return replace(self, codecs=codecs)

    def decode(self, data: bytes) -> Array:
        """Unpack a block."""
        for name, config in self.codecs:
            data = unpack(name, config, data, self.nbytes + SLACK)
        if len(data) != self.nbytes:
            raise ValueError(f"a block has {len(data):,} bytes, expected {self.nbytes:,}")
        values = np.frombuffer(data, self.stored).reshape(
            [self.chunks[axis] for axis in self.order]
        )
        block = values.transpose(np.argsort(self.order))
        return block if self.stored.isnative else block.astype(self.stored.newbyteorder("="))
