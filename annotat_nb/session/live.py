"""When the preview is made anew by itself."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from psygnal import Signal

from annotat_nb.jobs import Cancelled
from annotat_nb.session.working import PREPARING, once_compiled

if TYPE_CHECKING:
    from annotat_nb.blocks import Box
    from annotat_nb.jobs import Job
    from annotat_nb.session.base import SessionBase
    from annotat_nb.session.view import View

QUIET = 0.15
"""Seconds without a change after which it begins: many strokes come in quick succession."""
State = Literal["off", "waiting", "updating", "failed", "cancelled", "current"]
Update = Callable[["Job", Callable[[], None]], None]


class LiveUpdate:
    """Has the shown slice classified after every change; the latest change wins.

    The job gives way: to the next change, at its next report, and to whatever else is asked for.

    Parameters
    ----------
    session
        Whose strokes, parameters and view are followed.
    missing
        Says what is missing, in one sentence; None: nothing.
    update
        Does the work; called on the compute thread with the job, and with what to call before it
        looks which slice is shown.
    """

    changed = Signal()
    """Emitted, on whatever thread, when `state` may have changed."""

    def __init__(
        self, session: SessionBase, missing: Callable[[], str | None], update: Update
    ) -> None:
        self._session, self._missing, self._update = session, missing, update
        self._lock = threading.RLock()
        self._job: Job | None = None
        self._has_looked: Job | None = None
        self._was_preparing = False
        self.is_on = False
        self.obstacle: str | None = None
        """What it waits for, in one sentence; None: nothing."""
        self.error: Exception | None = None
        """Why the last update failed; None: it did not."""

    @property
    def notice(self) -> str:
        """What was done otherwise than the pipeline asks for, in a sentence; empty: nothing."""
        return "" if self._job is None else self._job.notice

    @property
    def state(self) -> State:
        """How things stand: off, waiting for what is missing, at work, failed, or up to date.

        Or cancelled by somebody else: then nothing is up to date until the next change.
        """
        job = self._job
        if not self.is_on:
            return "off"
        if self.obstacle is not None:
            return "waiting"
        if job is None or job.state == "cancelled":
            return "cancelled"
        if not job.is_over:
            return "updating"
        return "current" if self.error is None else "failed"

    @property
    def preparing(self) -> float | None:
        """How much of what it waits for is done, 0 to 1, while kernels are compiled; else None."""
        job = self._job
        is_held_up = job is not None and not job.is_over and job.step == PREPARING
        return job.share if job is not None and is_held_up else None

    def switch(self, is_on: bool) -> None:
        """Begin to follow the session, or stop."""
        with self._session.lock:
            if is_on == self.is_on:
                return
            self.is_on = is_on
            for signal, slot in self._signals():
                if is_on:
                    signal.connect(slot)
                else:
                    signal.disconnect(slot, missing_ok=True)
            self.ask()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the preview is as new as the strokes, and tell whether it is.

        Parameters
        ----------
        timeout
            Seconds to wait at most for each attempt; None: as long as it takes.
        """
        while (job := self._present()) is not None and not job.is_over:
            if not job.wait(timeout):
                return False
        return self.state == "current"

    def _present(self) -> Job | None:
        with self._lock:  # one job may be about to be replaced by the next
            return self._job

    def ask(self) -> None:
        """Begin anew in place of what runs, if it is on and nothing is missing."""
        with self._session.lock, self._lock:
            is_possible = self.is_on and self._session.recorder.is_open
            self.obstacle = self._missing() if is_possible else None
            if not is_possible or self.obstacle is not None:
                self._drop()
            elif not self._will_begin:
                self._drop()
                self._begin()
        self.changed.emit()

    @property
    def _will_begin(self) -> bool:
        job = self._job
        return job is not None and job.state == "waiting" and not job.is_unwanted

    @property
    def _is_active(self) -> bool:
        return self._job is not None and not self._job.is_over

    def _drop(self) -> None:
        if self._job is not None:
            self._job.cancel()
        self._job = self.error = None

    def _begin(self) -> None:
        work = once_compiled(self._work)
        self._job = self._session.runner.submit("Live update", work, is_quiet=True)
        self._job.changed.connect(self._note)
        self._note()  # it may be over by now

    def _work(self, job: Job) -> None:
        job.pause(QUIET)
        try:
            self._update(job, partial(setattr, self, "_has_looked", job))
        except Cancelled:
            raise
        except Exception as error:
            if job is self._job:
                self.error = error
            raise

    def _note(self) -> None:
        was, self._was_preparing = self._was_preparing, self.preparing is not None
        is_over = self._job is not None and self._job.is_over
        if is_over or was or self._was_preparing:
            self.changed.emit()

    def _signals(self) -> list[tuple[Any, Any]]:
        session, results = self._session, self._session.results
        return [
            (session.annotation.changed, self._follow_edit),
            (session.view_changed, self._follow_view),
            (session.runner.started, self._follow_job),
            (session.pipeline_changed, self.ask),
            (session.loaded_changed, self.ask),
            (results.superpixels_changed, self.ask),
            (results.segmentation_changed, self.ask),
        ]

    def _follow_edit(self, box: Box | None) -> None:
        if box is not None:  # names and colours of classes change no result
            self.ask()

    def _follow_view(self, view: View, former: View) -> None:
        if (view.axis, view.index) == (former.axis, former.index):
            return
        if self._is_active and self._has_looked is not self._job:
            return  # it is still learning, and will see for itself which slice is shown
        self.ask()

    def _follow_job(self, job: Job) -> None:
        """Give way to what was asked for, and look afterwards what is left to do."""
        if not job.is_quiet:
            with self._session.lock, self._lock:
                self._drop()  # also what only waits: it would come first
                self.ask()
