"""Back to the event loop of the notebook, from whatever thread."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Loop:
    """The event loop on which the widgets were made; without one, calls run at once.

    Jobs finish on their own thread. What they change on the page is drawn on the loop, so that
    it never meets a callback halfway.
    """

    def __init__(self) -> None:
        try:
            self._loop: asyncio.AbstractEventLoop | None = asyncio.get_running_loop()
        except RuntimeError:
            self._loop = None

    def call(self, function: Callable[[], object]) -> None:
        """Run `function` on the loop, soon."""
        if self._loop is None or self._loop.is_closed():
            function()
        else:
            self._loop.call_soon_threadsafe(function)

    def call_later(self, seconds: float, function: Callable[[], object]) -> None:
        """Run `function` on the loop, after some seconds."""
        loop = self._loop
        if loop is None or loop.is_closed():
            function()
        else:
            loop.call_soon_threadsafe(lambda: loop.call_later(seconds, function))


class Soon:
    """Runs a function once on the loop, however often it was asked to meanwhile."""

    def __init__(self, loop: Loop, function: Callable[[], object]) -> None:
        self._loop, self._function = loop, function
        self._is_asked = False

    def ask(self, *_: object) -> None:
        """Ask for a run; takes and ignores what a signal sends."""
        if not self._is_asked:
            self._is_asked = True
            self._loop.call(self._run)

    def _run(self) -> None:
        self._is_asked = False
        self._function()


class Latest:
    """Runs a function once things have been quiet for a while, however often it is asked to."""

    def __init__(self, loop: Loop, seconds: float, function: Callable[[], object]) -> None:
        self._loop, self._seconds, self._function = loop, seconds, function
        self._asked = 0

    def ask(self) -> None:
        """Ask for a run; another request soon after replaces this one."""
        self._asked += 1
        number = self._asked
        self._loop.call_later(self._seconds, lambda: self._run(number))

    def _run(self, number: int) -> None:
        if number == self._asked:
            self._function()
