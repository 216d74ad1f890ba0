"""How computations tell what they do and how much of it is done."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import TypeVar

Item = TypeVar("Item")

Progress = Callable[[str, float], None]
"""Receives the name of the step and the share of the whole job, 0 to 1, which never falls;
whatever it raises stops the job."""

Report = Callable[[float], None]
"""Receives the share of one step that is done, 0 to 1; whatever it raises stops the job."""


def silent(step: str, share: float) -> None:
    """Report to nobody."""


def part_of(progress: Progress, start: float, stop: float) -> Progress:
    """Return a progress whose 0 to 1 is `start` to `stop` of `progress`.

    Examples
    --------
    >>> part_of(lambda step, share: print(step, share), 0.5, 1.0)("Classifying", 0.5)
    Classifying 0.75
    """

    def report(step: str, share: float) -> None:
        progress(step, _between(start, stop, share))

    return report


def stretch(report: Report | None, start: float, stop: float) -> Report:
    """Return a report whose 0 to 1 is `start` to `stop` of `report`; None: nobody hears it.

    Examples
    --------
    >>> stretch(print, 0.8, 1.0)(0.5)
    0.9
    """

    def report_stretch(share: float) -> None:
        if report is not None:
            report(_between(start, stop, share))

    return report_stretch


def _between(start: float, stop: float, share: float) -> float:
    # What is rounded up beyond the end would be more than the next part begins with.
    return min(stop, start + (stop - start) * share)


def counted(items: Collection[Item], report: Report) -> Iterator[Item]:
    """Yield `items`, and report after each which share of them is done.

    Examples
    --------
    >>> "".join(counted("abcd", print))
    0.25
    0.5
    0.75
    1.0
    'abcd'
    """
    for done, item in enumerate(items, 1):
        yield item
        report(done / len(items))


def share_of(report: Report, part: int, count: int) -> Report:
    """Return a report whose 0 to 1 is the share that one of `count` equal parts has.

    Examples
    --------
    >>> share_of(print, part=1, count=4)(0.5)
    0.375
    """

    def report_part(share: float) -> None:
        report((part + share) / count)

    return report_part
