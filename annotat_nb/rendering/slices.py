"""One slice, from voxels to pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from annotat_nb.operation import Array


def to_grey(image: Array, low: float, high: float) -> Array:
    """Stretch the intensities between `low` and `high` over the greys 0 to 255.

    Parameters
    ----------
    image
        Real numbers of any shape and type. NaN and ±Inf are drawn as `low`.
    low, high
        Intensities shown as black and as white. Where they coincide, what exceeds them is white.

    Returns
    -------
    Array
        uint8, same shape; rounded to the nearest grey.

    Examples
    --------
    >>> to_grey(np.array([0, 50, 100, 200]), 0, 100).tolist()
    [0, 128, 255, 255]
    """
    image = np.asarray(image)
    image = image.astype(image.dtype.newbyteorder("="), copy=False)
    if image.dtype.kind in "bui" and image.dtype.itemsize <= 2:
        return _grey_by_table(image, low, high)
    single = image.dtype.kind == "f" and image.dtype.itemsize <= 4 and _fits_single(low, high)
    work = np.float32 if single else np.float64
    finite = np.isfinite(image) if image.dtype.kind == "f" else None
    return _stretch(image.astype(work), low, high, finite)


def _grey_by_table(image: Array, low: float, high: float) -> Array:
    """Look every possible value up: faster than arithmetic on each pixel, and exact."""
    bits = 8 * image.dtype.itemsize
    values = np.arange(2**bits, dtype=f"u{image.dtype.itemsize}")
    signed = values.view(image.dtype) if image.dtype.kind == "i" else values
    table = _stretch(signed.astype(np.float64), low, high, None)
    return np.take(table, image.view(values.dtype))


def _fits_single(low: float, high: float) -> bool:
    """Whether float32 resolves the window, whose arithmetic takes half the time of float64."""
    largest = max(abs(low), abs(high))
    return largest < 1e37 and high - low > 1e-3 * largest


def _stretch(values: Array, low: float, high: float, finite: Array | None) -> Array:
    """Overwrite `values`, a fresh float array, on the way to greys."""
    if not high > low:
        return np.where(values > low, 255, 0).astype(np.uint8)
    np.clip(values, low, high, out=values)
    values -= low
    # Two steps, because 255 / (high - low) overflows where the window is very narrow.
    values /= high - low
    values *= 255
    values += 0.5
    if finite is not None:
        values[~finite] = 0
    return values.astype(np.uint8)


def boundaries(ids: Array, *, fineness: int = 1) -> Array:
    """Mark the borders between superpixels with lines one pixel wide.

    Parameters
    ----------
    ids
        Superpixel ids of one slice, (rows, columns).
    fineness
        Pixels of the result for one voxel, in each direction: lines get thinner by it.

    Returns
    -------
    Array
        bool, (rows, columns) times `fineness`: True in the last pixels before the next voxel
        below or to the right, where that has another id.

    Examples
    --------
    >>> boundaries(np.array([[1, 1, 2], [1, 1, 2]])).astype(int).tolist()
    [[0, 1, 0], [0, 1, 0]]
    """
    rows, columns = ids.shape
    border = np.zeros((rows, fineness, columns, fineness), bool)
    border[:, :, :-1, -1] = (ids[:, :-1] != ids[:, 1:])[:, None]
    border[:-1, -1] |= (ids[:-1] != ids[1:])[:, :, None]
    return border.reshape(rows * fineness, columns * fineness)


def overlay(grey: Array, labels: Array, rgba: Array) -> Array:
    """Lay coloured classes over a grey slice, for a picture that stands alone.

    Parameters
    ----------
    grey
        uint8, (rows, columns).
    labels
        Integer class ids, (rows, columns). Ids without a row in `rgba`, such as -1 for unmarked,
        leave the image as it is.
    rgba
        uint8, (classes, 4), as `rgba_table` gives it.

    Returns
    -------
    Array
        uint8, (rows, columns, 3).

    Raises
    ------
    ValueError
        If the shapes of image and labels differ.

    Examples
    --------
    >>> from annotat_nb.rendering.palette import rgba_table
    >>> overlay(np.full((1, 2), 100, "u1"), np.array([[0, -1]]), rgba_table(["#ff0000"])).tolist()
    [[[255, 0, 0], [100, 100, 100]]]
    """
    if grey.shape != labels.shape:
        raise ValueError(
            f"labels must have the shape of the image {grey.shape}, got {labels.shape}"
        )
    table = np.vstack([rgba, np.zeros((1, 4), np.uint8)]).astype(np.float32)
    known = (labels >= 0) & (labels < len(rgba))
    colour = table[np.where(known, labels, len(rgba))]
    alpha = colour[..., 3:] / 255
    mixed = grey[..., None] * (1 - alpha) + colour[..., :3] * alpha
    return np.rint(mixed).astype(np.uint8)
