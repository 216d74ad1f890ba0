"""What the colours of the uncertainty mean, in a corner of the picture."""

from __future__ import annotations

import ipywidgets as w

from annotat_nb.rendering import uncertainty_table
from annotat_nb.widgets.text import Line, inert

ENDS = "0, sure", "1, undecided"
BEHIND = "#808080"
"""What the bar lies on: an image neither dark nor bright."""


class Legend(w.VBox):  # type: ignore[misc]  # ipywidgets is untyped
    """A bar of colours, or a sentence about what is missing or being computed."""

    def __init__(self) -> None:
        self.text = Line(tone="silent")
        self._bar = w.HTML(_bar())
        super().__init__([self.text, self._bar])
        self.add_class("annotat-legend")
        self.hide()

    def show(self, sentence: str = "") -> None:
        """Show the bar, or in its place a sentence."""
        self.text.value = inert(sentence) or "Uncertainty"
        self._bar.layout.display = "none" if sentence else ""
        self.layout.display = ""

    def hide(self) -> None:
        """Take no room."""
        self.layout.display = "none"


def _bar() -> str:
    """Draw the colours as HTML made of numbers and constants only."""
    colours = uncertainty_table()[1::14].tolist()
    stops = ", ".join(f"rgb({r} {g} {b} / {a / 255:.2f})" for r, g, b, a in colours)
    first, last = ENDS
    return (
        f'<div role="img" aria-label="Uncertainty from {first}, to {last}">'
        f'<div style="height:12px;background:linear-gradient(90deg, {stops}), {BEHIND}"></div>'
        '<div style="display:flex;justify-content:space-between;gap:1em;line-height:1.4">'
        f"<span>{first}</span><span>{last}</span></div></div>"
    )
