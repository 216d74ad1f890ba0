"""The structure tensor."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from annotat_nb.blocks import Block, pad_box, shape_of
from annotat_nb.kernels.cpu.eigenvalues import eigenvalues
from annotat_nb.kernels.cpu.gaussian import gaussian
from annotat_nb.kernels.cpu.sobel import sobel_gradient
from annotat_nb.kernels.threads import over
from annotat_nb.kernels.weights import TRUNCATE

if TYPE_CHECKING:
    from annotat_nb.blocks import Box
    from annotat_nb.operation import Array


def structure_tensor_eigenvalues(
    image: Array, sigma: int, ndim: int, box: Box
) -> tuple[Array, ...]:
    """Compute the eigenvalues of the structure tensor, the largest first.

    Its components are the products of the derivatives, by the kernels of `sobel`, smoothed with a
    Gaussian.

    Parameters
    ----------
    image
        float32, (z, y, x), mirrored at its border.
    sigma
        Standard deviation of the Gaussian, in voxels.
    ndim
        2: each slice by itself; 3.
    box
        The voxels that are wanted.

    Returns
    -------
    eigenvalues : tuple of ndarray
        `ndim` images, float32, of the shape of `box`.
    """
    reach = TRUNCATE * sigma
    around = pad_box(box, (reach if ndim == 3 else 0, reach, reach), image.shape)
    *slope_z, slope_y, slope_x = sobel_gradient(image, ndim, around)
    pairs = [(slope_x, slope_x), (slope_y, slope_y), (slope_x, slope_y)]
    pairs += [(slope, other) for slope in slope_z for other in (slope, slope_x, slope_y)]
    inner, out = Block(box, around).inner, np.empty((ndim, *shape_of(box)), np.float32)
    components = np.empty((out.shape[1], len(pairs), *out.shape[2:]), np.float32)
    for which, (one, other) in enumerate(pairs):
        components[:, which] = gaussian(one * other, sigma, ndim, inner)

    def work(start: int, stop: int) -> None:
        for z in range(start, stop):
            eigenvalues(components[z], z, out)

    over(len(components), work)
    return tuple(out)
