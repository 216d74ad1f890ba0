"""Gaussian smoothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from annotat_nb.kernels.cuda.neighbours import axes_of, even, mirrored
from annotat_nb.kernels.mirror import Reading
from annotat_nb.kernels.weights import gaussian_weights

if TYPE_CHECKING:
    import torch

    from annotat_nb.blocks import Box


def gaussian(image: torch.Tensor, sigma: int, ndim: int, box: Box) -> torch.Tensor:
    """Convolve `image` with a Gaussian; see `annotat_nb.kernels.cpu.gaussian.gaussian`."""
    weights = gaussian_weights(sigma)
    read = Reading.of(box, weights.size - 1, ndim, image.shape)
    smooth = image[read.box]
    # Across slices first: the slices that are context only are not needed after that.
    for axis, table in axes_of(read, ndim):
        smooth = even(mirrored(smooth, table, axis), weights, axis)
    return smooth
