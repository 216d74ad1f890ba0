"""What lies over the canvas while there is no picture to show."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ipywidgets as w

from annotat_nb.io import READERS
from annotat_nb.widgets.button import button
from annotat_nb.widgets.housekeeping import close_tree
from annotat_nb.widgets.text import Line, inert

if TYPE_CHECKING:
    from collections.abc import Callable


SAMPLE = "A micro-CT volume of bone that comes with annotat_nb"


class Cover(w.Box):  # type: ignore[misc]  # ipywidgets is untyped
    """The way in while nothing is open, and what is being opened.

    Parameters
    ----------
    open_image, open_sample
        Called when one of the two buttons is pressed.
    """

    def __init__(self, open_image: Callable[[], object], open_sample: Callable[[], object]) -> None:
        self.open_image = button(
            "Open image…", open_image, icon="folder-open", button_style="primary"
        )
        self.open_sample = button("Open sample", open_sample, SAMPLE, icon="cube")
        self._start = _page(
            Line("Open an image to begin"),
            w.HBox([self.open_image, self.open_sample]),
            Line(f"A folder of slices, a workspace, or a file: {', '.join(READERS)}"),
        )
        self._name = Line()
        self._opening = _page(self._name)
        super().__init__([self._start])
        self.add_class("annotat-cover")

    def show_start(self) -> None:
        """Show how to begin."""
        self._show(self._start)

    def show_opening(self, name: str) -> None:
        """Show the `name` of what is being opened."""
        self._name.value = f"Opening {inert(name)} …"
        self._show(self._opening)

    def uncover(self) -> None:
        """Show the canvas."""
        self.remove_class("annotat-covers")
        self.layout.display = "none"

    def _show(self, page: w.VBox) -> None:
        self.children = (page,)
        self.add_class("annotat-covers")
        self.layout.display = ""

    def close(self) -> None:
        """Close it with the page that is not shown just now."""
        for page in (self._start, self._opening):
            close_tree(page)
        super().close()


def _page(title: Line, *rest: w.Widget) -> w.VBox:
    title.add_class("annotat-title-line")
    return w.VBox([title, *rest])
