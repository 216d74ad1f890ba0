"""Features: what a classifier sees at each voxel."""

from annotat_nb.features.bank import device_of, devices, stream
from annotat_nb.features.difference_of_gaussians import DifferenceOfGaussians
from annotat_nb.features.feature import Feature, Radii, to_finite
from annotat_nb.features.gabor import Gabor
from annotat_nb.features.gaussian import Gaussian
from annotat_nb.features.gradient_magnitude import GradientMagnitude
from annotat_nb.features.hessian_eigenvalues import HessianEigenvalues
from annotat_nb.features.identity import Identity
from annotat_nb.features.laplacian_of_gaussian import LaplacianOfGaussian
from annotat_nb.features.local_binary_pattern import LocalBinaryPattern
from annotat_nb.features.maximum import Maximum
from annotat_nb.features.mean import Mean
from annotat_nb.features.median import Median
from annotat_nb.features.membrane_projections import MembraneProjections
from annotat_nb.features.minimum import Minimum
from annotat_nb.features.shape_index import ShapeIndex
from annotat_nb.features.sobel import Sobel
from annotat_nb.features.source import Source
from annotat_nb.features.structure_tensor_eigenvalues import StructureTensorEigenvalues
from annotat_nb.features.variance import Variance

__all__ = [
    "DifferenceOfGaussians",
    "Feature",
    "Gabor",
    "Gaussian",
    "GradientMagnitude",
    "HessianEigenvalues",
    "Identity",
    "LaplacianOfGaussian",
    "LocalBinaryPattern",
    "Maximum",
    "Mean",
    "Median",
    "MembraneProjections",
    "Minimum",
    "Radii",
    "ShapeIndex",
    "Sobel",
    "Source",
    "StructureTensorEigenvalues",
    "Variance",
    "device_of",
    "devices",
    "stream",
    "to_finite",
]
