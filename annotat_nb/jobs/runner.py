"""Run jobs one after another on a thread."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from psygnal import Signal

from annotat_nb.jobs.job import Job

if TYPE_CHECKING:
    from collections.abc import Callable

Result = TypeVar("Result")


class ThreadRunner:
    """One compute thread: jobs queue up, so that parallel kernels never meet each other.

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

    def submit(
        self,
        name: str,
        work: Callable[[Job], Result],
        commit: Callable[[Result], object] = lambda result: result,
    ) -> Job:
        """Run ``commit(work(job))`` in the background and return its job at once."""
        job = Job(name)
        self._executor.submit(self._run, job, work, commit)
        self.started.emit(job)
        return job

    def close(self) -> None:
        """Accept no more jobs and wait for the one that runs."""
        self._executor.shutdown(wait=True, cancel_futures=True)

    @staticmethod
    def _run(job: Job, work: Callable[[Job], Result], commit: Callable[[Result], object]) -> None:
        try:
            job.begin()
            job.report(job.name, 0.0)
            result = commit(work(job))
        except BaseException as error:  # noqa: BLE001 - reported through the job
            job.settle(error=error)
        else:
            job.settle(result)
