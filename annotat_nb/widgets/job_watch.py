"""What runs in the background, on the page: one line of progress, and a word about each end."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psygnal import Signal

from annotat_nb.jobs import ThreadRunner
from annotat_nb.widgets.job_bar import JobBar
from annotat_nb.widgets.loop import Loop, Soon

if TYPE_CHECKING:
    from collections.abc import Iterable

    from annotat_nb.jobs import Job
    from annotat_nb.widgets.message import Message

Done = Callable[[Any], object]
Failed = Callable[[BaseException], object]


@dataclass(frozen=True)
class Watched:
    """A job, and what the page does at its end."""

    job: Job
    done: Done
    failed: Failed


class JobWatch:
    """Follows jobs, whatever runs them, and takes their ends to the page's event loop.

    Parameters
    ----------
    loop
        Where the page is drawn, and where what follows a job is done.
    message
        The line that gives way to the progress, and says how a job ended.
    """

    changed = Signal()
    """Emitted on the loop when a job was begun, went on or ended; drawn is `bar`."""

    def __init__(self, loop: Loop, message: Message) -> None:
        self.bar = JobBar()
        self._message = message
        self._runner = ThreadRunner()
        self._watched: list[Watched] = []
        self._lock = threading.Lock()
        self.looks = 0
        """How often was asked to look since nobody does; 0: all that is over was told."""
        self._look_soon = Soon(loop, self._look)

    @property
    def is_busy(self) -> bool:
        """Whether a job runs, as far as the page knows."""
        return self.bar.job is not None

    def start(
        self,
        name: str,
        work: Callable[[Job], Any],
        done: Done = lambda result: None,
        failed: Failed | None = None,
    ) -> None:
        """Do `work` in the background, after what was started before, and follow it.

        Parameters
        ----------
        name
            What is done, in the user's words: ``"Opening bone.tif"``.
        work
            Called with its job on another thread.
        done, failed
            As for `follow`.
        """
        self.follow(self.submit(name, work), done, failed)

    def submit(self, name: str, work: Callable[[Job], Any]) -> Job:
        """Do `work` in the background, and leave it to the caller to follow it."""
        return self._runner.submit(name, work)

    def follow(
        self,
        job: Job,
        done: Done = lambda result: None,
        failed: Failed | None = None,
    ) -> None:
        """Show how far `job` is, and at its end call one of two functions on the loop.

        Parameters
        ----------
        job
            What runs, or is over already.
        done
            Called with the result.
        failed
            Called with the error; by default it is explained in the message line. A job that was
            cancelled calls neither.
        """
        with self._lock:
            self._watched.append(Watched(job, done, failed or self._message.explain))
        job.changed.connect(self._look_soon.ask)
        self._look_soon.ask()

    def forget(self, jobs: Iterable[Job]) -> None:
        """Say nothing more about `jobs`, which go on all the same."""
        forgotten = set(map(id, jobs))
        with self._lock:
            self._watched = [item for item in self._watched if id(item.job) not in forgotten]
        self._look_soon.ask()

    def close(self) -> None:
        """Stop what was started here, and wait until it has."""
        self._runner.close()

    def _look(self) -> None:
        # One look at a time: without an event loop they come from several threads. None waits for
        # another, as it may hold what the other one needs: who looks already looks again.
        with self._lock:
            self.looks += 1
            if self.looks > 1:
                return
        try:
            while not self._is_seen(self.looks):
                pass
        except BaseException:
            self.looks = 0
            raise

    def _is_seen(self, asked: int) -> bool:
        """Look, and tell whether nobody asked to meanwhile."""
        self._look_once()
        with self._lock:
            is_seen = asked == self.looks
            self.looks = 0 if is_seen else self.looks
            return is_seen

    def _look_once(self) -> None:
        with self._lock:
            over = [item for item in self._watched if item.job.is_over]
            self._watched = [item for item in self._watched if item not in over]
            current = self._watched[0].job if self._watched else None
        is_news = bool(over) or (self.bar.job is None) != (current is None)
        for item in over:
            self._tell_end(item)
        self.bar.show(current)
        if is_news:
            self._message.layout.display = "none" if self.is_busy else ""
            self.changed.emit()

    def _tell_end(self, item: Watched) -> None:
        job = item.job
        try:
            if job.state == "done":
                former = self._message.count
                item.done(job.result())
                if job.notice:
                    said = "" if self._message.count == former else f"{self._message.text}. "
                    self._message.say(f"{said}{job.notice}", "news")
            elif job.state == "cancelled":
                self._message.say(f"{job.name} was cancelled: all is as it was before", "news")
            elif job.error is not None:
                item.failed(job.error)
        except Exception as error:  # noqa: BLE001 - shown, with its trace a click away
            self._message.explain(error)
