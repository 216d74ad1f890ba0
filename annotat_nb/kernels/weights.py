"""Weights of filters, the same on every device."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from annotat_nb.operation import Array

TRUNCATE = 4
"""Where Gaussians are cut, in standard deviations."""


def gaussian_weights(sigma: int) -> Array:
    """Return the weights of the centre and of its neighbours to one side, float32.

    Parameters
    ----------
    sigma
        Standard deviation in voxels.

    Examples
    --------
    >>> gaussian_weights(1).round(3)
    array([0.399, 0.242, 0.054, 0.004, 0.   ], dtype=float32)
    """
    weights = np.exp(-0.5 * (np.arange(TRUNCATE * sigma + 1) / sigma) ** 2)
    weights /= 2 * weights.sum() - weights[0]
    return weights.astype(np.float32)
