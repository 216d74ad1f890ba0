"""Opening an image in the background, one at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from annotat_nb.widgets.dialogs import IMAGES
from annotat_nb.widgets.opening import WORKSPACE, ask_dataset, session_at
from annotat_nb.widgets.text import inert

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from annotat_nb.jobs import Job
    from annotat_nb.session import Session
    from annotat_nb.widgets.dialogs import Dialogs, Failed
    from annotat_nb.widgets.job_watch import JobWatch


class Opener:
    """Makes sessions of the files that the user chooses, while the page goes on.

    Parameters
    ----------
    dialogs
        Where is asked what to open, and what the file leaves open.
    jobs
        Does it in the background.
    take
        Called with the session, on the page's event loop.
    current
        Tells the session that is shown, which is not to be opened over again: that would take its
        workspace away from it.
    """

    def __init__(
        self,
        dialogs: Dialogs,
        jobs: JobWatch,
        take: Callable[[Session], object],
        current: Callable[[], Session | None],
    ) -> None:
        self._dialogs, self._jobs = dialogs, jobs
        self._take, self._current = take, current
        self._latest: tuple[Path, Job] | None = None

    @property
    def path(self) -> Path | None:
        """What is being opened; None while nothing is."""
        return None if self._latest is None or self._latest[1].is_over else self._latest[0]

    @property
    def obstacle(self) -> str | None:
        """Why nothing else can be opened just now; None: nothing is in the way."""
        path = self.path
        if path is None:
            return None
        return f"{inert(path.name)} is being opened: wait for it, or cancel it first"

    def ask(self) -> None:
        """Ask for an image or a workspace, and open it."""
        self._dialogs.open_image("Open image", self._begin, (*IMAGES, WORKSPACE))

    def open(self, path: Path, how: dict[str, Any]) -> None:
        """Open the image or workspace at `path`, with keywords of `annotat_nb.read`."""
        self._dialogs.begin(path, how, self._begin)

    def _begin(self, path: Path, how: dict[str, Any], failed: Failed) -> None:
        if (reason := self.obstacle) is not None:
            raise ValueError(reason)
        if is_session_on(self._current(), path, how):
            raise ValueError(f"{inert(path.name)} is open already")

        def work(job: Job) -> Session:
            ask_dataset(path, how)
            return session_at(path, how, job.report)

        job = self._jobs.submit(f"Opening {inert(path.name)}", work)
        self._latest = path, job  # known before anybody looks
        self._jobs.follow(job, self._take, failed)


def is_session_on(session: Session | None, path: Path, how: dict[str, Any]) -> bool:
    """Whether `session` works on the image, or in the workspace, at `path`."""
    if session is None or session.recorder.state == "read-only":
        return False
    workspace, volume = session.recorder.workspace, session.volume
    if workspace is not None and workspace.path == path.resolve():
        return True
    return (volume.source, volume.how) == (path, how)
