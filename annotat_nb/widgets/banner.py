"""The line for what must not be overlooked: work that is not saved, or cannot be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import ipywidgets as w

from annotat_nb.widgets.text import Line, inert

if TYPE_CHECKING:
    from collections.abc import Callable

    from annotat_nb.session import Session

READ_ONLY = "Read-only: open by {}. Close it there to go on here; nothing that you do here is saved"


@dataclass(frozen=True)
class Alert:
    """What is wrong, and the button that helps."""

    sentence: str
    remedy: str
    tip: str
    act: Callable[[], object]


class Banner(w.HBox):  # type: ignore[misc]  # ipywidgets is untyped
    """A sentence with one button; takes no room while there is nothing to say."""

    def __init__(self) -> None:
        self.text = Line(tone="error")
        self.button = w.Button()
        self.button.on_click(lambda _: self._act())
        self._alert: Alert | None = None
        super().__init__([self.text, self.button])
        self.add_class("annotat-banner")
        self.show(None)

    def show(self, alert: Alert | None) -> None:
        """Show `alert`; None takes it away."""
        self._alert = alert
        self.layout.display = "none" if alert is None else ""
        self.text.value = "" if alert is None else inert(alert.sentence)
        if alert is not None:
            self.button.description, self.button.tooltip = alert.remedy, alert.tip

    def _act(self) -> None:
        if self._alert is not None:
            self._alert.act()


def alert_about(
    session: Session, open_again: Callable[[], object], save: Callable[[], object]
) -> Alert | None:
    """Return what must not be overlooked about `session`, and the way out of it."""
    recorder = session.recorder
    if recorder.state == "read-only" and recorder.workspace is not None:
        sentence = READ_ONLY.format(recorder.workspace.owner)
        return Alert(sentence, "Try again", "Open it to work on, if it is free", open_again)
    if recorder.state == "not saved":
        tip = "Write the strokes to another disk"
        return Alert(recorder.problem, "Save annotation…", tip, save)
    return None
