"""The table of filters for processors: what `annotat_nb.features.backend.Backend` asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from annotat_nb.kernels.cpu.binary_patterns import binary_patterns
from annotat_nb.kernels.cpu.derivatives import (
    gradient_magnitude,
    hessian_eigenvalues,
    laplacian,
    shape_index,
)
from annotat_nb.kernels.cpu.extremes import extremes
from annotat_nb.kernels.cpu.gabor import gabor
from annotat_nb.kernels.cpu.gaussian import gaussian
from annotat_nb.kernels.cpu.median import median
from annotat_nb.kernels.cpu.membranes import membrane_projections
from annotat_nb.kernels.cpu.moments import moments
from annotat_nb.kernels.cpu.sobel import sobel
from annotat_nb.kernels.cpu.structure import structure_tensor_eigenvalues

if TYPE_CHECKING:
    from annotat_nb.operation import Array

__all__ = [
    "binary_patterns",
    "extremes",
    "from_numpy",
    "gabor",
    "gaussian",
    "gradient_magnitude",
    "hessian_eigenvalues",
    "laplacian",
    "median",
    "membrane_projections",
    "moments",
    "shape_index",
    "sobel",
    "structure_tensor_eigenvalues",
    "to_numpy",
]


def from_numpy(values: Array, _device: str) -> Array:
    """Return `values` in the memory of the processor, contiguous, as float32."""
    return np.ascontiguousarray(values, np.float32)


def to_numpy(image: Array) -> Array:
    """Return `image` itself."""
    return image
