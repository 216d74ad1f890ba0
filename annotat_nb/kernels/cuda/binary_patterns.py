"""Which neighbours of a voxel are brighter than itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from annotat_nb.blocks import shape_of
from annotat_nb.kernels.cuda.neighbours import Near
from annotat_nb.kernels.weights import RING

if TYPE_CHECKING:
    from annotat_nb.blocks import Box


def binary_patterns(
    image: torch.Tensor, radius: int, ndim: int, box: Box
) -> tuple[torch.Tensor, ...]:
    """Set the bits; see `annotat_nb.kernels.cpu.binary_patterns.binary_patterns`."""
    near, patterns = Near(image, radius, ndim, box), []
    for one, other in ((1, 2), (0, 2), (0, 1))[: 1 if ndim == 2 else 3]:
        found = torch.zeros(shape_of(box), dtype=torch.uint8, device=image.device)
        for bit, (first, second) in enumerate(RING):
            is_brighter = near.at((one, first), (other, second)) > near.at()
            found.add_(is_brighter.byte(), alpha=1 << bit)
        patterns.append(found.float())
    return tuple(patterns)
