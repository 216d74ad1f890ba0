"""The brush, and what it drew."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ipywidgets as w

from annotat_nb.session.brushes import has_radius
from annotat_nb.session.view import LARGEST_RADIUS
from annotat_nb.widgets.brush_choice import BrushChoice
from annotat_nb.widgets.button import button

if TYPE_CHECKING:
    from collections.abc import Callable

    from annotat_nb.session import Session


class BrushPanel(w.VBox):  # type: ignore[misc]  # ipywidgets is untyped
    """What the brush does, its radius, and Erase all markers.

    Parameters
    ----------
    session
        Whose markers.
    erase_all
        Called to ask, and then to unmark everything.
    """

    def __init__(self, session: Session, erase_all: Callable[[], object]) -> None:
        self._session = session
        self.radius = w.IntSlider(
            session.view.radius,
            min=0,
            max=max(50, session.view.radius),
            description="Radius",
            tooltip="Radius of the brush in voxels; keys [ and ]",
        )
        self.radius.observe(lambda change: session.show(radius=change["new"]), "value")
        self.erase_all = button(
            "Erase all markers…", erase_all, "Unmark everything; Undo brings it back"
        )
        self.choice = BrushChoice(session)
        super().__init__([self.choice, self.radius, self.erase_all])

    def refresh(self) -> None:
        """Show the radius, and whether there is anything to erase."""
        self.choice.refresh()
        radius = self._session.view.radius
        self.radius.disabled = not has_radius(self._session.view.brush)
        self.radius.max = min(LARGEST_RADIUS, max(self.radius.max, radius))
        self.radius.value = radius
        strokes = self._session.markers.stroke_count()
        reason = self._session.recorder.obstacle or (None if strokes else "Nothing is painted yet")
        self.erase_all.disabled = reason is not None
        self.erase_all.tooltip = reason or f"Unmark all {strokes} strokes; Undo brings them back"
