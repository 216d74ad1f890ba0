"""The dialog that asks which of several images a file holds is meant."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import ipywidgets as w

from annotat_nb.widgets.button import button
from annotat_nb.widgets.text import Line, inert

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from annotat_nb.io import Candidate, ChoiceNeeded

MANY = 30
"""Numbers in a row above which a field to type one is quicker than a list."""
MOST_ROWS = 200
QUESTIONS = {
    "dataset": ("Dataset", "Which image of {} is to be opened?"),
    "time": ("Time point", "{} is a time series: which time point is to be opened?"),
    "channel": ("Channel", "{} has several channels: which one is to be opened?"),
    "rgb": ("Colour", "{} is a colour image: which part of the colours is to be opened?"),
}


class ChoicePanel(w.VBox):  # type: ignore[misc]  # ipywidgets is untyped
    """One question about a file, with the answers to choose from.

    Parameters
    ----------
    name
        The file.
    choice
        The error that asks for a keyword of `annotat_nb.read` and knows its candidates.
    known
        What was chosen before.
    on_ok
        Called with the value of the chosen candidate.
    on_cancel
        Called when the user gives up.
    """

    def __init__(
        self,
        name: str,
        choice: ChoiceNeeded,
        known: dict[str, Any],
        on_ok: Callable[[Any], object],
        on_cancel: Callable[[], object],
    ) -> None:
        self._on_ok = on_ok
        label, question = QUESTIONS[choice.keyword]
        title = Line(question.format(inert(name))).add_class("annotat-title-line")
        self.cancel = button("Cancel", on_cancel, "Open nothing")
        last = last_number(choice.candidates)
        answers = self._list(choice.candidates) if last is None else self._number(label, last)
        super().__init__([title, Line(_said(known)), *answers])
        self.add_class("annotat-question")

    def _list(self, candidates: Sequence[Candidate]) -> list[w.Widget]:
        """Make a row of each candidate: one click, or Enter, opens it."""
        self.rows = [
            button(inert(c.label), partial(self._on_ok, c.value), "Open this one")
            for c in candidates[:MOST_ROWS]
        ]
        rest = len(candidates) - len(self.rows)
        more = Line(f"and {rest:,} more: name one of them to annotat_nb.read" if rest else "")
        return [w.VBox(self.rows).add_class("annotat-rows"), more, w.HBox([self.cancel])]

    def _accept(self) -> None:
        self._on_ok(self.number.value)

    def _number(self, label: str, last: int) -> list[w.Widget]:
        self.number = w.BoundedIntText(0, min=0, max=last, description=label)
        self.ok = button("Open", self._accept, "Open the chosen one", button_style="primary")
        return [self.number, Line(f"from 0 to {last:,}"), w.HBox([self.ok, self.cancel])]


def last_number(candidates: Sequence[Candidate]) -> int | None:
    """Return the last of many candidates that are mere numbers from 0; None if they are not."""
    if len(candidates) < MANY or [c.value for c in candidates] != list(range(len(candidates))):
        return None
    if any(c.label.startswith(f"{c.value}: ") for c in candidates):
        return None  # they have names to choose by
    return len(candidates) - 1


def _said(known: dict[str, Any]) -> str:
    chosen = {QUESTIONS[name][0]: value for name, value in known.items() if name in QUESTIONS}
    return " · ".join(f"{title}: {inert(str(value))}" for title, value in chosen.items())
