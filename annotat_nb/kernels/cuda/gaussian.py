"""Gaussian smoothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from annotat_nb.kernels.cuda.neighbours import axes_of, mirrored
from annotat_nb.kernels.mirror import Reading
from annotat_nb.kernels.weights import gaussian_weights

if TYPE_CHECKING:
    from annotat_nb.blocks import Box
    from annotat_nb.operation import Array


def gaussian(image: torch.Tensor, sigma: int, ndim: int, box: Box) -> torch.Tensor:
    """Convolve `image` with a Gaussian; see `annotat_nb.kernels.cpu.gaussian.gaussian`."""
    weights = gaussian_weights(sigma)
    read = Reading.of(box, weights.size - 1, ndim, image.shape)
    smooth = image[read.box]
    # Across slices first: the slices that are context only are not needed after that.
    for axis, table in axes_of(read, ndim):
        smooth = _smoothed(mirrored(smooth, table, axis), weights, axis)
    return smooth


def _smoothed(image: torch.Tensor, weights: Array, axis: int) -> torch.Tensor:
    """Add up the neighbours along `axis`, from the outermost pair to the middle."""
    reach = weights.size - 1
    count = image.shape[axis] - 2 * reach
    total = torch.zeros_like(image.narrow(axis, 0, count))
    pair = torch.empty_like(total)
    for offset in range(reach):
        other = image.narrow(axis, 2 * reach - offset, count)
        torch.add(image.narrow(axis, offset, count), other, out=pair)
        total.add_(pair, alpha=float(weights[reach - offset]))
    return total.add_(image.narrow(axis, reach, count), alpha=float(weights[0]))
