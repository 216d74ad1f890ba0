"""Writes what happens in a session to its workspace, and says truthfully how that went."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

from psygnal import Signal

from annotat_nb.store import Journal, JournalError, Workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

VIEW_DELAY = 1.0
"""Seconds after which a changed view is written: scrolling changes it many times a second."""


class SessionClosed(RuntimeError):
    """The session was closed, or its workspace was opened again."""


class Recorder:
    """The pen that keeps the journal; without a workspace it keeps nothing."""

    changed = Signal()
    """Emitted when something was saved, or could not be."""

    def __init__(self, workspace: Workspace | None) -> None:
        self.workspace = workspace
        self.problem = ""
        """Why the newest actions are not on disk; empty while all are."""
        self._view: dict[str, Any] | None = None
        self._timer: threading.Timer | None = None
        self._lock = threading.Lock()

    @property
    def state(self) -> Literal["memory", "saved", "not saved"]:
        """Where the work is: in memory only, on disk, or in memory because the disk failed."""
        if self.workspace is None:
            return "memory"
        return "not saved" if self.problem else "saved"

    def check_open(self) -> None:
        """Refuse to go on in a session that no longer owns its workspace."""
        if self.workspace is not None and not self.workspace.is_open:
            raise SessionClosed(
                f"{self.workspace.path.name}: this session was closed or opened again; "
                "use the newer session, or annotat_nb.open(...)"
            )

    def record(self, kind: str, payload: bytes | dict[str, Any] = b"") -> None:
        """Append one action to the journal; a failing disk is reported, never raised."""
        if self.workspace is None:
            return
        raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        self._try(lambda journal: journal.append(kind, raw))

    @contextmanager
    def guard(self) -> Iterator[None]:
        """Report a failing disk instead of losing what is in memory."""
        try:
            yield
        except OSError as error:
            self._note(error)
            self.changed.emit()

    def retry(self) -> None:
        """Try again to write what could not be written."""
        self._try(lambda journal: journal.flush())

    def record_view(self, view: dict[str, Any]) -> None:
        """Remember what is shown, a moment later."""
        if self.workspace is None:
            return
        with self._lock:
            self._view = view
            if self._timer is None:
                self._timer = threading.Timer(VIEW_DELAY, self.save_view)
                self._timer.daemon = True
                self._timer.start()

    def save_view(self) -> None:
        """Write the view now."""
        with self._lock:
            view, self._view = self._view, None
            if self._timer:
                self._timer.cancel()
            self._timer = None
        if view is not None and self.workspace is not None and self.workspace.is_open:
            try:
                self.workspace.save_view(view)
            except OSError as error:
                self._note(error)

    def close(self) -> None:
        """Write what is left and give the workspace back."""
        self.save_view()
        if self.workspace is not None:
            self.workspace.close()

    def _try(self, write: Callable[[Journal], None]) -> None:
        if self.workspace is None:
            return
        try:
            write(self.workspace.journal)
            self.problem = ""
        except JournalError as error:
            self._note(error)
        self.changed.emit()

    def _note(self, error: OSError) -> None:
        folder = self.workspace.path.name if self.workspace else ""
        self.problem = (
            f"{folder}: cannot be written ({error.strerror}); free some space, then go on: "
            "your strokes are kept in memory and are tried again"
        )
