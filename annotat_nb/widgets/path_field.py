"""The line that a path is typed into."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from annotat_nb.widgets.bundle import bundle
from annotat_nb.widgets.menu import FRONT

if TYPE_CHECKING:
    from collections.abc import Callable


class PathField(anywidget.AnyWidget):  # type: ignore[misc]  # anywidget is untyped
    """A line of text that follows each key, and reports Enter.

    Parameters
    ----------
    on_enter
        Called once the whole line is known: a text field of ipywidgets reports Enter at once and
        what was typed last a moment later.
    """

    _esm = bundle(FRONT, "element.js", "path_field.js")

    value = traitlets.Unicode("").tag(sync=True)
    label = traitlets.Unicode("Path").tag(sync=True)
    placeholder = traitlets.Unicode("folder or file").tag(sync=True)
    tip = traitlets.Unicode("Type to narrow the list; Enter chooses; ~ is your home folder").tag(
        sync=True
    )

    def __init__(self, on_enter: Callable[[], object]) -> None:
        super().__init__()
        self._on_enter = on_enter
        self.on_msg(self._receive)

    def _receive(self, _: Any, content: dict[str, Any], __: Any) -> None:
        if content.get("event") == "submit":
            self.value = str(content["value"])
            self._on_enter()
