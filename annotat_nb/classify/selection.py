"""Choosing the features that matter."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from annotat_nb.operation import Record


class FeatureSelection(Record):
    """Leave out the features that hardly help to tell the classes apart.

    The importances are those of 50 extremely randomised trees; they sum to 1 over all features.
    """

    title: ClassVar[str] = "Feature selection"

    threshold: float = Field(0.01, ge=0, le=1)
    """Importance below which a feature is left out. Larger values keep fewer features; too large
    a value keeps none, which is refused."""
