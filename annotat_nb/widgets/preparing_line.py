"""A quiet word while the kernels are compiled, as when the page is opened for the first time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from annotat_nb.kernels.preparing import preparation
from annotat_nb.session.working import PREPARING
from annotat_nb.widgets.loop import Soon
from annotat_nb.widgets.text import Line

if TYPE_CHECKING:
    from annotat_nb.widgets.loop import Loop

PATIENCE = 1.0
"""Seconds below which nobody needs to hear of it."""


class PreparingLine(Line):
    """How much of the preparation is done; takes no room before and after.

    Parameters
    ----------
    loop
        Where the page is drawn.
    """

    def __init__(self, loop: Loop) -> None:
        super().__init__(tone="silent")
        self._loop, self._is_closed, self._is_late = loop, False, False
        self._tell_soon = Soon(loop, self._tell)
        self.add_class("annotat-quiet")

    def begin(self) -> None:
        """Compile all kernels in the background, once a process, and say so if it takes long."""
        found = preparation()
        found.begin()
        if found.is_running and not self._is_late:
            found.changed.connect(self._tell_soon.ask)
            self._loop.call_later(PATIENCE, self._note_late)

    def close(self) -> None:
        """Say nothing more."""
        self._is_closed = True
        preparation().changed.disconnect(self._tell_soon.ask, missing_ok=True)
        super().close()

    def _note_late(self) -> None:
        self._is_late = True
        self._tell()

    def _tell(self) -> None:
        if self._is_closed or not self._is_late:
            return
        found = preparation()
        told = f"{PREPARING} · {found.share:.0%}"
        self.value = told if found.is_running else ""
