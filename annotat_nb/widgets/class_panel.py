"""The panel of classes: what is looked for, in which colour, how much was painted."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import anywidget
import ipywidgets as w
import traitlets

from annotat_nb.widgets.bundle import bundle
from annotat_nb.widgets.button import button
from annotat_nb.widgets.menu import FRONT
from annotat_nb.widgets.text import inert

if TYPE_CHECKING:
    from annotat_nb.session import Session

Attempt = Callable[..., object]
BACKGROUND_STAYS = "Background stays: it is what no other class claims"


class ClassList(anywidget.AnyWidget):  # type: ignore[misc]  # anywidget is untyped
    """The rows of the class table."""

    _esm = bundle(FRONT, "element.js", "class_list.js")

    classes = traitlets.List(traitlets.Dict()).tag(sync=True)
    """One row each: id, name, color, visible, and facts in words."""
    selected = traitlets.Int(0).tag(sync=True)
    """Id of the class that the brush paints."""
    is_fixed = traitlets.Bool(False).tag(sync=True)
    """Whether names and colours stay as they are."""


class ClassPanel(w.VBox):  # type: ignore[misc]  # ipywidgets is untyped
    """Add, remove, rename, recolour, hide and choose classes.

    Parameters
    ----------
    session
        Whose classes are shown.
    attempt
        Called with a verb of the session and its arguments; shows what goes wrong.
    """

    def __init__(self, session: Session, attempt: Attempt) -> None:
        self._session, self._attempt = session, attempt
        self.list = ClassList()
        self.add = button("Add", lambda: attempt(self._add), icon="plus").add_class("annotat-add")
        self.remove = button("Remove", self._remove, icon="minus")
        self.rename = button("Rename", self._rename)
        self.list.on_msg(self._receive)
        self.list.observe(lambda change: session.show(label=change["new"]), "selected")
        buttons = w.HBox([self.add, self.remove, self.rename]).add_class("annotat-buttons")
        super().__init__([self.list, buttons])
        self.refresh()

    def refresh(self) -> None:
        """Show the table as it is now."""
        fractions = self._session.fractions
        self._show_what_can_be_done()
        with self.list.hold_sync():
            self.list.classes = [
                {
                    "id": item.id,
                    "name": inert(item.name),
                    "color": item.color,
                    "visible": item.visible,
                    "facts": _facts(
                        self._session.markers.stroke_count(item.id), fractions, item.id
                    ),
                }
                for item in self._session.classes
            ]
            self.list.selected = self._session.view.label

    def select(self, label: int) -> None:
        """Show which class the brush paints."""
        self.list.selected = label
        self._show_what_can_be_done()

    def _show_what_can_be_done(self) -> None:
        reason = self._session.recorder.obstacle
        self.list.is_fixed = reason is not None
        stays = BACKGROUND_STAYS if self._session.view.label == 0 else None
        for shown, obstacle, tip in (
            (self.add, reason, "Add a class to look for"),
            (self.remove, reason or stays, "Remove the class with all its markers"),
            (self.rename, reason, "Give the class another name (F2)"),
        ):
            shown.disabled = obstacle is not None
            shown.tooltip = obstacle or tip

    def _add(self) -> None:
        number = self._session.classes.add(next(self._session.classes.free_names()))
        self._session.show(label=number)
        self.refresh()
        self.list.send({"kind": "rename", "id": number})

    def _remove(self) -> None:
        self._attempt(self._session.classes.remove, self.list.selected)

    def _rename(self) -> None:
        self.list.send({"kind": "rename", "id": self.list.selected})

    def _receive(self, _: Any, content: dict[str, Any], __: Any) -> None:
        verbs: dict[str, Callable[..., object]] = {
            "rename": self._session.classes.rename,
            "recolor": self._session.classes.recolor,
            "show": self._session.classes.show,
        }
        self._attempt(verbs[content["kind"]], int(content["id"]), content["value"])


def percent(share: float) -> str:
    """Write a share as short as it stays telling.

    Examples
    --------
    >>> percent(0.397), percent(0.0042), percent(0.00001)
    ('40 %', '0.4 %', '<0.1 %')
    """
    if 0 < share < 0.001:
        return "<0.1 %"
    return f"{share:.1%}".replace("%", " %") if 0 < share < 0.1 else f"{share:.0%}"[:-1] + " %"


def _facts(strokes: int, fractions: dict[int, float], class_id: int) -> str:
    words = [f"{strokes} stroke{'' if strokes == 1 else 's'}"] if strokes else []
    if fractions:
        words.append(percent(fractions.get(class_id, 0.0)))
    return ", ".join(words) or "no strokes"
