"""What every classifier has in common."""

from __future__ import annotations

import os
from abc import abstractmethod
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from annotat_nb.operation import Record

if TYPE_CHECKING:
    from annotat_nb.classify.progress import Report
    from annotat_nb.operation import Array


class Predictor(Protocol):
    """A classifier that has learnt."""

    def predict_proba(self, rows: Array, report: Report, /) -> Array:
        """Return the probability of each class, (rows, classes), float32, summing to 1."""


class Classifier(Record):
    """The parameters of a method that learns classes from examples."""

    @abstractmethod
    def fit(
        self, rows: Array, targets: Array, /, *, weights: Array, seed: int, progress: Report
    ) -> Predictor:
        """Learn from float32 `rows`, (samples, features), and their class ids, (samples,).

        A sample of weight 2 counts like two samples. The result depends on the arguments alone,
        never on the number of processors.
        """


def spare_processors() -> int:
    """Return how many threads may work so that one processor stays free for the user."""
    return max(1, processors() - 1)


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
