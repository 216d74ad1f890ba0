"""The choice of classes inside which is trained and classified."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets as w
from psygnal import Signal

from annotat_nb.classify import Pipeline
from annotat_nb.widgets.fields import LABEL_WIDTH, help_of
from annotat_nb.widgets.text import Line, inert

if TYPE_CHECKING:
    from collections.abc import Mapping


class MaskChoice(w.VBox):  # type: ignore[misc]  # ipywidgets is untyped
    """A tick for working inside some classes only, and below it a list of them.

    Parameters
    ----------
    names
        The classes, id to name.
    origin
        What the label is whose classes count, in words; empty when there is none yet.
    other
        What the present label is, in words, where the mask names classes of an earlier one; empty
        where it does not.
    """

    changed = Signal()
    """Emitted after every change by the user."""

    def __init__(self, names: Mapping[int, str], origin: str, other: str = "") -> None:
        self.use = w.Checkbox(
            description="Train and classify only inside some classes of the label",
            tooltip=help_of(Pipeline.model_fields["mask"]),
            indent=False,
            layout={"width": "auto"},
        )
        self._names = dict(names)
        # No ticks: their labels show what stands between dollar signs as a formula.
        self.classes = w.SelectMultiple(
            description="Inside",
            tooltip="Classes inside which to work; Ctrl+click chooses several",
            style={"description_width": LABEL_WIDTH},
            layout={"width": "auto", "max_width": "34em"},
        )
        self._origin = Line(f"Classes of {inert(origin)}" if origin else NO_LABEL)
        self._other = Line(f"There is a newer one: {inert(other)}" if other else "")
        self.renew = w.Checkbox(
            description="Take the present label for the mask",
            tooltip="The mask then follows the classes as they are in the present label",
            indent=False,
            layout={"width": "auto", "display": "" if other else "none"},
        )
        self._details = w.VBox([self._origin, self._other, self.renew, self.classes])
        super().__init__([self.use, self._details])
        self.use.observe(self._react, "value")
        for part in (self.classes, self.renew):
            part.observe(lambda _: self.changed.emit(), "value")
        self.value = None

    @property
    def value(self) -> tuple[int, ...] | None:
        """The ticked classes; None: everywhere.

        Raises
        ------
        ValueError
            If no class is ticked.
        """
        if not self.use.value:
            return None
        chosen = tuple(self.classes.value)
        if not chosen:
            raise ValueError("choose at least one class inside which to work, or untick the mask")
        return chosen

    @value.setter
    def value(self, classes: tuple[int, ...] | None) -> None:
        gone = {number: f"Class {number}" for number in classes or ()}
        names = sorted((gone | self._names).items())
        self.classes.options = [(inert(name), number) for number, name in names]
        self.classes.rows = min(6, max(2, len(names)))
        self.classes.value = classes or ()
        self.use.value = classes is not None
        self._unfold()

    def _react(self, _: Any) -> None:
        self._unfold()
        self.changed.emit()

    def _unfold(self) -> None:
        self._details.layout.display = "" if self.use.value else "none"


NO_LABEL = "There is no label yet: press Apply without a mask first, or load one"
