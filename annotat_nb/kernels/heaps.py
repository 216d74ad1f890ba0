"""How the memory of many threads is kept."""

from __future__ import annotations

import ctypes
import os
from contextlib import suppress
from functools import cache

HEAPS = 2
"""Heaps of this process, whatever the number of its threads."""
_ARENA_MAX = -8  # M_ARENA_MAX of malloc.h


@cache
def share_heaps() -> None:
    """Let all threads of this process share a few heaps, where the C library is that of GNU.

    By itself it gives up to eight heaps to each processor, and each keeps what was once needed in
    it: threads that compute features leave several times the memory behind that they take at any
    moment. The environment variable ``MALLOC_ARENA_MAX`` goes before.
    """
    if "MALLOC_ARENA_MAX" not in os.environ:
        with suppress(OSError, AttributeError, TypeError):  # another system, another C library
            ctypes.CDLL(None).mallopt(_ARENA_MAX, HEAPS)
