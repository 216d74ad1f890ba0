"""How work is spread over the processors that this process may use."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor, as_completed
from functools import cache
from itertools import pairwise
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING

from annotat_nb.kernels.heaps import share_heaps

if TYPE_CHECKING:
    from collections.abc import Callable

PARTS_PER_THREAD = 4
"""Parts for each thread, so that one that is slow does not keep the others waiting long."""
PLANES = 4
"""Planes whose values are summed up together, so that sums do not depend on who does it."""


def over(count: int, work: Callable[[int, int], object], *, threads: int | None = None) -> None:
    """Call ``work(start, stop)`` for ranges that together cover ``range(count)``.

    The ranges run at once on several threads, so `work` must release the interpreter, write
    only what belongs to its range, and give the same whatever the ranges are. Parallel loops of
    numba itself are not used: their threads abort the process when two jobs meet in them.

    Parameters
    ----------
    count
        Number of items, such as planes.
    work
        Does the items from `start` up to, not including, `stop`.
    threads
        How many at once; None takes all processors that this process may use.

    Examples
    --------
    >>> done = [0] * 10
    >>> over(10, lambda start, stop: done.__setitem__(slice(start, stop), [1] * (stop - start)))
    >>> sum(done)
    10
    """
    threads = processors() if threads is None else threads
    parts = min(count, threads * PARTS_PER_THREAD)
    if threads == 1 or parts <= 1:
        work(0, count)
        return
    edges = [count * part // parts for part in range(parts + 1)]
    _share(list(pairwise(edges)), work, threads)


def _share(ranges: list[tuple[int, int]], work: Callable[[int, int], object], threads: int) -> None:
    """Do all of `ranges`, whoever is free the next one, until one fails."""
    share_heaps()
    waiting = iter(ranges)
    failures: list[BaseException] = []

    def run() -> None:
        try:
            for start, stop in waiting:
                if failures:
                    return
                work(start, stop)
        except BaseException as error:  # noqa: BLE001 - raised where the caller is
            failures.append(error)

    # The caller works too: nobody waits for helpers that are busy elsewhere, or gone after a fork.
    helpers = [_helpers().submit(run) for _ in range(threads - 1)]
    run()
    for helper in helpers:
        if not helper.cancel():
            helper.result()
    if failures:
        raise failures[0]


@cache
def _helpers() -> ThreadPoolExecutor:
    """Threads that stay: starting one takes as long as filtering a few planes."""
    return ThreadPoolExecutor(processors(), "annotat_nb-kernel")


def each(
    count: int,
    work: Callable[[int], object],
    *,
    done: Callable[[float], object] | None = None,
    threads: int | None = None,
) -> None:
    """Call ``work(item)`` for every item of ``range(count)``, and tell the caller how far it is.

    Unlike with `over`, a thread takes one item after the other, and `done` hears of each, on the
    thread that called. When it raises, or `work` does, no further item is begun.

    Parameters
    ----------
    count
        Number of items, such as tiles.
    work
        Does one item. It must release the interpreter, write only what belongs to its item, and
        give the same whatever came before.
    done
        Receives the share of items that are done, 0 to 1.
    threads
        How many at once; None takes all processors that this process may use.

    Examples
    --------
    >>> each(4, lambda item: None, done=lambda share: print(share), threads=1)
    0.25
    0.5
    0.75
    1.0
    """
    threads = min(processors() if threads is None else threads, count)
    report = done or (lambda share: None)
    if threads <= 1:
        for item in range(count):
            work(item)
            report((item + 1) / count)
        return
    share_heaps()
    with ThreadPoolExecutor(threads, "annotat_nb-kernel") as pool:
        try:
            begun = [pool.submit(work, item) for item in range(count)]
            for number, finished in enumerate(as_completed(begun), 1):
                finished.result()
                report(number / count)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def processors(limit: Path = Path("/sys/fs/cgroup/cpu.max")) -> int:
    """Return how many processors this process may use: on a hub, fewer than the machine has.

    Parameters
    ----------
    limit
        Where the container states its share: microseconds of work, and in which time.

    Examples
    --------
    >>> processors() >= 1
    True
    """
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    try:
        quota, period = limit.read_text().split()
        share = ceil(int(quota) / int(period))
    except (OSError, ValueError):  # no limit, or none that can be read
        return count or 1
    return max(1, min(count or 1, share))
