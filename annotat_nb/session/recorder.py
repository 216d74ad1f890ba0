"""Writes what happens in a session to its workspace, and says truthfully how that went."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

from psygnal import Signal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from annotat_nb.store import Workspace

VIEW_DELAY = 1.0
"""Seconds after which a changed view is written: scrolling changes it many times a second."""
ACTIONS, VIEW = "actions", "view"
QUICK = (ACTIONS, VIEW)
"""Topics that are written sooner than the page could say so."""
RETRY_DELAY = 5.0
"""Seconds after which what the disk refused is tried again."""
LOOK_ONLY = "This image is open elsewhere: here it can be looked at, not changed"


class SessionClosed(RuntimeError):
    """The session was closed, or its workspace was opened again."""


class ReadOnly(SessionClosed):
    """The session only shows what another process works on."""


State = Literal["memory", "saved", "saving", "not saved", "read-only"]


class Recorder:
    """The pen that keeps the journal; without a workspace it keeps nothing."""

    changed = Signal()
    """Emitted when something was saved, or could not be."""

    def __init__(self, workspace: Workspace | None) -> None:
        self.workspace = workspace
        self._problems: dict[str, str] = {}
        self._again: dict[str, Callable[[], object]] = {}
        self._view: dict[str, Any] | None = None
        self._timers: dict[str, threading.Timer] = {}
        self._lock = threading.RLock()
        self._is_closed = False
        self._writing = 0

    @property
    def problem(self) -> str:
        """Why something is not on disk; empty while all is."""
        return next(iter(self._problems.values()), "")

    @property
    def state(self) -> State:
        """Where the work is.

        In memory only, saved on disk, on its way there, or in memory because the disk failed;
        "read-only" where another process works on it.
        """
        if self.workspace is None:
            return "memory"
        if self.workspace.is_read_only:
            return "read-only"
        if self._problems:
            return "not saved"
        return "saving" if self._writing else "saved"

    @property
    def obstacle(self) -> str | None:
        """Why nothing can be changed here; None while it can."""
        return LOOK_ONLY if self.state == "read-only" else None

    @property
    def is_open(self) -> bool:
        """Whether the session may go on: its workspace is its own, or it has none."""
        return not self._is_closed and (self.workspace is None or self.workspace.is_open)

    def check_open(self) -> None:
        """Refuse to go on in a session that does not own its workspace, or no longer does."""
        if not self.is_open:
            if self.workspace is not None and self.workspace.is_read_only:
                raise ReadOnly(
                    f"{self.workspace.path.name}: can only be looked at, as it is open by "
                    f"{self.workspace.owner}; close it there, then open it again here"
                )
            name = f"{self.workspace.path.name}: " if self.workspace else ""
            raise SessionClosed(
                f"{name}this session was closed or opened again; "
                "use the newer session, or annotat_nb.open(...)"
            )

    def record(self, kind: str, payload: bytes | dict[str, Any] = b"") -> bool:
        """Append one action to the journal and tell whether the disk has it.

        A failing disk is reported, never raised: the action is tried again.
        """
        self.check_open()
        if self.workspace is None:
            return False
        raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        self.workspace.journal.queue(kind, raw)
        return self.attempt(ACTIONS, self.workspace.journal.flush)

    def attempt(self, topic: str, write: Callable[[], object]) -> bool:
        """Call `write`, tell whether it went well, and if not try again later.

        Parameters
        ----------
        topic
            What is written: another attempt at the same replaces this one.
        write
            Writes it; may be called several times.
        """
        try:
            with self._saving(topic):
                write()
        except OSError as error:
            self._problems[topic] = self._sentence(error)
            self._again[topic] = write
            self._later("retry", RETRY_DELAY, self.retry)
        else:
            self._problems.pop(topic, None)
            self._again.pop(topic, None)
        self.changed.emit()
        return topic not in self._problems

    @contextmanager
    def _saving(self, topic: str) -> Iterator[None]:
        if topic in QUICK:
            yield
            return
        self._writing += 1
        self.changed.emit()
        try:
            yield
        finally:
            self._writing -= 1

    def retry(self) -> None:
        """Try again to write what could not be written."""
        self._stop("retry")
        if self.is_open:
            for topic, write in list(self._again.items()):
                self.attempt(topic, write)

    def record_view(self, view: dict[str, Any]) -> None:
        """Remember what is shown, a moment later."""
        if self.workspace is not None:
            self._view = view
            self._later("view", VIEW_DELAY, self.save_view)

    def save_view(self) -> None:
        """Write the view now."""
        self._stop("view")
        view, self._view = self._view, None
        workspace = self.workspace
        if view is not None and workspace is not None and workspace.is_open:
            self.attempt(VIEW, lambda: workspace.save_view(view))

    def give_up(self) -> None:
        """Write what is left, and record nothing any more."""
        self.save_view()
        self.retry()
        self._stop("retry")
        self._is_closed = True

    def close(self) -> None:
        """Write what is left and give the workspace back."""
        self.give_up()
        if self.workspace is not None:
            self.workspace.close()

    def _later(self, name: str, seconds: float, call: Callable[[], object]) -> None:
        with self._lock:
            if name not in self._timers:
                timer = threading.Timer(seconds, call)
                timer.daemon = True
                self._timers[name] = timer
                timer.start()

    def _stop(self, name: str) -> None:
        with self._lock:
            timer = self._timers.pop(name, None)
        if timer is not None:
            timer.cancel()

    def _sentence(self, error: OSError) -> str:
        folder = self.workspace.path.name if self.workspace else ""
        return (
            f"{folder}: cannot be written ({error.strerror or error}); free some space: nothing "
            "is lost, it is kept in memory and tried again"
        )
