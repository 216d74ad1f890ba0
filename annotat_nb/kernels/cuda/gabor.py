"""Gabor filters."""

from __future__ import annotations

from math import cos, sin
from typing import TYPE_CHECKING

import numpy as np

from annotat_nb.kernels.cuda.neighbours import axes_of, even, mirrored, odd
from annotat_nb.kernels.mirror import Reading
from annotat_nb.kernels.weights import gabor_weights

if TYPE_CHECKING:
    import torch

    from annotat_nb.blocks import Box


def gabor(
    image: torch.Tensor,
    smooth: torch.Tensor,
    sigma: int,
    wavelength: float,
    angle: float,
    box: Box,
) -> torch.Tensor:
    """Compute the magnitude of the response; see `annotat_nb.kernels.cpu.gabor.gabor`."""
    frequency = 2 * np.pi / wavelength
    even_x, odd_x = gabor_weights(sigma, frequency * cos(angle))
    even_y, odd_y = gabor_weights(sigma, frequency * sin(angle))
    mean = (2 * even_x.sum() - even_x[0]) * (2 * even_y.sum() - even_y[0])
    read = Reading.of(box, even_x.size - 1, 2, image.shape)
    (_, rows), (_, columns) = axes_of(read, 2)
    near = mirrored(image[read.box], columns, 2)
    real, imaginary = even(near, even_x, 2), odd(near, odd_x, 2)
    real, imaginary = mirrored(real, rows, 1), mirrored(imaginary, rows, 1)
    part = even(real, even_y, 1) - odd(imaginary, odd_y, 1) - float(mean) * smooth
    other = even(imaginary, even_y, 1) + odd(real, odd_y, 1)
    return (part.square_() + other.square_()).sqrt_()
