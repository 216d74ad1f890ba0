"""The keys and what the mouse does, as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ipywidgets as w

from annotat_nb.widgets.text import Line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from annotat_nb.widgets.commands import Command

MOUSE = (
    ("0 to 9", "Choose a class"),
    ("[ and ]", "Smaller and larger brush"),
    ("+ and -", "Enlarge and reduce"),
    ("Enter", "Brush by keyboard: arrows move it, with Shift ten times as far"),
    ("Enter again", "Begin the stroke, and end it; or hold Space, or Delete to erase"),
    ("Wheel", "Next slice"),
    ("Ctrl+wheel", "Zoom at the pointer"),
    ("Middle button, or Space and drag", "Move the picture"),
    ("Right button", "Paint tool: erase pixels. Erase tool: erase the whole stroke"),
    ("Ctrl+click (Cmd on a Mac)", "Show only the class under the pointer; again: show all"),
    ("Ctrl+Shift+click", "Go to the centre of the class under the pointer"),
)


def key_list(commands: Sequence[Command]) -> w.GridBox:
    """Make a table of what mouse and keys do, the keys of `commands` among them."""
    rows = [(" or ".join(c.keys), c.title) for c in commands if c.keys]
    cells = [Line(text.replace("Arrow", "")) for row in (*MOUSE, *rows) for text in row]
    return w.GridBox(cells).add_class("annotat-keys")
