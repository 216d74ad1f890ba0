"""Closing what a cell showed before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import ipywidgets as w

if TYPE_CHECKING:
    from collections.abc import Iterable


def close_tree(widget: w.Widget) -> None:
    """Close `widget` with all that it is made of: children, layouts and styles."""
    if widget.comm is None:
        return
    parts = list(_parts(widget))
    widget.close()
    for part in parts:
        close_tree(part)


def _parts(widget: w.Widget) -> Iterable[w.Widget]:
    for name in widget.keys:
        yield from _widgets_in(getattr(widget, name))


def _widgets_in(value: Any) -> Iterable[w.Widget]:
    if isinstance(value, w.Widget):
        yield value
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _widgets_in(item)


@dataclass(frozen=True)
class Run:
    """One run of a notebook cell."""

    cell: str
    number: str


def current_run() -> Run | None:
    """Return which run of which notebook cell this is; None outside a notebook."""
    from IPython import get_ipython

    shell = get_ipython()
    if shell is None or not hasattr(shell, "kernel"):
        return None
    parent = shell.kernel.get_parent()
    cell = parent.get("metadata", {}).get("cellId")
    return None if cell is None else Run(str(cell), str(parent["header"]["msg_id"]))


# What each notebook cell shows, and by which run of it: the next run closes that.
_shown_by_cell: dict[str, tuple[str, list[w.Widget]]] = {}


def close_former() -> None:
    """Close what an earlier run of this cell shows."""
    run = current_run()
    if run is not None and run.cell in _shown_by_cell:
        number, shown = _shown_by_cell[run.cell]
        if number != run.number:
            del _shown_by_cell[run.cell]
            for widget in shown:
                widget.close()


def remember(widget: w.Widget) -> None:
    """Have the next run of this cell close `widget`."""
    run = current_run()
    if run is not None:
        _shown_by_cell.setdefault(run.cell, (run.number, []))[1].append(widget)
