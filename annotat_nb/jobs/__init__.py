"""Long work: observable, cancellable, off the kernel's event loop."""

from annotat_nb.jobs.console import wait_with_bar
from annotat_nb.jobs.job import Cancelled, Job, State
from annotat_nb.jobs.runner import ThreadRunner

__all__ = ["Cancelled", "Job", "State", "ThreadRunner", "wait_with_bar"]
