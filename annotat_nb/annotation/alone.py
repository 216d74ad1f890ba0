"""One thread at a time in what reads or changes several things that belong together."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager


class Locked(Protocol):
    """What has a lock."""

    _lock: AbstractContextManager[Any]


Owner = TypeVar("Owner", bound=Locked)
Some = ParamSpec("Some")
Given = TypeVar("Given")


def alone(
    verb: Callable[Concatenate[Owner, Some], Given],
) -> Callable[Concatenate[Owner, Some], Given]:
    """Hold the lock of the object while `verb` is at work."""

    @wraps(verb)
    def locked(self: Owner, /, *arguments: Some.args, **named: Some.kwargs) -> Given:
        with self._lock:
            return verb(self, *arguments, **named)

    return locked
