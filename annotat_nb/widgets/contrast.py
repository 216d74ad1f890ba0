"""Choosing the intensities shown as black and as white."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any

import ipywidgets as w
import numpy as np
from psygnal import Signal

from annotat_nb.rendering import auto_window, histogram
from annotat_nb.widgets.button import button
from annotat_nb.widgets.fields import Entry
from annotat_nb.widgets.text import Line

if TYPE_CHECKING:
    from annotat_nb.operation import Array

_STEPS = 1000
WIDE = 10
"""Intensities in a window beside which the fraction of one does not count."""
_HEIGHT = 40
AUTO = "Show all but the darkest and brightest half percent"
_button = partial(button, layout={"width": "auto"})


class ContrastPanel(w.VBox):  # type: ignore[misc]  # ipywidgets is untyped
    """A histogram with the window that is stretched from black to white.

    Parameters
    ----------
    sample
        Intensities of the image, of any shape and type; some hundred thousand are enough.
    window
        (low, high) at first; None chooses it from the sample.

    Examples
    --------
    >>> panel = ContrastPanel(np.arange(256, dtype="uint8"))
    >>> panel.reset.click()
    >>> panel.window
    (0.0, 255.0)
    """

    changed = Signal(float, float)
    """Emitted with (low, high) whenever the user moves the window, also while dragging."""

    def __init__(self, sample: Array, window: tuple[float, float] | None = None) -> None:
        self._showing = False
        self._make_controls()
        super().__init__([self._picture, self.slider, self._numbers(), self.status])
        self._listen()
        self.show(sample, window)

    def _make_controls(self) -> None:
        self._picture = w.HTML(layout={"width": "auto"})
        self.slider = w.FloatRangeSlider(
            readout=False,
            layout={"width": "auto"},
            tooltip="Intensities shown as black and as white",
        )
        self.low = _number("Black", "Intensity shown as black; what is below is black too")
        self.high = _number("White", "Intensity shown as white; what is above is white too")
        self.auto = _button("auto", self._show_most, AUTO)
        self.reset = _button("reset", self._show_all, "Show the whole range of intensities")
        self.status = Line(tone="error")

    def _numbers(self) -> w.HBox:
        entries = w.HBox([self.low, self.high], layout={"flex": "1 1 16em"})
        buttons = w.HBox([self.auto, self.reset])
        return w.HBox([entries, buttons], layout={"flex_flow": "row wrap"})

    def _listen(self) -> None:
        self.slider.observe(self._slid, "value")
        for entry in (self.low, self.high):
            entry.observe(self._typed, "value")

    def _show_most(self) -> None:
        self._choose(auto_window(self._sample))

    def _show_all(self) -> None:
        self._choose(self._range)

    def show(self, sample: Array, window: tuple[float, float] | None = None) -> None:
        """Show another image: its histogram, and `window` or one chosen from it."""
        self._sample = np.asarray(sample)
        self._counts, self._edges = histogram(self._sample)
        self._range = _range_of(self._sample, self._edges)
        self.window = auto_window(self._sample) if window is None else window

    @property
    def window(self) -> tuple[float, float]:
        """Intensities shown as black and as white.

        Raises
        ------
        ValueError
            When set, if they are not two finite numbers in ascending order.
        """
        return self._window

    @window.setter
    def window(self, window: tuple[float, float]) -> None:
        low, high = float(window[0]), float(window[1])
        if not (math.isfinite(low) and math.isfinite(high) and low < high):
            raise ValueError(f"black must be less than white, got {low:g} and {high:g}")
        self._window = low, high
        self._showing = True
        self._fit_slider(low, high)
        self._showing = False
        self._tell()

    def _tell(self) -> None:
        low, high = self._window
        self._showing = True
        self.low.value, self.high.value = self._written(low), self._written(high)
        self._showing = False
        self.status.value = ""
        limits = float(self.slider.min), float(self.slider.max)
        self._picture.value = picture(self._counts, self._edges, self._window, limits)

    def _fit_slider(self, low: float, high: float) -> None:
        smallest, largest = min(low, self._range[0]), max(high, self._range[1])
        # Its limits are set in the order that never lets them cross, as traits demand.
        with self.slider.hold_trait_notifications():
            self.slider.min, self.slider.max = smallest, largest
            self.slider.step = _step(smallest, largest, self._sample.dtype.kind)
            self.slider.value = low, high

    def _slid(self, _: Any) -> None:
        """Take over what was dragged, without a word to the slider, which may be in motion."""
        # A slider also reports where its grid put a value that it was given: nobody moved it.
        near = 0.501 * self.slider.step
        low, high = (
            kept if abs(place - kept) <= near else float(place)
            for place, kept in zip(self.slider.value, self._window, strict=True)
        )
        # Both handles on one spot leave nothing to stretch.
        if self._showing or not low < high or (low, high) == self._window:
            return
        self._window = low, high
        self._tell()
        self.changed.emit(low, high)

    def _typed(self, _: Any) -> None:
        if self._showing:
            return
        try:
            self._choose((self._read(self.low, 0), self._read(self.high, 1)))
        except ValueError:
            got = f"{self.low.value!r} and {self.high.value!r}"
            self.status.value = f"Black and white must be numbers, black the smaller, got {got}"

    def _read(self, entry: Entry, side: int) -> float:
        """Read a number; one that was left alone keeps the digits that are not shown."""
        kept = self._window[side]
        return kept if entry.value == self._written(kept) else float(entry.value)

    def _written(self, number: float) -> str:
        low, high = self._window
        # Between two neighbouring intensities of integers there is nothing to tell apart.
        is_whole = self._sample.dtype.kind in "ui" and high - low >= WIDE
        return f"{number:.0f}" if is_whole else _brief(number, high - low)

    def _choose(self, window: tuple[float, float]) -> None:
        self.window = window
        self.changed.emit(*self._window)


def picture(
    counts: Array, edges: Array, window: tuple[float, float], limits: tuple[float, float]
) -> str:
    """Draw a histogram as SVG, built from numbers alone.

    Parameters
    ----------
    counts, edges
        As `annotat_nb.rendering.histogram` gives them.
    window
        Intensities between which the bars are drawn in full colour.
    limits
        Intensities at the left and the right end.
    """
    low, high = limits
    # Square roots keep a rare phase visible beside a common one.
    heights = np.sqrt(counts / max(int(counts.max()), 1)) * _HEIGHT
    places = 1000 * ((edges - low) / (high - low)).clip(0, 1)
    bars = [
        _bar(left, right, height, window[0] <= centre <= window[1])
        for left, right, height, centre in zip(
            places[:-1], places[1:], heights, (edges[:-1] + edges[1:]) / 2, strict=True
        )
        if height
    ]
    svg = (
        f'<svg viewBox="0 0 1000 {_HEIGHT}" preserveAspectRatio="none" role="img" '
        f'aria-label="Histogram of the intensities from {low:.6g} to {high:.6g}" '
        f'style="display:block;width:100%;height:{_HEIGHT}px;'
        f'border-bottom:1px solid var(--jp-border-color1)">{"".join(bars)}</svg>'
    )
    return f'<div style="margin:0 8px">{svg}{_axis(low, high)}</div>'


def _bar(left: float, right: float, height: float, inside: bool) -> str:
    colour = "var(--jp-brand-color1)" if inside else "var(--jp-border-color1)"
    return (
        f'<rect x="{left:.1f}" y="{_HEIGHT - height:.1f}" width="{max(right - left, 1):.1f}" '
        f'height="{height:.1f}" style="fill:{colour}"/>'
    )


def _axis(low: float, high: float) -> str:
    numbers = (low, low + (high - low) / 2, high)
    spans = "".join(f"<span>{number:.6g}</span>" for number in numbers)
    return (
        '<div style="display:flex;justify-content:space-between;line-height:1.4;'
        f'font-size:var(--jp-ui-font-size0);color:var(--jp-ui-font-color1)">{spans}</div>'
    )


def _range_of(sample: Array, edges: Array) -> tuple[float, float]:
    """Return the finite range, opened where the image is constant."""
    finite = sample[np.isfinite(sample)] if sample.dtype.kind == "f" else sample
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    return (low, high) if low < high else (float(edges[0]), float(edges[-1]))


def _step(low: float, high: float, kind: str) -> float:
    if kind in "bui" and low.is_integer() and high.is_integer():
        return max(1.0, round((high - low) / _STEPS))
    return (high - low) / _STEPS


def _brief(number: float, span: float) -> str:
    """Write a number in the few digits that matter beside `span`."""
    if span >= 10 and 1e3 <= abs(number) < 1e7:
        return f"{number:.0f}" if abs(number - round(number)) <= 1e-3 * span else f"{number:.1f}"
    briefer = (f"{number:.{digits}g}" for digits in (4, 6, 9, 12))
    return next(
        (text for text in briefer if abs(float(text) - number) <= 1e-3 * span), repr(number)
    )


def _number(label: str, tip: str) -> Entry:
    return Entry(
        description=label,
        tooltip=tip,
        style={"description_width": "3.2em"},
        layout={"width": "auto", "flex": "1 1 0", "min_width": "0"},
    )
