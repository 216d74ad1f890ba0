"""The row of tools above the canvas."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import ipywidgets as w

from annotat_nb.widgets.button import button

if TYPE_CHECKING:
    from annotat_nb.session import Session
    from annotat_nb.widgets.canvas import SliceCanvas

TOOLS = (
    ("Position", "move", "arrows", "Drag to move the picture (M)"),
    ("Center", "center", "crosshairs", "Click to bring all three slices to a voxel (C)"),
    ("Paint", "paint", "paint-brush", "Left button paints, right button erases (D)"),
    ("Erase", "erase", "eraser", "Left button erases, right button takes whole strokes (E)"),
)
LOOKING = ("move", "center")
"""Tools that change nothing."""
ZOOM_STEP = 1.25
Attempt = Callable[..., object]


class Toolbar(w.HBox):  # type: ignore[misc]  # ipywidgets is untyped
    """Tools, undo and redo, and the zoom."""

    def __init__(self, session: Session, canvas: SliceCanvas, attempt: Attempt) -> None:
        self._session = session
        self.tools = _tools(session)
        self.tools.observe(lambda change: session.show(tool=change["new"]), "value")
        self.undo = button("Undo", lambda: attempt(session.undo), icon="undo")
        self.redo = button("Redo", lambda: attempt(session.redo), icon="repeat")
        zoom = (
            button("Fit", canvas.fit, "Show the whole slice"),
            button("1:1", canvas.actual_size, "One voxel is one pixel of the screen"),
            button("−", lambda: canvas.zoom_by(1 / ZOOM_STEP), "Zoom out (Ctrl+wheel)"),
            button("+", lambda: canvas.zoom_by(ZOOM_STEP), "Zoom in (Ctrl+wheel)"),
        )
        groups = [self.tools, w.HBox([self.undo, self.redo]), w.HBox(zoom)]
        super().__init__(groups)
        self.add_class("annotat-toolbar")
        self.refresh()

    def refresh(self) -> None:
        """Show the tool, and what can be undone."""
        if self._session.view.tool in dict(self.tools.options).values():
            self.tools.value = self._session.view.tool
        history = self._session.annotation.history
        for step, steps, verb in (
            (self.undo, history.done, "take back"),
            (self.redo, history.undone, "repeat"),
        ):
            reason = self._session.recorder.obstacle or (None if steps else f"Nothing to {verb}")
            step.disabled = reason is not None
            step.tooltip = reason or f"{verb.capitalize()}: {steps[-1].edit.name}"


def _tools(session: Session) -> w.ToggleButtons:
    """Return the choice of tools: only those for looking where nothing can be changed."""
    is_fixed = session.recorder.obstacle is not None
    if is_fixed and session.view.tool not in LOOKING:
        session.show(tool="move")
    tools = [tool for tool in TOOLS if tool[1] in LOOKING or not is_fixed]
    return w.ToggleButtons(
        options=[(title, name) for title, name, _, _ in tools],
        icons=[icon for _, _, icon, _ in tools],
        tooltips=[tooltip for _, _, _, tooltip in tools],
        value=session.view.tool,
    )
