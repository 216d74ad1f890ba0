"""The line that says what is being computed, how far it is, and how to stop it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ipywidgets as w

from annotat_nb.widgets.button import button
from annotat_nb.widgets.text import Line

if TYPE_CHECKING:
    from annotat_nb.jobs import Job


class JobBar(w.HBox):  # type: ignore[misc]  # ipywidgets is untyped
    """Progress of the running job; takes no room while nothing runs."""

    def __init__(self) -> None:
        self.bar = w.FloatProgress(0, min=0, max=1)
        self.text = Line(tone="silent")
        self.cancel = button("Cancel", self._cancel, "Stop; what was there before stays")
        self._job: Job | None = None
        super().__init__([self.bar, self.text, self.cancel])
        self.add_class("annotat-job")
        self.layout.display = "none"

    @property
    def job(self) -> Job | None:
        """The job that is shown; None when none runs."""
        return self._job

    def show(self, job: Job | None) -> None:
        """Show how far `job` is; None hides the line."""
        self._job = job
        self.layout.display = "none" if job is None else ""
        if job is not None:
            self.bar.value, self.text.value = job.share, describe(job)

    def _cancel(self) -> None:
        if self._job is not None:
            self._job.cancel()
            self.text.value = f"Stopping: {self._job.step or self._job.name}"


def describe(job: Job) -> str:
    """Say what `job` is doing, how much is done and how long it will take."""
    left = job.seconds_left
    parts = [job.step or f"{job.name}: waiting", f"{job.share:.0%}"]
    return " · ".join([*parts, f"{left:.0f} s left"] if left is not None else parts)
