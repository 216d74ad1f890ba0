"""Features: what a classifier sees at each voxel."""

from annotat_nb.features.bank import device_of, stream
from annotat_nb.features.difference_of_gaussians import DifferenceOfGaussians
from annotat_nb.features.feature import Feature, Radii, to_finite
from annotat_nb.features.gaussian import Gaussian
from annotat_nb.features.identity import Identity
from annotat_nb.features.maximum import Maximum
from annotat_nb.features.mean import Mean
from annotat_nb.features.median import Median
from annotat_nb.features.minimum import Minimum
from annotat_nb.features.sobel import Sobel
from annotat_nb.features.source import Source
from annotat_nb.features.variance import Variance

__all__ = [
    "DifferenceOfGaussians",
    "Feature",
    "Gaussian",
    "Identity",
    "Maximum",
    "Mean",
    "Median",
    "Minimum",
    "Radii",
    "Sobel",
    "Source",
    "Variance",
    "device_of",
    "stream",
    "to_finite",
]
