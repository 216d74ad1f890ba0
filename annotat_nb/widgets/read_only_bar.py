"""The line that says who works on an image that can only be looked at here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ipywidgets as w

from annotat_nb.widgets.text import Line, inert

if TYPE_CHECKING:
    from collections.abc import Callable


class ReadOnlyBar(w.HBox):  # type: ignore[misc]  # ipywidgets is untyped
    """Takes no room unless the image is open elsewhere.

    Parameters
    ----------
    try_again
        Called when the user asks whether it is free by now.
    """

    def __init__(self, try_again: Callable[[], object]) -> None:
        self.text = Line()
        self.again = w.Button(
            description="Try again",
            tooltip="Open it to work on, if it was closed there meanwhile",
        )
        self.again.on_click(lambda _: try_again())
        super().__init__([self.text, self.again])
        self.add_class("annotat-read-only")
        self.show(None)

    def show(self, owner: str | None) -> None:
        """Say that `owner` works on the image; None: nobody else does."""
        self.layout.display = "none" if owner is None else ""
        self.text.value = (
            ""
            if owner is None
            else f"Read-only: open by {inert(owner)}. Close it there to go on here; nothing that "
            "you do here is saved."
        )
