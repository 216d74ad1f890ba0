"""Eigenvalues of symmetric 2 × 2 and 3 × 3 matrices, one at each voxel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Sequence


def eigenvalues(components: Sequence[torch.Tensor]) -> tuple[torch.Tensor, ...]:
    """Compute the eigenvalues of symmetric matrices, the largest first.

    Parameters
    ----------
    components
        xx, yy and xy; or xx, yy, xy, zz, xz and yz; float32.

    Returns
    -------
    eigenvalues : tuple of Tensor
        Two or three, float32, by the formulas of `annotat_nb.kernels.cpu.eigenvalues`.

    Examples
    --------
    >>> [float(found) for found in eigenvalues(torch.tensor([2.0, 2.0, 1.0]))]
    [3.0, 1.0]
    """
    exact = [component.double() for component in components]
    found = _of_two_dimensions(*exact) if len(exact) == 3 else _of_three_dimensions(*exact)
    return tuple(value.float() for value in found)


def _of_two_dimensions(
    xx: torch.Tensor, yy: torch.Tensor, xy: torch.Tensor
) -> tuple[torch.Tensor, ...]:
    spread = ((xx - yy) * (xx - yy) + 4 * xy * xy).sqrt()
    return (xx + yy + spread) / 2, (xx + yy - spread) / 2


def _of_three_dimensions(
    xx: torch.Tensor,
    yy: torch.Tensor,
    xy: torch.Tensor,
    zz: torch.Tensor,
    xz: torch.Tensor,
    yz: torch.Tensor,
) -> tuple[torch.Tensor, ...]:
    mean = (xx + yy + zz) / 3
    xx, yy, zz = xx - mean, yy - mean, zz - mean
    size = ((xx * xx + yy * yy + zz * zz + 2 * (xy * xy + xz * xz + yz * yz)) / 6).sqrt()
    det = xx * (yy * zz - yz * yz) - xy * (xy * zz - yz * xz) + xz * (xy * yz - yy * xz)
    half = det / 2 / (size * size * size).clamp(min=1e-300)
    root = _largest_root(half.abs().clamp(max=1.0))
    rest = (12 - 3 * root * root).clamp(min=0.0).sqrt()
    size = torch.where(half >= 0, size, -size)
    one, other = size * root, size * (root + rest) / -2
    middle = size * (rest - root) / 2
    return mean + torch.maximum(one, other), mean + middle, mean + torch.minimum(one, other)


def _largest_root(half: torch.Tensor) -> torch.Tensor:
    """Solve b³ − 3 b = 2 `half` for `half` from 0 to 1, by three of Newton's steps."""
    root = 1.7320508 + half * (0.3213884 - half * 0.0534392)
    for _ in range(3):
        root = root - (root * (root * root - 3) - 2 * half) / (3 * root * root - 3)
    return root
