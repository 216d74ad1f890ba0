"""Where the parts of the Annotator lie."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ipywidgets as w

from annotat_nb.widgets.housekeeping import close_tree

if TYPE_CHECKING:
    from annotat_nb.widgets.workbench import Workbench

Parts = tuple[w.Widget, ...]


class Places:
    """The places of the Annotator, which stay for good: only what is in them changes.

    A box that gets other children makes all views behind the first change anew, the picture's too.

    Parameters
    ----------
    top
        Menus and what is in the corner beside them.
    banner
        What must not be overlooked.
    stage
        The picture, and what lies over it.
    feet
        What is said below it.
    """

    def __init__(self, *, top: Parts, banner: w.Widget, stage: Parts, feet: Parts) -> None:
        self._tools, self._side, self._slices, self._status = (w.VBox() for _ in range(4))
        shown, said = w.Box(stage).add_class("annotat-stage"), w.HBox(feet)
        left = w.VBox([shown, self._slices, said.add_class("annotat-feet"), self._status])
        main = w.HBox([left.add_class("annotat-left"), self._side]).add_class("annotat-main")
        self.rows = (w.HBox(top).add_class("annotat-top"), banner, self._tools, main)

    def fill(self, bench: Workbench | None) -> None:
        """Show the panels of a session; None: no panels."""
        self._tools.children = () if bench is None else (bench.toolbar,)
        self._side.children = () if bench is None else (bench.side,)
        self._slices.children = () if bench is None else (bench.slices,)
        self._status.children = () if bench is None else (bench.status,)

    def close(self) -> None:
        """Close everything that was placed."""
        for row in self.rows:
            close_tree(row)
