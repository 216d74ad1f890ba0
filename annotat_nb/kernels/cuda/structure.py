"""The structure tensor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from annotat_nb.blocks import Block, pad_box
from annotat_nb.kernels.cuda.eigenvalues import eigenvalues
from annotat_nb.kernels.cuda.gaussian import gaussian
from annotat_nb.kernels.cuda.sobel import sobel_gradient
from annotat_nb.kernels.weights import TRUNCATE

if TYPE_CHECKING:
    import torch

    from annotat_nb.blocks import Box


def structure_tensor_eigenvalues(
    image: torch.Tensor, sigma: int, ndim: int, box: Box
) -> tuple[torch.Tensor, ...]:
    """Compute them; see `annotat_nb.kernels.cpu.structure.structure_tensor_eigenvalues`."""
    reach = TRUNCATE * sigma
    shape = image.shape[0], image.shape[1], image.shape[2]
    around = pad_box(box, (reach if ndim == 3 else 0, reach, reach), shape)
    *slope_z, slope_y, slope_x = sobel_gradient(image, ndim, around)
    pairs = [(slope_x, slope_x), (slope_y, slope_y), (slope_x, slope_y)]
    pairs += [(slope, other) for slope in slope_z for other in (slope, slope_x, slope_y)]
    inner = Block(box, around).inner
    return eigenvalues([gaussian(one * other, sigma, ndim, inner) for one, other in pairs])
