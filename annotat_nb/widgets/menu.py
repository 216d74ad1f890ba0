"""The menu bar."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from annotat_nb.widgets.bundle import bundle

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

FRONT = Path(__file__).parent / "front"


@dataclass(frozen=True)
class Item:
    """One line of a menu: what it is called, what it does, and why it cannot just now."""

    label: str
    action: Callable[[], object]
    key: str = ""
    reason: str | None = None
    checked: bool | None = None
    """Whether a switch is on; None for a command."""


@dataclass(frozen=True)
class Menu:
    """A menu: its title and its lines."""

    label: str
    items: Sequence[Item]


class MenuBar(anywidget.AnyWidget):  # type: ignore[misc]  # anywidget is untyped
    """Menus that open in the browser at once, whatever the kernel does.

    Parameters
    ----------
    attempt
        Called with what a line does; shows what goes wrong instead of raising.
    """

    _esm = bundle(FRONT, "element.js", "menu.js")
    _css = FRONT / "annotator.css"

    menus = traitlets.List(traitlets.Dict()).tag(sync=True)

    def __init__(self, attempt: Callable[..., object]) -> None:
        super().__init__()
        self._attempt = attempt
        self._actions: dict[str, Callable[[], object]] = {}
        self.on_msg(self._receive)

    def show(self, menus: Sequence[Menu]) -> None:
        """Show `menus` in place of the present ones."""
        self._actions = {
            f"{menu.label}/{item.label}": item.action
            for menu in menus
            for item in menu.items
            if not item.reason
        }
        self.menus = [{"label": m.label, "items": [_line(m, i) for i in m.items]} for m in menus]

    def run(self, menu: str, item: str) -> None:
        """Do what choosing `item` of `menu` does.

        Raises
        ------
        KeyError
            If there is no such item, or it is disabled.
        """
        self._attempt(self._actions[f"{menu}/{item}"])

    def _receive(self, _: Any, content: dict[str, Any], __: Any) -> None:
        action = self._actions.get(str(content.get("id")))
        if action is not None:
            self._attempt(action)


def _line(menu: Menu, item: Item) -> dict[str, Any]:
    return {
        "id": f"{menu.label}/{item.label}",
        "label": item.label,
        "key": item.key,
        "reason": item.reason,
        "checked": item.checked,
    }
