"""First and second derivatives of an image: what of them does not depend on its orientation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from annotat_nb.blocks import Block, pad_box
from annotat_nb.kernels.cuda.eigenvalues import eigenvalues
from annotat_nb.kernels.cuda.neighbours import Near

if TYPE_CHECKING:
    from annotat_nb.blocks import Box

Z, Y, X = range(3)


def gradient_magnitude(image: torch.Tensor, ndim: int, box: Box) -> torch.Tensor:
    """Compute its length; see `annotat_nb.kernels.cpu.derivatives.gradient_magnitude`."""
    near = _near(image, ndim, box)
    squares = _slope(near, X).square() + _slope(near, Y).square()
    if ndim == 3:
        squares += _slope(near, Z).square()
    return (squares.sqrt() / 2).float()


def laplacian(image: torch.Tensor, ndim: int, box: Box) -> torch.Tensor:
    """Compute the sum; see `annotat_nb.kernels.cpu.derivatives.laplacian`."""
    near = _near(image, ndim, box)
    found = _bend(near, X) + _bend(near, Y)
    if ndim == 3:
        found += _bend(near, Z)
    return found.float()


def hessian_eigenvalues(image: torch.Tensor, ndim: int, box: Box) -> tuple[torch.Tensor, ...]:
    """Compute all of them; see `annotat_nb.kernels.cpu.derivatives.hessian_eigenvalues`."""
    near = _near(image, ndim, box)
    components = [_bend(near, X), _bend(near, Y), _twist(near, X, Y)]
    if ndim == 3:
        components += [_bend(near, Z), _twist(near, X, Z), _twist(near, Y, Z)]
    return eigenvalues([component.float() for component in components])


def shape_index(image: torch.Tensor, box: Box) -> torch.Tensor:
    """Compute the index; see `annotat_nb.kernels.cpu.derivatives.shape_index`."""
    high, low = hessian_eigenvalues(image, 2, box)
    spread = high - low
    # In float64: the last bit depends on where a voxel lies among those computed at once.
    found = (torch.atan2(-(high + low).double(), spread.double()) * (2 / np.pi)).float()
    return torch.where(spread >= 1e-8, found, 0.0)


def _near(image: torch.Tensor, ndim: int, box: Box) -> Near:
    """Return the direct neighbours in and round a box, in float64."""
    around = pad_box(box, (ndim - 2, 1, 1), (image.shape[0], image.shape[1], image.shape[2]))
    return Near(image[around].double(), 1, ndim, Block(box, around).inner)


def _slope(near: Near, axis: int) -> torch.Tensor:
    """Return the difference of the neighbours along one axis."""
    return near.at((axis, 1)) - near.at((axis, -1))


def _bend(near: Near, axis: int) -> torch.Tensor:
    """Return the second derivative along one axis."""
    return near.at((axis, -1)) - 2 * near.at() + near.at((axis, 1))


def _twist(near: Near, one: int, other: int) -> torch.Tensor:
    """Return the derivative along two axes."""
    high = near.at((other, 1), (one, 1)) - near.at((other, 1), (one, -1))
    return (high - (near.at((other, -1), (one, 1)) - near.at((other, -1), (one, -1)))) / 4
