"""The Sobel gradient."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

import torch

from annotat_nb.kernels.cuda.neighbours import axes_of, mirrored
from annotat_nb.kernels.mirror import Reading

if TYPE_CHECKING:
    from annotat_nb.blocks import Box


def sobel(image: torch.Tensor, ndim: int, box: Box) -> torch.Tensor:
    """Compute the length of the gradient; see `annotat_nb.kernels.cpu.sobel.sobel`."""
    slopes = sobel_gradient(image, ndim, box)
    return reduce(torch.add, (slope.square() for slope in reversed(slopes))).sqrt()


def sobel_gradient(image: torch.Tensor, ndim: int, box: Box) -> list[torch.Tensor]:
    """Compute the derivatives along z (if `ndim` is 3), y and x by the same kernels."""
    read = Reading.of(box, 1, ndim, image.shape)
    near = image[read.box]
    for axis, table in axes_of(read, ndim):
        near = mirrored(near, table, axis)
    return [_slope(near, along, ndim) for along in range(3 - ndim, 3)]


def _slope(near: torch.Tensor, along: int, ndim: int) -> torch.Tensor:
    """Return the derivative along one axis, smoothed across the others."""
    for axis in range(3 - ndim, 3):
        count = near.shape[axis] - 2
        low, high = near.narrow(axis, 0, count), near.narrow(axis, 2, count)
        if axis == along:
            near = high - low
        else:
            near = (low + high).add_(near.narrow(axis, 1, count), alpha=2)
    return near
