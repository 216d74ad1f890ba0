"""How the long verbs run: as jobs, one after another."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from annotat_nb.jobs import Job, wait_with_bar
from annotat_nb.kernels.preparing import preparation
from annotat_nb.session.base import SessionBase

if TYPE_CHECKING:
    from collections.abc import Callable

Result = TypeVar("Result")
PREPARING = "Preparing fast filters"
"""The step of a job that waits until all kernels are compiled."""


class Working(SessionBase):
    """Long work, waited for or left to itself."""

    def _run(
        self,
        name: str,
        work: Callable[[Job], Any],
        commit: Callable[[Any], None],
        block: bool,
    ) -> Job | None:
        job = self._submit(name, work, commit)
        if not block:
            return job
        wait_with_bar(job)
        return None

    def _submit(
        self, name: str, work: Callable[[Job], Result], commit: Callable[[Result], object]
    ) -> Job:
        with self.lock:
            return self.runner.submit(name, work, commit)


def _tell_preparing(job: Job, share: float) -> None:
    job.start_clock()  # most of the kernels were ready at once: its pace says nothing
    job.report(PREPARING, share)


def once_compiled(work: Callable[[Job], Result]) -> Callable[[Job], Result]:
    """Return `work` that waits for the kernels it needs, where these are being compiled.

    They are when the Annotator was opened for the first time; else nothing waits.
    """

    def begin(job: Job) -> Result:
        preparation().wait(partial(_tell_preparing, job))
        job.start_clock()
        return work(job)

    return begin
