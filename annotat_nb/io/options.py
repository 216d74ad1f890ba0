"""The keywords of `read`, checked once for every format."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from annotat_nb.io.errors import cannot_read

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import DTypeLike

_WHAT = {
    "dataset": "datasets to choose from",
    "shape": "need of a shape: the file states its own",
    "dtype": "need of a dtype: the file states its own",
    "time": "time axis",
    "channel": "channel axis",
    "rgb": "colours",
}


@dataclass(frozen=True, kw_only=True)
class Options:
    """The keywords of `annotat_nb.read`; None where the file decides."""

    dataset: str | None = None
    shape: tuple[int, ...] | None = None
    dtype: DTypeLike | None = None
    voxel_size: tuple[float, float, float] | None = None
    time: int | None = None
    channel: int | None = None
    rgb: Literal["luminance"] | int | None = None

    @property
    def given(self) -> dict[str, Any]:
        """The keywords that are not None."""
        pairs = ((field.name, getattr(self, field.name)) for field in fields(self))
        return {name: value for name, value in pairs if value is not None}

    @property
    def how(self) -> dict[str, Any]:
        """The keywords given, fit for JSON, to read the same image again."""
        plain = self.given
        return plain | {"dtype": np.dtype(self.dtype).str} if "dtype" in plain else plain

    def refuse(self, path: Path, *names: str) -> None:
        """Refuse those of `names` that were given: the format of `path` has no use for them."""
        for name in names:
            if name in self.given:
                raise cannot_read(path, f"has no {_WHAT[name]}", f"leave {name}= out")
