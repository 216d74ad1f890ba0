"""Run jobs one after another on a thread."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from psygnal import Signal

from annotat_nb.jobs.job import Cancelled, Job

if TYPE_CHECKING:
    from collections.abc import Callable

Result = TypeVar("Result")


class ThreadRunner:
    """One compute thread: its jobs queue up, so that each has the memory and all processors.

    Who has another runner works at the same time: kernels of several threads may meet.

    Examples
    --------
    >>> runner = ThreadRunner()
    >>> runner.submit("Double", lambda job: 2 * 21).result()
    42
    """

    started = Signal(Job)
    """Emitted with each job that is submitted."""

    def __init__(self) -> None:
        self._executor = ThreadPoolExecutor(1, "annotat_nb")
        self._jobs: list[Job] = []

    @property
    def current(self) -> Job | None:
        """The job that runs, or waits first in line; None when all are over."""
        return next((job for job in list(self._jobs) if not job.is_over), None)

    def submit(
        self,
        name: str,
        work: Callable[[Job], Result],
        commit: Callable[[Result], object] = lambda result: result,
        *,
        is_quiet: bool = False,
    ) -> Job:
        """Run ``commit(work(job))`` in the background and return its job at once."""
        job = Job(name, is_quiet=is_quiet)
        self._jobs.append(job)
        self._executor.submit(self._run, job, work, commit)
        self.started.emit(job)
        return job

    def cancel_all(self) -> None:
        """Ask all jobs to stop."""
        for job in list(self._jobs):
            job.cancel()

    def close(self) -> None:
        """Cancel all jobs, accept no more, and wait until the one that runs has stopped."""
        self.cancel_all()
        self._executor.shutdown(wait=True, cancel_futures=True)
        for job in self._jobs:
            job.settle(error=Cancelled(f"{job.name} was cancelled"))
        self._jobs = []

    def _run(
        self, job: Job, work: Callable[[Job], Result], commit: Callable[[Result], object]
    ) -> None:
        try:
            job.begin()
            job.report(job.name, 0.0)
            result = commit(work(job))
        except BaseException as error:  # noqa: BLE001 - reported through the job
            job.settle(error=error)
        else:
            job.settle(result)
        self._jobs.remove(job)
