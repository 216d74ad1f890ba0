"""A choice among the kinds of a record, with the form of the chosen one."""

from __future__ import annotations

from inspect import isabstract
from typing import Any

import ipywidgets as w
from psygnal import Signal

from annotat_nb.operation import Record, kinds_of
from annotat_nb.widgets.fields import LABEL_WIDTH, Choice
from annotat_nb.widgets.form import Form


def concrete_kinds(base: type[Record]) -> list[type[Any]]:
    """Return the kinds of `base` that can be made without saying more.

    Of those with the same name, which a user defined again and again, it is the latest.
    """
    kinds = {kind.__name__: kind for kind in kinds_of(base) if not isabstract(kind)}
    return [kind for kind in kinds.values() if not _needed(kind)]


def _needed(kind: type[Record]) -> list[str]:
    return [name for name, info in kind.model_fields.items() if info.is_required()]


class RecordChoice(w.VBox):  # type: ignore[misc]  # ipywidgets is untyped
    """A dropdown of the kinds of `base` and, below it, the form of the chosen kind.

    Each kind keeps what was typed into its form while another one is chosen.

    Parameters
    ----------
    base
        Record whose kinds are offered by their titles.
    value
        What is chosen at first.
    label
        Words before the dropdown.
    none
        Words for choosing nothing; None does not offer it.
    """

    changed = Signal()
    """Emitted after every change by the user, whether or not the values are valid."""

    def __init__(
        self, base: type[Record], value: Record | None, *, label: str, none: str | None = None
    ) -> None:
        self._forms: dict[type[Record], Form[Any]] = {}
        options: list[tuple[str, type[Record] | None]] = [] if none is None else [(none, None)]
        options = [(kind.title, kind) for kind in concrete_kinds(base)] + options
        self.kind = Choice(
            options=options,
            description=label,
            tooltip=" ".join((base.__doc__ or "").split("\n\n")[0].split()),
            style={"description_width": LABEL_WIDTH},
            layout={"width": "auto", "max_width": "34em"},
        )
        self._place = w.VBox()
        super().__init__([self.kind, self._place])
        self._showing = False
        self.kind.observe(self._react, "value")
        self.value = value

    @property
    def form(self) -> Form[Any] | None:
        """The form of the chosen kind; None when nothing is chosen."""
        kind = self.kind.value
        return None if kind is None else self._form_of(kind)

    @property
    def value(self) -> Any:
        """The chosen record, or None.

        Raises
        ------
        ValueError
            If a value in its form is not allowed.
        """
        return None if self.form is None else self.form.value

    @value.setter
    def value(self, record: Record | None) -> None:
        self._showing = True
        self.kind.value = None if record is None else type(record)
        if self.form is not None:
            self.form.value = record
        self._showing = False
        self._place_form()

    def _form_of(self, kind: type[Record]) -> Form[Any]:
        if kind not in self._forms:
            self._forms[kind] = Form(kind())
            self._forms[kind].changed.connect(self.changed.emit)
        return self._forms[kind]

    def _react(self, _: Any) -> None:
        if not self._showing:
            self._place_form()
            self.changed.emit()

    def _place_form(self) -> None:
        chosen = self.form
        # Hidden rather than left out, so that closing what is shown closes them all.
        for form in self._forms.values():
            form.layout.display = "" if form is chosen else "none"
        self._place.children = list(self._forms.values())
