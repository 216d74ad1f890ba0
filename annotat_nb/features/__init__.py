"""Features: what a classifier sees at each voxel."""

from annotat_nb.features.feature import Feature, Radii

__all__ = ["Feature", "Radii"]
