"""The switch that keeps the shown slice classified, and a word about how that stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ipywidgets as w

from annotat_nb.session.working import PREPARING
from annotat_nb.widgets.sentences import sentence
from annotat_nb.widgets.text import Line, inert

if TYPE_CHECKING:
    from collections.abc import Callable

    from annotat_nb.session import Session

TIP = "After each stroke, classify the shown slice and its neighbours anew (Shift+L)"
UPDATING, CURRENT = "Updating this slice …", "This slice is up to date"
CANCELLED = "The update was cancelled; the next stroke begins it again"


class LiveSwitch(w.VBox):  # type: ignore[misc]  # ipywidgets is untyped
    """Live update on and off.

    It says how things stand in a line of its own, and moves nothing else: a job that comes and
    goes with every stroke would have the page flicker.

    Parameters
    ----------
    session
        Whose preview follows the strokes.
    attempt
        Called with what sets it; shows what goes wrong instead of raising.
    """

    def __init__(self, session: Session, attempt: Callable[..., object]) -> None:
        self._session, self._attempt = session, attempt
        self.tick = w.Checkbox(
            session.live, description="Live update", indent=False, layout={"width": "auto"}
        )
        self.tick.observe(lambda change: self._switch(change["new"]), "value")
        self.news = Line(tone="silent").add_class("annotat-quiet")
        self.problem = Line(tone="error")
        super().__init__([self.tick, self.news, self.problem])
        self.refresh()

    def refresh(self) -> None:
        """Show whether it is on, and how it stands."""
        reason = self._session.recorder.obstacle
        self.tick.disabled, self.tick.tooltip = reason is not None, reason or TIP
        self.tick.value = self._session.live
        self.news.value = inert(self._told())
        failed = self._session.live_update.error
        self.problem.value = "" if failed is None else inert(sentence(failed))

    def _switch(self, is_on: bool) -> None:
        self._attempt(setattr, self._session, "live", is_on)
        self.refresh()

    def _told(self) -> str:
        update = self._session.live_update
        match update.state:
            case "waiting":
                return f"Waiting. {update.obstacle}"
            case "updating":
                share = update.preparing
                return UPDATING if share is None else f"Waiting. {PREPARING} · {share:.0%}"
            case "current":
                return update.notice or CURRENT
            case "cancelled":
                return CANCELLED
        return ""
