"""Wait for a job where a script or a notebook cell would block."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from annotat_nb.jobs.job import Job

QUICK = 0.5
"""Seconds below which no progress bar is worth showing."""


def wait_with_bar(job: Job) -> Any:
    """Show a progress bar until `job` ends, and return its result; Ctrl-C cancels it.

    What a user should know of how it was done is a warning.
    """
    try:
        if not job.wait(QUICK):
            _show(job)
    except KeyboardInterrupt:
        job.cancel()
        job.wait()
        raise
    result = job.result()
    if job.notice:
        warnings.warn(job.notice, stacklevel=3)
    return result


def _show(job: Job) -> None:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    is_seen = console.is_terminal or console.is_jupyter  # a log file wants no bars, nor their ends
    with Progress(*columns, transient=True, console=console, disable=not is_seen) as bar:
        task = bar.add_task(job.name, total=1.0)
        while not job.wait(0.1):
            bar.update(task, description=job.step or job.name, completed=job.share)
