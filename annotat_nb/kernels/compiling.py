"""Compile the kernels from the table of their signatures, never at import.

Numbers that a kernel reads from its module are compiled into it, and what is kept on disk is made
anew only when the file of the kernel itself changes. So they are defined there, and whoever else
needs them imports them from there, as the kernels for graphics cards do.
"""

from __future__ import annotations

import threading
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
R = TypeVar("R")

KERNELS: list[Kernel[Any, Any]] = []
"""All kernels of the modules that have been imported."""


def kernel(
    *signatures: tuple[str, ...], fastmath: bool | set[str] = False
) -> Callable[[Callable[P, R]], Kernel[P, R]]:
    """Make a function a kernel: compiled once for each signature, when it is first called.

    Parameters
    ----------
    signatures
        The types of the arguments as numba writes them, such as ``"f4[:,:,::1]"``; ``const``
        before an array type lets arrays through that must not be written.
    fastmath
        As in `numba.njit`.
    """

    def wrap(function: Callable[P, R]) -> Kernel[P, R]:
        return Kernel(function, signatures, fastmath)

    return wrap


def helper(function: Callable[P, R]) -> Callable[P, R]:
    """Make a function one that kernels of the same file call; it becomes part of them."""
    from numba import njit

    wrapped: Callable[P, R] = njit(function, error_model="numpy")
    return wrapped


class Kernel(Generic[P, R]):
    """A function that numba compiles for declared types only, and keeps compiled on disk.

    Calling it with other types is an error instead of another compilation: a wait of seconds
    in the middle of the user's work would be one that nobody foresaw.
    """

    def __init__(
        self,
        function: Callable[P, R],
        signatures: tuple[tuple[str, ...], ...],
        fastmath: bool | set[str],
    ) -> None:
        self.__doc__, self.__name__ = function.__doc__, function.__name__
        self.__module__ = function.__module__
        self._signatures = signatures
        self._dispatcher = _dispatcher(function, fastmath)
        self._lock = threading.Lock()
        self._ready = threading.Event()
        KERNELS.append(self)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        self.compile()
        result: R = self._dispatcher(*args, **kwargs)
        return result

    @property
    def was_compiled(self) -> bool:
        """Whether this process had to compile any, and kept that on disk."""
        stats = self._dispatcher.stats
        return stats.cache_path is not None and bool(stats.cache_misses)

    def compile(self) -> None:
        """Compile every signature, or load it from the disk."""
        if self._ready.is_set():
            return
        with self._lock:
            if self._ready.is_set():
                return
            for signature in self._signatures:
                self._dispatcher.compile(tuple(map(_type, signature)))
            self._dispatcher.disable_compile()
            self._ready.set()


def all_kernels() -> list[Kernel[Any, Any]]:
    """Return every kernel that there is."""
    from annotat_nb.kernels import cpu

    for module in iter_modules(cpu.__path__):
        import_module(f"{cpu.__name__}.{module.name}")
    return list(KERNELS)


def _dispatcher(function: Callable[..., Any], fastmath: bool | set[str]) -> Any:
    from numba import njit

    options = {"nogil": True, "fastmath": fastmath, "error_model": "numpy"}
    try:
        return njit(function, cache=True, **options)
    except RuntimeError:  # neither the package nor the user's cache folder can be written
        return njit(function, **options)


def _type(text: str) -> Any:
    from numba import types
    from numba.core import sigutils

    name, is_const = text.removeprefix("const "), text.startswith("const ")
    (found,), _ = sigutils.normalize_signature(f"({name},)")
    return types.Array(found.dtype, found.ndim, found.layout, readonly=True) if is_const else found
