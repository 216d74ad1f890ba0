"""What a file of labels, superpixels or markers holds."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from annotat_nb.operation import Array

PLANES, MOST_BYTES = 8, 2**26
"""Slices that are read together, and the bytes that they may take."""

Kind = Literal["labels", "superpixels", "markers"]


@dataclass(frozen=True, eq=False)
class IntegerImage:
    """An image of ids with all that is written beside it."""

    data: Any
    """Ids, (z, y, x), an array or what reads like one."""
    kind: Kind
    """What the ids are; formats that name their parts take it as the name."""
    table: str = ""
    """The class table as JSON; empty for superpixels."""
    voxel_size: tuple[float, float, float] = (1.0, 1.0, 1.0)
    """Edge lengths of a voxel, (z, y, x), in `unit`."""
    unit: str = "px"
    like: Path | None = None
    """The file of the image that the ids belong to, which may say where it lies in space."""

    def planes(self) -> Iterator[Array]:
        """Yield slice after slice, in the byte order of this machine; a few are read together."""
        depth, height, width = self.data.shape
        together = max(1, min(PLANES, MOST_BYTES // (height * width * self.data.dtype.itemsize)))
        for start in range(0, depth, together):
            yield from np.asarray(self.data[start : start + together])

    @property
    def classes(self) -> list[dict[str, Any]]:
        """The entries of the class table."""
        entries: list[dict[str, Any]] = json.loads(self.table)["classes"] if self.table else []
        return entries
