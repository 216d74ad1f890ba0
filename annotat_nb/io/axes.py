"""Which axes of an image are z, y and x, and what is picked along the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from annotat_nb.io.errors import Candidate, Keyword, cannot_read, must_choose
from annotat_nb.io.samples import check_rgb

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np

    from annotat_nb.io.options import Options

_NAMES: dict[str, Keyword] = {"T": "time", "C": "channel"}
_UNKNOWN = "QI"
_FEW = 4
"""More channels than that behind the other axes are rare, and so are narrower images."""
_LETTERS = {"T", "C", "Z", "Y", "X", "S"}
_WORDS = {"time": "T", "channel": "C", "depth": "Z", "height": "Y", "width": "X"}


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

    @property
    def kept(self) -> tuple[int | slice, ...]:
        """Drop the picked axes of an array in which each of them is 1 long."""
        return tuple(0 if isinstance(pick, int) else slice(None) for pick in self.index)

    @property
    def kept_numbers(self) -> tuple[int, ...]:
        """Numbers of the axes that remain."""
        return tuple(at for at, pick in enumerate(self.index) if not isinstance(pick, int))


def choose(path: Path, axes: str, shape: Sequence[int], options: Options) -> Choice:
    """Pick along time, channel and colour so that z, y and x remain.

    Raises
    ------
    ReadError
        If a pick is missing, has nothing to pick from, or is out of range.
    """
    axes = _named(axes, shape, options)
    sizes = dict(zip(axes, shape, strict=True))
    picks: dict[str, int | slice] = {axis: slice(None) for axis in axes}
    for axis, name in _NAMES.items():
        picked = _pick(path, name, sizes.get(axis, 1), getattr(options, name))
        if axis in picks:
            picks[axis] = picked
    check_rgb(path, sizes.get("S", 1), options.rgb)
    if "S" in picks and isinstance(options.rgb, int):
        picks["S"] = options.rgb
    for axis in _needless(axes, sizes, picks):
        picks[axis] = 0
    rest = "".join(axis for axis in axes if isinstance(picks[axis], slice))
    _check_rest(path, rest, axes, shape)
    return Choice(tuple(picks[axis] for axis in axes), rest)


def letter_of(name: str) -> str:
    """Return the letter of an axis that a file names; Q where it says nothing known.

    Examples
    --------
    >>> letter_of("time"), letter_of("y"), letter_of("angle")
    ('T', 'Y', 'Q')
    """
    letter = _WORDS.get(name.lower(), name.upper())
    return letter if letter in _LETTERS else "Q"


def guessed_axes(shape: Sequence[int], dtype: np.dtype[np.generic]) -> str:
    """Name the axes of an array that comes without names: the last three are z, y and x.

    Three or four bytes along the last axis of what has no other reading are colours. Behind three
    axes or more, one of length 1 is a channel, and so is one of at most 4 behind larger y and x.

    Examples
    --------
    >>> import numpy as np
    >>> guessed_axes((9, 64, 64), np.dtype("uint8")), guessed_axes((64, 64, 3), np.dtype("uint8"))
    ('ZYX', 'YXS')
    >>> guessed_axes((9, 64, 64, 3), np.dtype("uint16")), guessed_axes((5, 6, 7, 1), np.dtype("f4"))
    ('ZYXC', 'ZYXC')
    """
    slices = shape[-3:-1]
    if len(shape) >= 3 and shape[-1] in (3, 4) and min(slices) >= 16 and dtype == "uint8":
        return guessed_axes(shape[:-1], dtype) + "S"
    if len(shape) >= 4 and (shape[-1] == 1 or shape[-1] <= _FEW < min(slices)):
        return _by_position(len(shape) - 1) + "C"
    return _by_position(len(shape))


def _by_position(count: int) -> str:
    return "ZYX"[-count:].rjust(count, "Q")


def _named(axes: str, shape: Sequence[int], options: Options) -> str:
    """Call unnamed axes, one of which is z, after the picks that were given."""
    unnamed = [at for at, axis in enumerate(axes) if axis in _UNKNOWN]
    spare = unnamed[: len(unnamed) + axes.count("Z") - 1]
    given = [axis for axis, name in _NAMES.items() if getattr(options, name) is not None]
    letters = list(axes)
    longest_first = sorted(spare, key=lambda at: shape[at] == 1)
    for at, axis in zip(longest_first, [axis for axis in given if axis not in axes], strict=False):
        letters[at] = axis
    # Repeated letters would hide one another; the last one of each counts.
    return "".join(
        chr(ord("a") + at) if axis in letters[at + 1 :] else axis for at, axis in enumerate(letters)
    )


def _needless(axes: str, sizes: dict[str, int], picks: dict[str, int | slice]) -> list[str]:
    """List the unnamed axes of length 1 that are more than an image needs."""
    rest = [axis for axis in axes if isinstance(picks[axis], slice) and axis != "S"]
    single = [axis for axis in rest if axis not in "ZYX" and sizes[axis] == 1]
    return single[: max(0, len(rest) - 3)]


def _pick(path: Path, name: Keyword, count: int, value: int | None) -> int:
    if value is None:
        if count > 1:
            cause = f"has {count} {'time points' if name == 'time' else 'channels'}"
            remedy = f"pass {name}= 0 … {count - 1} for one of them"
            raise must_choose(path, cause, remedy, name, _numbered(name, count))
        return 0
    if value and count == 1:
        cause = f"has only one {'time point' if name == 'time' else 'channel'}"
        raise cannot_read(path, cause, f"leave {name}= out")
    if not 0 <= value < count:
        cause = f"has no {name}={value}, as its {name} axis has {count}"
        raise cannot_read(path, cause, f"pass {name}= 0 … {count - 1}")
    return value


def _check_rest(path: Path, rest: str, axes: str, shape: Sequence[int]) -> None:
    plain = rest.replace("S", "")
    if {"Y", "X"} <= set(plain) and len(plain) <= 3:
        return
    cause = f"has {len(shape)} dimensions {' x '.join(map(str, shape))} (axes {_spelt(axes)})"
    picks = f"{'' if 'T' in axes else 'time= or '}channel= to pick along the first without a name"
    if len(plain) > 4:
        picks = "time= and channel= to pick along the first two"
    remedy = f"pass {picks}, or save one 3D stack"
    unnamed = [axis for axis in plain if axis not in "ZYX"]
    if len(plain) <= 3 or not unnamed:
        raise cannot_read(path, cause, remedy)
    keyword: Keyword = "channel" if "T" in axes else "time"
    candidates = _numbered(keyword, shape[axes.index(unnamed[0])])
    raise must_choose(path, cause, remedy, keyword, candidates)


def _spelt(axes: str) -> str:
    """Spell the axes out, with a question mark for each that has no name."""
    return "".join(axis if axis in _LETTERS else "?" for axis in axes)


def _numbered(keyword: Keyword, count: int) -> list[Candidate]:
    return [Candidate(at, f"{keyword} {at}") for at in range(count)]
