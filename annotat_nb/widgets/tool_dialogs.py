"""Annotation tools that are used from the menu: each asks for its parameters, and is then used."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import ipywidgets as w

from annotat_nb.annotation import (
    CopyToNextSlice,
    FillHoles,
    FillLabelHoles,
    Interpolate,
    MergeClasses,
    Morphology,
    Relabel,
    RemoveIslands,
)
from annotat_nb.widgets.dialogs import buttons
from annotat_nb.widgets.form import Form
from annotat_nb.widgets.text import Line, inert

if TYPE_CHECKING:
    from annotat_nb.annotation import Tool
    from annotat_nb.session import Session
    from annotat_nb.widgets.dialogs import Dialogs
    from annotat_nb.widgets.job_watch import JobWatch

ON_MARKERS: tuple[type[Tool], ...] = (Interpolate,)
ON_LABEL: tuple[type[Tool], ...] = (Morphology, RemoveIslands, FillLabelHoles, Relabel)


class ToolDialogs:
    """Asks what a tool needs to know, and uses it in the background.

    Parameters
    ----------
    session
        What it is used on.
    dialogs
        Where is asked.
    jobs
        Where tools work that look at more than a slice.
    """

    def __init__(self, session: Session, dialogs: Dialogs, jobs: JobWatch) -> None:
        self._session, self._dialogs, self._jobs = session, dialogs, jobs

    def copy_to_next_slice(self) -> None:
        """Mark in the next slice what is marked in this one, and go there."""
        view = self._session.view
        self._session.edit(CopyToNextSlice(axis=view.axis, index=view.index))
        self._session.step_slice(1)

    def fill_holes(self) -> None:
        """Mark the holes in the markers of the class that is painted with."""
        view = self._session.view
        self._session.edit(FillHoles(axis=view.axis, index=view.index, label=view.label))

    def ask(self, kind: type[Tool]) -> None:
        """Ask for the parameters of a tool, and use it.

        Parameters
        ----------
        kind
            One of `ON_MARKERS` and `ON_LABEL`.
        """
        known = [(inert(item.name), item.id) for item in self._session.classes]
        choices = known if kind in ON_MARKERS else known[1:]
        if not choices:
            raise ValueError("there is no class but Background; add one first")
        form: Form[Any] = Form(self._blank(kind, choices), choices={"label": choices})
        self._show(kind.title, form, lambda: form.value)

    def _blank(self, kind: type[Tool], choices: list[tuple[str, int]]) -> Tool:
        view, ids = self._session.view, [number for _, number in choices]
        label = view.label if view.label in ids else ids[0]
        fields = {"label": label, "axis": view.axis}
        return kind.model_validate({k: v for k, v in fields.items() if k in kind.model_fields})

    def merge_classes(self) -> None:
        """Ask which classes become one."""
        known = [(inert(item.name), item.id) for item in self._session.classes]
        chosen = w.SelectMultiple(
            options=known,
            rows=min(10, len(known)),
            description="Classes",
            tooltip="Classes that become the first one of them; Ctrl+click chooses several",
        )
        note = Line("All become the first one chosen, in the markers and in the label.")
        body = w.VBox([chosen, note])
        self._show(MergeClasses.title, body, lambda: MergeClasses(classes=tuple(chosen.value)))

    def _show(self, title: str, body: w.Widget, made: Any) -> None:
        refusal = Line(tone="error")

        def accept() -> None:
            try:
                tool = made()
            except ValueError as error:
                refusal.value = str(error)
                return
            self._dialogs.dismiss()
            self._jobs.start(title, lambda job: self._session.edit(tool))

        row = buttons(Ok=accept, Cancel=self._dialogs.dismiss)
        heading = Line(title).add_class("annotat-title-line")
        self._dialogs.show(w.VBox([heading, body, refusal, row]))

    def lines(self) -> list[tuple[str, Any, bool]]:
        """Return what the menu lists: a title, what it does, and whether it needs a label."""
        asked = [(kind.title, kind, False) for kind in ON_MARKERS]
        asked += [(kind.title, kind, True) for kind in ON_LABEL]
        return [(f"{title}…", partial(self.ask, kind), needs) for title, kind, needs in asked]
