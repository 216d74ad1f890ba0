"""Controls that may be looked at only, and the way to free them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import ipywidgets as w

from annotat_nb.widgets.button import button
from annotat_nb.widgets.text import Line, inert

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass(frozen=True)
class Lock:
    """Parameters that belong to what was loaded."""

    name: str
    """Of the file that holds them."""
    reasons: Mapping[str, str]
    """Why each of them cannot be changed."""
    let_go: Callable[[], object]
    """Frees them."""

    def notice(self) -> w.HBox:
        """Return a line that says what is locked, with a button that frees it."""
        name = inert(self.name)
        sentence = Line(f"What is grey here belongs to {name}: let go of it to change this.")
        tip = f"Forget {name}, so that everything may be changed; the file stays"
        free = button(f"Let go of {name}", self.let_go, tip, layout={"width": "auto"})
        return w.HBox([sentence, free], layout={"flex_flow": "row wrap", "align_items": "center"})


def disable(widget: w.Widget, why: str) -> None:
    """Disable every control of `widget`, and say why where the pointer rests."""
    if widget.has_trait("disabled"):
        widget.disabled = True
        widget.tooltip = why
    for child in getattr(widget, "children", ()):
        disable(child, why)
