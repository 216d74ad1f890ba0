"""One running computation, observable and cancellable."""

from __future__ import annotations

import threading
import time
from typing import Any, Literal

from psygnal import Signal

State = Literal["waiting", "running", "done", "failed", "cancelled"]
REPORT_INTERVAL = 0.15
"""Least seconds between two reports of progress: more often than a person reads is a waste."""


class Cancelled(Exception):
    """The user cancelled the job."""


class Job:
    """One computation in the background.

    Parameters
    ----------
    name
        What is being done, in the user's words: ``"Apply"``.
    is_quiet
        Whether nobody asked for it: then it is not shown, and gives way to what was asked for.
    """

    changed = Signal()
    """Emitted on the worker's thread, a few times a second and at every change of state."""

    def __init__(self, name: str, *, is_quiet: bool = False) -> None:
        self.name, self.is_quiet = name, is_quiet
        self.state: State = "waiting"
        self.step = ""
        """What the job is doing just now."""
        self.share = 0.0
        """How much of the job is done, 0 to 1."""
        self.notice = ""
        """What a user should know of how it was done, in a sentence; empty: nothing."""
        self.error: BaseException | None = None
        self._result: Any = None
        self._started = time.monotonic()
        self._reported = 0.0
        self._cancel = threading.Event()
        self._finished = threading.Event()

    def __repr__(self) -> str:
        return f"Job({self.name!r}, {self.state}, {self.share:.0%})"

    @property
    def is_over(self) -> bool:
        """Whether the job is done, failed or cancelled."""
        return self._finished.is_set()

    @property
    def is_unwanted(self) -> bool:
        """Whether it was asked to stop."""
        return self._cancel.is_set()

    @property
    def seconds_left(self) -> float | None:
        """Seconds until the end at the pace so far; None while that is a guess."""
        elapsed = time.monotonic() - self._started
        if self.state != "running" or self.share < 0.02 or elapsed < 0.5:
            return None
        return elapsed / self.share * (1 - self.share)

    def cancel(self) -> None:
        """Ask the job to stop; it does so at its next report of progress."""
        self._cancel.set()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for the end, at most `timeout` seconds, and tell whether it came."""
        return self._finished.wait(timeout)

    def result(self) -> Any:
        """Wait for the end and return what was computed.

        Raises
        ------
        Cancelled
            If the job was cancelled.
        Exception
            Whatever the job failed with.
        """
        self.wait()
        if self.error is not None:
            raise self.error
        return self._result

    def report(self, step: str, share: float) -> None:
        """Tell how far the work is; called by the work itself, often.

        Raises
        ------
        Cancelled
            If the user asked to stop.
        """
        if self._cancel.is_set():
            raise Cancelled(f"{self.name} was cancelled")
        is_new = step != self.step
        self.step, self.share = step, max(0.0, min(1.0, share))
        if is_new or time.monotonic() - self._reported > REPORT_INTERVAL:
            self._reported = time.monotonic()
            self.changed.emit()

    def note(self, sentence: str) -> None:
        """Add a sentence to what a user should know; called by the work itself."""
        self.notice = ". ".join(filter(None, [self.notice, sentence]))

    def pause(self, seconds: float) -> None:
        """Wait a moment; called by the work itself.

        Raises
        ------
        Cancelled
            As soon as the user asks to stop.
        """
        if self._cancel.wait(seconds):
            raise Cancelled(f"{self.name} was cancelled")

    def start_clock(self) -> None:
        """Count the time that is left from now on: what went before will not come again."""
        self._started = time.monotonic()

    def begin(self) -> None:
        """Note that the work starts; called by the runner."""
        self.state, self._started = "running", time.monotonic()
        self.changed.emit()

    def settle(self, result: Any = None, error: BaseException | None = None) -> None:
        """Note the end; called by the runner."""
        self._result, self.error = result, error
        if error is None:
            self.state, self.share = "done", 1.0
        elif isinstance(error, Cancelled):
            self.state = "cancelled"
            self.error = Cancelled(*error.args)  # the other keeps alive what was computed so far
        else:
            self.state = "failed"
        self._finished.set()
        self.changed.emit()
