"""The tools that are used by drawing on a slice, and what a stroke does not say of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from annotat_nb.annotation import (
    BallBrush,
    Extend,
    Fill,
    FloodFill,
    Lasso,
    LocalThresholdBrush,
    Merge,
    Paint,
    SequentialPaint,
    SuperpixelBrush,
    ThresholdBrush,
    Tool,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from annotat_nb.volume import Volume

BRUSHES: dict[str, type[Tool]] = {
    kind.__name__: kind
    for kind in (
        *(Paint, SequentialPaint, Extend, SuperpixelBrush, ThresholdBrush, LocalThresholdBrush),
        *(BallBrush, Lasso, FloodFill, Fill, Merge),
    )
}
"""Tools that one stroke, or one click, says all of but their options; by the name of their kind."""
SAID = ("points", "point", "axis", "index", "radius", "label")
"""What the stroke says."""
TOLERANCE = 0.1
"""Share of the intensity range by which a flood may differ at first."""


@dataclass(frozen=True)
class Drawn:
    """One stroke in a slice, whatever tool it is for."""

    points: Sequence[tuple[int, int]]
    axis: str
    index: int
    radius: int
    label: int


def options_of(kind: type[Tool]) -> list[str]:
    """Name the parameters of a tool that a stroke does not say.

    Examples
    --------
    >>> options_of(Lasso), options_of(Paint)
    (['mode'], [])
    """
    return [name for name in kind.model_fields if name not in SAID]


def has_radius(brush: str) -> bool:
    """Tell whether the radius of the pen means anything to a tool."""
    return "radius" in BRUSHES[brush].model_fields


def tool_for(brush: str, drawn: Drawn, options: dict[str, Any], volume: Volume) -> Tool:
    """Return the tool that a stroke stands for.

    Parameters
    ----------
    brush
        The name of its kind, one of `BRUSHES`.
    drawn
        The stroke.
    options
        What was chosen besides; the rest is as at first.
    volume
        The image, whose intensities some of what holds at first depends on.

    Raises
    ------
    ValueError
        If an option is not allowed.
    """
    kind = BRUSHES[brush]
    said = {**vars(drawn), "point": drawn.points[0]}
    fields = {name: value for name, value in said.items() if name in kind.model_fields}
    return kind.model_validate({**starting_options(kind, volume), **options, **fields})


def starting_options(kind: type[Tool], volume: Volume) -> dict[str, Any]:
    """Return what a tool needs to be told and nobody has told yet."""
    if kind is not FloodFill:
        return {}
    low, high = volume.intensity_range
    return {"tolerance": float(f"{TOLERANCE * (high - low):.2g}")}
