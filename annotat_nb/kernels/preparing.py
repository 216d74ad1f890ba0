"""All kernels compiled in the background, so that nobody's work is held up by it."""

from __future__ import annotations

import atexit
import threading
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING

from psygnal import Signal

if TYPE_CHECKING:
    from collections.abc import Callable

POLL = 0.2
"""Seconds between two looks at whether it is over."""
PATIENCE = 10.0
"""Seconds that the end of the process waits for the kernel that is being compiled."""


class Preparation:
    """The compilation of every kernel, on a thread of its own that ends with the process."""

    changed = Signal()
    """Emitted on that thread whenever another kernel is ready, and at the end."""

    def __init__(self) -> None:
        self.left = 0
        """Kernels that are not ready yet; 0 before it has begun and after it is over."""
        self.count = 0
        """Kernels that there are; 0 before it has begun."""
        self._thread: threading.Thread | None = None
        self._over, self._stop = threading.Event(), threading.Event()
        self._lock = threading.Lock()

    @property
    def is_running(self) -> bool:
        """Whether it has begun and is not over."""
        return self._thread is not None and not self._over.is_set()

    @property
    def share(self) -> float:
        """How many of the kernels are ready, 0 to 1."""
        return 1 - self.left / self.count if self.count else 0.0

    def begin(self) -> None:
        """Start it and return at once; only the first call in a process does anything."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, name="annotat_nb-compile", daemon=True
                )
                self._thread.start()
                atexit.register(self.stop)

    def wait(self, report: Callable[[int], object] = lambda left: None) -> None:
        """Wait until it is over, if it runs.

        Parameters
        ----------
        report
            Told a few times a second how many kernels are left; what it raises ends the wait.
        """
        while self.is_running and not self._over.wait(POLL):
            report(self.left)

    def stop(self) -> None:
        """End it after the kernel that is being compiled, and wait for that.

        A process that ends while code is being made would end in a crash.
        """
        self._stop.set()
        if self._thread is not None:
            self._thread.join(PATIENCE)

    def _run(self) -> None:
        from annotat_nb.kernels.compiling import all_kernels

        try:
            kernels = all_kernels()
            self.count = self.left = len(kernels)
            for each in kernels:
                if self._stop.is_set():
                    return
                with suppress(Exception):  # whoever calls it is told why
                    each.compile()
                self.left -= 1
                self.changed.emit()
        finally:
            self.left = 0
            self._over.set()
            self.changed.emit()


@cache
def preparation() -> Preparation:
    """Return the one of this process, which all its sessions share."""
    return Preparation()
