"""A form for any record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

import ipywidgets as w
from psygnal import Signal
from pydantic import ValidationError

from annotat_nb.operation import Record
from annotat_nb.widgets.fields import Field, sentence_for
from annotat_nb.widgets.text import Line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

R = TypeVar("R", bound=Record)

_AT_MOST_TWO_COLUMNS = "repeat(auto-fit, minmax(max(min(100%, 22em), 40%), 1fr))"


class Form(w.VBox, Generic[R]):  # type: ignore[misc]  # ipywidgets is untyped
    """Controls for the fields of a record, generated from their types, bounds and docstrings.

    Parameters
    ----------
    record
        What the form shows at first; its class decides the controls.
    only
        Names of the fields to show; all by default. The others keep the values of `record`.
    choices
        Of some fields, words and values to choose from, where their type does not tell them.

    Raises
    ------
    TypeError
        If a shown field has a type for which there is no control.

    Examples
    --------
    >>> from annotat_nb.superpixels import Slic
    >>> form = Form(Slic())
    >>> form.controls["seed_spacing"].value = "12"
    >>> form.value
    Slic(seed_spacing=12, ndim=2, compactness=0.6, iterations=10)
    """

    changed = Signal()
    """Emitted after every change by the user, whether or not the values are valid."""

    def __init__(
        self,
        record: R,
        *,
        only: Sequence[str] | None = None,
        choices: Mapping[str, Sequence[tuple[str, Any]]] | None = None,
    ) -> None:
        self._record = record
        shown, known = type(record).model_fields, choices or {}
        self.fields = {
            name: Field(name, shown[name], known.get(name, ()))
            for name in (shown if only is None else only)
        }
        self._complaint = Line(tone="error")
        grid = w.GridBox(list(self.fields.values()), layout=_grid())
        super().__init__([grid, self._complaint])
        self._showing = False
        self.value = record
        for control in self.controls.values():
            control.observe(self._react, "value")

    @property
    def controls(self) -> dict[str, w.ValueWidget]:
        """The control of each field, by the name of the field."""
        return {name: field.control for name, field in self.fields.items()}

    @property
    def value(self) -> R:
        """The record that the controls describe.

        Raises
        ------
        ValueError
            If a value is not allowed; the sentence says which and why.
        """
        kept = {name: getattr(self._record, name) for name in type(self._record).model_fields}
        typed = {name: field.raw for name, field in self.fields.items()}
        try:
            return type(self._record).model_validate({**kept, **typed})
        except ValidationError as error:
            raise ValueError(next(iter(self._sentences(error).values()))) from error

    @value.setter
    def value(self, record: R) -> None:
        if type(record) is not type(self._record):
            expected, got = type(self._record).__name__, type(record).__name__
            raise TypeError(f"this form shows {expected}, got {got}")
        self._record = record
        self._showing = True
        for name, field in self.fields.items():
            field.show(getattr(record, name))
        self._showing = False
        self._explain({})

    @property
    def problem(self) -> str:
        """Why `value` is refused; empty when it is not."""
        try:
            _ = self.value
        except ValueError as error:
            return str(error)
        return ""

    def _react(self, _: Any) -> None:
        if self._showing:
            return
        try:
            _ = self.value
        except ValueError as error:
            self._explain(self._sentences(error.__cause__))
        else:
            self._explain({})
        self.changed.emit()

    def _sentences(self, error: Any) -> dict[str, str]:
        """One sentence a field; those about the record as a whole come under an empty name."""
        sentences: dict[str, str] = {}
        for detail in error.errors():
            name = str(detail["loc"][0]) if detail["loc"] else ""
            field = self.fields.get(name)
            label = field.label if field else name
            sentences.setdefault(name if field else "", sentence_for(label, detail))
        return sentences

    def _explain(self, sentences: dict[str, str]) -> None:
        for name, field in self.fields.items():
            field.complain(sentences.get(name, ""))
        self._complaint.value = sentences.get("", "")


def _grid() -> dict[str, str]:
    return {"grid_template_columns": _AT_MOST_TWO_COLUMNS, "grid_gap": "0 1.5em"}
