"""All kernels compiled in the background, so that nobody's work is held up by it.

Processes of their own compile them and keep them on disk, from where this one takes them: a
thread of it would hold up the page for as long as Python infers types, which is half a minute.
"""

from __future__ import annotations

import atexit
import os
import subprocess
import sys
import threading
from contextlib import suppress
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from psygnal import Signal

from annotat_nb.kernels.threads import processors

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from annotat_nb.kernels.compiling import Kernel

POLITENESS = 10
"""How far they stand back behind whatever else the machine does, as in `os.nice`."""
POLL = 0.2
"""Seconds between two looks at whether it is over."""
PATIENCE = 10.0
"""Seconds that the end of the process waits for the kernel that is being compiled."""


class Preparation:
    """The compilation of every kernel, which ends with the process."""

    changed = Signal()
    """Emitted on a thread of its own whenever another kernel is ready, and at the end."""

    def __init__(self) -> None:
        self.left = 0
        """Kernels that are not ready yet; 0 before it has begun and after it is over."""
        self.count = 0
        """Kernels that there are; 0 before it has begun."""
        self._thread: threading.Thread | None = None
        self._over, self._stop = threading.Event(), threading.Event()
        self._helpers: list[subprocess.Popen[bytes]] = []
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

    def wait(self, report: Callable[[float], object] = lambda share: None) -> None:
        """Wait until it is over, if it runs.

        Parameters
        ----------
        report
            Told a few times a second what share is ready; what it raises ends the wait.
        """
        while self.is_running and not self._over.wait(POLL):
            report(self.share)

    def stop(self) -> None:
        """End it after the kernel that is being compiled, and wait for that.

        A process that ends while code is being made would end in a crash.
        """
        self._stop.set()
        self._stop_helpers()
        if self._thread is not None:
            self._thread.join(PATIENCE)

    def _run(self) -> None:
        from annotat_nb.kernels.compiling import all_kernels

        try:
            kernels = all_kernels()
            self.count = self.left = len(kernels)
            for done, each in enumerate(kernels):
                if self._stop.is_set():
                    return
                with suppress(Exception):  # whoever calls it is told why
                    each.compile()
                self._note(min(self.left, len(kernels) - done - 1))
                if each.was_compiled and not self._helpers:  # so others are missing, too
                    self._get_help(kernels[done + 1 :])
        finally:
            self.left = 0
            self._over.set()
            self.changed.emit()

    def _note(self, left: int) -> None:
        self.left = left
        self.changed.emit()

    def _stop_helpers(self) -> None:
        for helper in self._helpers:
            helper.terminate()

    def _get_help(self, kernels: Sequence[Kernel[Any, Any]]) -> None:
        """Have `kernels` compiled by other processes, and wait for them.

        Two begin at the two ends; where they meet, each finds what the other has kept.
        """
        orders = [kernels, kernels[::-1]][: processors()]
        reading, writing = os.pipe()
        with os.fdopen(reading, "rb") as told:
            with suppress(OSError), os.fdopen(writing, "wb") as to_us:
                self._helpers = [_helper(order, to_us) for order in orders]
            if self._stop.is_set():
                self._stop_helpers()
            ready = set()
            for name in told:  # ends when the last of them has ended
                ready.add(name)
                self._note(len(kernels) - len(ready))
        for helper in self._helpers:
            helper.wait()


@cache
def preparation() -> Preparation:
    """Return the one of this process, which all its sessions share."""
    return Preparation()


def _helper(kernels: Sequence[Kernel[Any, Any]], told: Any) -> subprocess.Popen[bytes]:
    """Start a process that compiles `kernels` and writes the name of each."""
    names = [f"{each.__module__}.{each.__name__}" for each in kernels]
    return subprocess.Popen(
        [sys.executable, "-m", __name__, *names],
        stdin=subprocess.DEVNULL,
        stdout=told,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONSAFEPATH": "1"},  # files of the user are no modules of ours
    )


def _help(names: Sequence[str]) -> None:
    with suppress(AttributeError, OSError):  # not every system knows it
        os.nice(POLITENESS)
    for name in names:
        module, kernel = name.rsplit(".", 1)
        with suppress(Exception):
            getattr(import_module(module), kernel).compile()
        sys.stdout.write(f"{name}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    _help(sys.argv[1:])
