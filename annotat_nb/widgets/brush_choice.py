"""The choice of what painting does, and the parameters of it."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import ipywidgets as w

from annotat_nb.session.brushes import BRUSHES, options_of, starting_options
from annotat_nb.widgets.form import Form
from annotat_nb.widgets.text import Line

if TYPE_CHECKING:
    from annotat_nb.annotation import Tool
    from annotat_nb.session import Session

ICONS = {
    "Paint": "paint-brush",
    "SequentialPaint": "sort-numeric-asc",
    "Extend": "expand",
    "SuperpixelBrush": "th",
    "ThresholdBrush": "adjust",
    "LocalThresholdBrush": "sun-o",
    "BallBrush": "circle",
    "Lasso": "pencil",
    "FloodFill": "magic",
    "Fill": "tint",
    "Merge": "compress",
}
KEYS = {
    "Paint": "D",
    "SequentialPaint": "Q",
    "Extend": "X",
    "SuperpixelBrush": "P",
    "ThresholdBrush": "T",
    "LocalThresholdBrush": "O",
    "BallBrush": "V",
    "Lasso": "J",
    "FloodFill": "W",
    "Fill": "F",
    "Merge": "G",
}
"""The letter that takes up each kind of brush."""


class BrushChoice(w.VBox):  # type: ignore[misc]  # ipywidgets is untyped
    """A button for each tool that is used by drawing, and the form of the one in use.

    Parameters
    ----------
    session
        Whose view says which is in use.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self.kinds = w.ToggleButtons(
            options=[(kind.title, name) for name, kind in BRUSHES.items()],
            icons=[ICONS[name] for name in BRUSHES],
            tooltips=[f"{help_of_kind(name)} ({KEYS[name]})" for name in BRUSHES],
            value=session.view.brush,
        ).add_class("annotat-brushes")
        self._title = Line()
        self._forms: dict[str, Form[Any]] = {}
        self._place = w.VBox()
        super().__init__([self.kinds, self._title, self._place])
        self.kinds.observe(lambda change: take_up(session, change["new"]), "value")
        self.refresh()

    def refresh(self) -> None:
        """Show the tool in use."""
        brush = self._session.view.brush
        self.kinds.value = brush
        self.kinds.disabled = self._session.recorder.obstacle is not None
        self._title.value = help_of_kind(brush)
        form = self.form
        for name, known in self._forms.items():
            known.layout.display = "" if name == brush else "none"
        if form is not None and not form.problem:
            form.value = self._shown(brush)

    @property
    def form(self) -> Form[Any] | None:
        """The form of the tool in use; None where a stroke says all."""
        brush = self._session.view.brush
        if not options_of(BRUSHES[brush]):
            return None
        if brush not in self._forms:
            self._forms[brush] = Form(self._shown(brush), only=options_of(BRUSHES[brush]))
            self._forms[brush].changed.connect(self._take_options)
            self._place.children = list(self._forms.values())
        return self._forms[brush]

    def _shown(self, brush: str) -> Tool:
        kind = BRUSHES[brush]
        options = self._session.view.brush_options.get(brush, {})
        dummy = {"points": [(0, 0), (0, 1)], "point": (0, 0)}
        said = {name: value for name, value in dummy.items() if name in kind.model_fields}
        first = starting_options(kind, self._session.volume)
        return kind.model_validate({**first, **options, **said})

    def _take_options(self) -> None:
        form, view = self.form, self._session.view
        if form is None or form.problem:
            return
        stored = form.value.model_dump(mode="json")
        chosen = {name: stored[name] for name in form.fields}
        self._session.show(brush_options={**view.brush_options, view.brush: chosen})


def take_up(session: Session, brush: str) -> None:
    """Paint with another tool from now on."""
    session.show(brush=brush, tool="paint")


@cache
def help_of_kind(brush: str) -> str:
    """Say what a tool does: its name, and the first paragraph of its docstring.

    Examples
    --------
    >>> help_of_kind("Paint")
    'Paint: mark the voxels under the brush with a class'
    """
    kind = BRUSHES[brush]
    told = " ".join((kind.__doc__ or "").split("\n\n")[0].split()).rstrip(".")
    return f"{kind.title}: {told[:1].lower()}{told[1:]}"
