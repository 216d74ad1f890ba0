"""Features that were computed, remembered by what they were computed with."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from annotat_nb.classify.progress import Progress, Report, part_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from annotat_nb.features import Feature
    from annotat_nb.operation import Array


@dataclass
class Table:
    """The columns of one feature for those samples that were asked for so far."""

    samples: Array
    """Superpixel ids or flat voxel indices, ascending."""
    rows: Array
    """float32, (samples, columns)."""

    @classmethod
    def empty(cls, columns: int) -> Table:
        """Return a table of `columns` columns without samples."""
        return cls(np.empty(0, np.int64), np.empty((0, columns), np.float32))

    def missing(self, samples: Array) -> Array:
        """Return which of `samples` are not in the table, ascending."""
        return np.setdiff1d(samples, self.samples)

    def extend(self, samples: Array, rows: Array) -> None:
        """Add the rows of samples that are not in the table."""
        merged = np.concatenate([self.samples, samples])
        order = np.argsort(merged)
        self.samples, self.rows = merged[order], np.concatenate([self.rows, rows])[order]

    def take(self, samples: Array) -> Array:
        """Return the rows of `samples`, all of which are in the table."""
        rows: Array = self.rows[np.searchsorted(self.samples, samples)]
        return rows


def gather(
    features: Sequence[Feature],
    columns: Callable[[Feature, Report], Array],
    progress: Progress,
) -> Array:
    """Put the columns of several features side by side.

    Parameters
    ----------
    features
        The features, in order.
    columns
        Gives the columns of one feature, (samples, columns); it is handed what to report its
        share of the work to.
    progress
        Receives the step and the share of all features.
    """
    weights = np.array([len(feature.channels()) for feature in features])
    ends = np.cumsum(weights) / weights.sum()
    blocks = []
    for feature, start, stop in zip(features, [0.0, *ends[:-1]], ends, strict=True):
        part = part_of(progress, float(start), float(stop))
        report = partial(part, f"Computing {feature.title}")
        report(0.0)
        blocks.append(columns(feature, report))
        report(1.0)
    return np.concatenate(blocks, axis=1)
