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
    return gabor_weights(sigma, 0.0)[0]


def gabor_weights(sigma: int, frequency: float) -> tuple[Array, Array]:
    """Return a Gaussian times a wave: the weights of the centre and of neighbours to one side.

    Parameters
    ----------
    sigma
        Standard deviation of the Gaussian in voxels.
    frequency
        Of the wave, in radians per voxel.

    Returns
    -------
    even, odd : ndarray
        Times the cosine, which are the same to the other side, and times the sine, which are
        negative there; float32.
    """
    offsets = np.arange(TRUNCATE * sigma + 1)
    weights = np.exp(-0.5 * (offsets / sigma) ** 2)
    weights /= 2 * weights.sum() - weights[0]
    wave = frequency * offsets
    return (weights * np.cos(wave)).astype(np.float32), (weights * np.sin(wave)).astype(np.float32)


LINE = 19
"""Length of the lines of `line_weights`, in voxels."""


def line_weights(count: int) -> Array:
    """Draw lines through the centre of a square, turned in steps of 180° / `count`.

    A line is one voxel wide; turned ones are interpolated bilinearly. The weights of each add up
    to 1.

    Returns
    -------
    ndarray
        float32, (`count`, `LINE`, `LINE`); the first line runs along y.
    """
    offsets = np.arange(LINE) - LINE // 2
    y, x = np.meshgrid(offsets, offsets, indexing="ij")
    angles = np.arange(count)[:, None, None] * np.pi / count
    along = y * np.cos(angles) - x * np.sin(angles)
    across = x * np.cos(angles) + y * np.sin(angles)
    end = LINE // 2 + 1
    weights = np.clip(1 - np.abs(across), 0, 1) * np.clip(end - np.abs(along), 0, 1)
    weights[weights < 1e-6] = 0  # what a cosine of 90° leaves
    weights /= weights.sum(axis=(1, 2), keepdims=True)
    narrow: Array = weights.astype(np.float32)
    return narrow


RING = ((-1, -1), (-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1))
"""Eight neighbours in a plane, in order round the centre: steps along its first and second axis."""
