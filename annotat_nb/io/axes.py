"""Which axes of an image are z, y and x, and what is picked along the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from annotat_nb.io.errors import Candidate, Keyword, cannot_read, must_choose
from annotat_nb.io.samples import check_rgb

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from annotat_nb.io.options import Options

_NAMES: dict[str, Keyword] = {"T": "time", "C": "channel"}
_UNKNOWN = "QI"


@dataclass(frozen=True)
class Choice:
    """What to take of an array with named axes.

    Parameters
    ----------
    index
        One entry for each axis: a number where one is picked, else the whole.
    axes
        Letters of the axes that remain: Y and X, perhaps one before them, perhaps S.
    """

    index: tuple[int | slice, ...]
    axes: str


def choose(path: Path, axes: str, shape: Sequence[int], options: Options) -> Choice:
    """Pick along time, channel and colour so that z, y and x remain.

    Raises
    ------
    ReadError
        If a pick is missing, has nothing to pick from, or is out of range.
    """
    axes = _named(axes, options)
    sizes = dict(zip(axes, shape, strict=True))
    picks: dict[str, int | slice] = {axis: slice(None) for axis in axes}
    for axis, name in _NAMES.items():
        picked = _pick(path, name, sizes.get(axis, 1), getattr(options, name))
        if axis in picks:
            picks[axis] = picked
    check_rgb(path, sizes.get("S", 1), options.rgb)
    if "S" in picks and isinstance(options.rgb, int):
        picks["S"] = options.rgb
    rest = "".join(axis for axis in axes if isinstance(picks[axis], slice))
    _check_rest(path, rest, axes, shape)
    return Choice(tuple(picks[axis] for axis in axes), rest)


def _named(axes: str, options: Options) -> str:
    """Call the first of two unnamed axes after the one pick that was given."""
    unnamed = [axis for axis in axes if axis in _UNKNOWN or axis == "Z"]
    given = [axis for axis, name in _NAMES.items() if getattr(options, name) is not None]
    if len(unnamed) == 2 and len(given) == 1 and given[0] not in axes and axes[0] in _UNKNOWN:
        return given[0] + axes[1:]
    # Repeated letters would hide one another; the last one of each counts.
    later = (axes[at + 1 :] for at in range(len(axes)))
    pairs = enumerate(zip(axes, later, strict=True))
    return "".join(chr(ord("a") + at) if axis in rest else axis for at, (axis, rest) in pairs)


def _pick(path: Path, name: Keyword, count: int, value: int | None) -> int:
    if value is None:
        if count > 1:
            cause = f"has {count} {'time points' if name == 'time' else 'channels'}"
            remedy = f"pass {name}= 0 … {count - 1} for one of them"
            candidates = (Candidate(at, f"{name} {at}") for at in range(count))
            raise must_choose(path, cause, remedy, name, candidates)
        return 0
    if not 0 <= value < count:
        cause = f"has no {name}={value}, as its {name} axis has {count}"
        raise cannot_read(path, cause, f"pass {name}= 0 … {count - 1}")
    return value


def _check_rest(path: Path, rest: str, axes: str, shape: Sequence[int]) -> None:
    plain = rest.replace("S", "")
    if plain.endswith("YX") and len(plain) <= 3:
        return
    cause = f"has {len(shape)} dimensions {' x '.join(map(str, shape))} (axes {axes.upper()})"
    remedy = "pass time= or channel= to pick along the first, or save one 3D stack"
    raise cannot_read(path, cause, remedy)
