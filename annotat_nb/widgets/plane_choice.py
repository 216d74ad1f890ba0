"""Changing the plane that is shown, also where that would read a whole file for each slice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from annotat_nb.volume import plane_axes
from annotat_nb.widgets.commands import Command
from annotat_nb.widgets.text import inert

if TYPE_CHECKING:
    from collections.abc import Callable

    from annotat_nb.session import Session
    from annotat_nb.widgets.dialogs import Dialogs
    from annotat_nb.widgets.loop import Loop


class PlaneChoice:
    """Shows another plane, and offers a copy in blocks first where its slices would be slow.

    Parameters
    ----------
    session
        Whose view changes.
    dialogs
        Where the question is asked.
    loop
        Where the page is drawn after the copy.
    is_busy
        Tells whether a job runs.
    """

    def __init__(
        self, session: Session, dialogs: Dialogs, loop: Loop, is_busy: Callable[[], bool]
    ) -> None:
        self._session, self._dialogs = session, dialogs
        self._loop, self._is_busy = loop, is_busy

    def choose(self, axis: str) -> None:
        """Show the plane across `axis`, or ask how."""
        if axis == self._session.view.axis:
            return
        if self._session.is_slow_across(axis):
            self._ask(axis)
        else:
            self._show(axis)

    def command(self) -> Command:
        """Return the menu line that makes the copy without being asked."""
        return Command("View", "Copy image in blocks (fast XZ and YZ)", self.copy, (), self.reason)

    def copy(self, axis: str | None = None) -> None:
        """Start the copy in blocks; show the plane across `axis` when it is done."""
        job = self._session.rechunk(block=False)
        if axis is None or job is None:
            return

        def follow() -> None:
            if job.state == "done":
                self._loop.call(lambda: self._show(axis))

        job.changed.connect(follow)

    def reason(self) -> str | None:
        """Say why no copy can be made now; None: it can."""
        if self._is_busy():
            return "Something else is being computed: wait for it, or cancel it"
        return self._session.rechunk_obstacle()

    def _show(self, axis: str) -> None:
        self._session.show(axis=axis)

    def _ask(self, axis: str) -> None:
        session, reason = self._session, self.reason()
        plane = "".join(reversed(plane_axes(axis))).upper()
        volume = session.volume
        size = volume.dtype.itemsize * volume.shape[0] * volume.shape[1] * volume.shape[2] / 1e9
        question = (
            f"Each {plane} slice would be read from all {volume.shape[0]:,} slices of "
            f"{inert(volume.name)}. "
        )
        slowly = {f"Show {plane} slowly": lambda: self._show(axis)}
        if reason is not None:
            self._dialogs.ask(f"{question}No copy in blocks can be made: {reason}.", **slowly)
            return
        offer = f"A copy in blocks, up to {size:.1f} GB in the workspace, makes XZ and YZ fast."
        self._dialogs.ask(question + offer, **{"Make the copy": lambda: self.copy(axis)}, **slowly)
