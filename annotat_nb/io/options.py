"""The keywords of `read`, checked once for every format."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from annotat_nb.io.errors import cannot_read

if TYPE_CHECKING:
    from collections.abc import Callable
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


def _anything(_: Any) -> bool:
    return True


def _is_number(value: Any) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def _is_rgb(value: Any) -> bool:
    return _is_number(value) or isinstance(value, str)


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and "\0" not in value


_EXPECTED: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "dataset": ("a name without NUL, in quotes", _is_name),
    "time": ("a whole number", _is_number),
    "channel": ("a whole number", _is_number),
    "rgb": ("'luminance' or a whole number", _is_rgb),
}
"""What a keyword takes, in words, and what tells."""


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

    def check(self, path: Path) -> None:
        """Refuse keywords of a type that no format takes, by name, and a path with a NUL."""
        if "\0" in str(path):
            raise cannot_read(path, "has a NUL in its name, which no file has", "check the path")
        for name, value in self.given.items():
            expected, is_valid = _EXPECTED.get(name, ("", _anything))
            if not is_valid(value):
                cause = f"was not opened, as {name}= takes {expected}, got {repr(value)[:80]}"
                raise cannot_read(path, cause, f"correct {name}= or leave it out")

    def refuse(self, path: Path, *names: str) -> None:
        """Refuse those of `names` that were given: the format of `path` has no use for them."""
        for name in names:
            if name in self.given:
                raise cannot_read(path, f"has no {_WHAT[name]}", f"leave {name}= out")
