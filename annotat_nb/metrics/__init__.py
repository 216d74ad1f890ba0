"""Measures of how good a result is."""

from annotat_nb.metrics.superpixels import achievable_accuracy, boundary_recall

__all__ = ["achievable_accuracy", "boundary_recall"]
