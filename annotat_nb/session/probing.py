"""What is at one voxel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from annotat_nb.classify import uncertainty_of

if TYPE_CHECKING:
    from annotat_nb.classify import Prediction

Voxel = tuple[int, int, int]


@dataclass(frozen=True)
class Probe:
    """What is at one voxel."""

    value: Any
    label: int | None
    """Class that is shown, of a preview or else of the segmentation; None without one."""
    probability: float | None
    """Of that class; None when the segmentation was loaded or reopened."""
    uncertainty: float | None = None
    """From 0, sure, to 1, a tie of two classes; None as for the probability."""


def chances_at(voxel: Voxel, label: int, found: Prediction) -> tuple[float | None, float]:
    """Return how probable class `label` was at `voxel`, if it was known, and the uncertainty."""
    shares = found.probabilities[(slice(None), *voxel)]
    place = np.flatnonzero(found.classes == label)
    probability = float(shares[place[0]]) if place.size else None
    return probability, float(uncertainty_of(shares))
