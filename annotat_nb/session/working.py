"""How the long verbs run: as jobs, one after another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from annotat_nb.jobs import Job, wait_with_bar
from annotat_nb.session.base import SessionBase

if TYPE_CHECKING:
    from collections.abc import Callable


class Working(SessionBase):
    """Long work, waited for or left to itself."""

    def _run(
        self,
        name: str,
        work: Callable[[Job], Any],
        commit: Callable[[Any], None],
        block: bool,
    ) -> Job | None:
        job = self.runner.submit(name, work, commit)
        if not block:
            return job
        wait_with_bar(job)
        return None
