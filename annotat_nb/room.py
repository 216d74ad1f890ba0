"""Where large arrays go: into memory while they fit, else onto the disk."""

from __future__ import annotations

import weakref
from math import prod
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from annotat_nb.io.gate import amount, available_memory
from annotat_nb.kernels.heaps import share_heaps

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import DTypeLike

    Create = Callable[[str, tuple[int, ...], np.dtype[Any]], Any]

WORK = 2**28
"""Bytes that are kept free of the budget for what is being computed, but half of it at most."""

PLANES = 8
"""Planes that are read together."""


class NoRoom(MemoryError):
    """An array fits into the memory budget no more, and there is no disk to put it on."""


class Room:
    """Gives new arrays: numpy arrays while they fit into a budget, then arrays on disk.

    Parameters
    ----------
    budget
        Bytes of memory for all arrays together and for what is computed with them; None is half
        of what is free at the moment of asking.
    create
        Makes an array on disk from its name, shape and type; None where there is no disk.

    Examples
    --------
    >>> room = Room(budget=1000)
    >>> label = room.new("label", (10, 5, 5), "uint8")
    >>> label.shape, room.fits(1000)
    ((10, 5, 5), False)
    """

    def __init__(self, budget: float | None = None, create: Create | None = None) -> None:
        share_heaps()  # before the threads begin that will fill it
        self.budget, self._create = budget, create
        self._held, self._lock = 0, Lock()

    def new(self, name: str, shape: tuple[int, ...], dtype: DTypeLike) -> Any:
        """Return an array of zeros, or what reads and is written like one.

        Parameters
        ----------
        name
            What it holds, in words: ``"superpixels"``.
        shape, dtype
            Of the array.

        Raises
        ------
        NoRoom
            If it does not fit into memory and cannot be put on disk.
        """
        kind = np.dtype(dtype)
        nbytes = prod(shape) * kind.itemsize
        if self.fits(nbytes):
            array = np.zeros(shape, kind)
            self.note(array)
            return array
        if self._create is None:
            raise self._no_room(name, nbytes)
        return self._create(name, shape, kind)

    def bring(self, array: Any, name: str) -> Any:
        """Return a copy in memory of an array on disk; where it does not fit, the array itself."""
        if isinstance(array, np.ndarray) or not self.fits(prod(array.shape) * array.dtype.itemsize):
            return array
        found = self.new(name, array.shape, array.dtype)
        for start in range(0, len(found), PLANES):
            found[start : start + PLANES] = array[start : start + PLANES]
        return found

    def note(self, array: Any) -> None:
        """Count an array that somebody else made, if it is in memory, until it is gone."""
        if isinstance(array, np.ndarray):
            with self._lock:
                self._held += array.nbytes
            weakref.finalize(array, self._let_go, array.nbytes).atexit = False

    def fits(self, nbytes: float) -> bool:
        """Tell whether so many bytes more fit into memory."""
        return self._held + nbytes <= self._most

    @property
    def rest(self) -> float | None:
        """The budget of another room that stands beside this one."""
        return None if self.budget is None else max(self.budget - self._held, 0.0)

    @property
    def _most(self) -> float:
        """Bytes that all arrays may take together."""
        budget = self._bytes
        return max(budget - WORK, budget / 2)

    @property
    def _bytes(self) -> float:
        if self.budget is not None:
            return self.budget
        # What the arrays take is not free, but is theirs to take.
        return (available_memory() + self._held) / 2

    def _let_go(self, nbytes: int) -> None:
        with self._lock:
            self._held -= nbytes

    def _no_room(self, name: str, nbytes: int) -> NoRoom:
        left = max(self._most - self._held, 0)
        return NoRoom(
            f"The {name} need {amount(nbytes)}, and {amount(left)} of the memory budget of "
            f"{amount(self._bytes)} are left for them: open the image with a workspace, which "
            "keeps on disk what does not fit, or raise session.memory_budget"
        )
