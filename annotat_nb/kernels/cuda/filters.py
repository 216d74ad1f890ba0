"""The table of filters for graphics cards: what `annotat_nb.features.backend.Backend` asks for.

They run on whatever device their tensors lie on, the processor's memory too, which is how they
are tested where there is no graphics card. In use the processor has filters of its own, which
are many times faster there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from annotat_nb.kernels.cuda.binary_patterns import binary_patterns
from annotat_nb.kernels.cuda.derivatives import (
    gradient_magnitude,
    hessian_eigenvalues,
    laplacian,
    shape_index,
)
from annotat_nb.kernels.cuda.extremes import extremes
from annotat_nb.kernels.cuda.gabor import gabor
from annotat_nb.kernels.cuda.gaussian import gaussian
from annotat_nb.kernels.cuda.median import median
from annotat_nb.kernels.cuda.membranes import membrane_projections
from annotat_nb.kernels.cuda.moments import moments
from annotat_nb.kernels.cuda.sobel import sobel
from annotat_nb.kernels.cuda.structure import structure_tensor_eigenvalues

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


def from_numpy(values: Array, device: str) -> torch.Tensor:
    """Copy `values` into the memory of `device`, and make float32 of them there."""
    native = values.astype(values.dtype.newbyteorder("="), copy=False)
    return torch.tensor(native, device=device).float()


def to_numpy(image: torch.Tensor) -> Array:
    """Copy `image` into the memory of the processor."""
    found: Array = image.cpu().numpy()
    return found
