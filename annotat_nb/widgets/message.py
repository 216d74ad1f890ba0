"""A line that says how things stand."""

from __future__ import annotations

import traceback

import anywidget
import traitlets

from annotat_nb.widgets.menu import FRONT
from annotat_nb.widgets.sentences import sentence
from annotat_nb.widgets.text import inert


class Message(anywidget.AnyWidget):  # type: ignore[misc]  # anywidget is untyped
    """One sentence, announced by screen readers; its details open with a click."""

    _esm = FRONT / "message.js"

    text = traitlets.Unicode("").tag(sync=True)
    tone = traitlets.Enum(("hint", "news", "error", "saved", "memory"), "hint").tag(sync=True)
    details = traitlets.Unicode("").tag(sync=True)

    count = 0
    """How many sentences were said, other than hints."""

    def say(self, text: str, tone: str = "hint") -> None:
        """Show a sentence."""
        self.count += tone != "hint"
        with self.hold_sync():
            self.text, self.tone, self.details = inert(text), tone, ""

    def explain(self, error: BaseException) -> None:
        """Show what went wrong, with the trace behind a click."""
        self.count += 1
        with self.hold_sync():
            self.text, self.tone = inert(sentence(error)), "error"
            self.details = "".join(traceback.format_exception(error))
