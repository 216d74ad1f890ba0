"""What every way of making superpixels has in common."""

from __future__ import annotations

import warnings
from abc import abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from annotat_nb.operation import Array, Operation

if TYPE_CHECKING:
    from annotat_nb.progress import Report

SeedSpacing = Annotated[int, Field(ge=2, le=256, json_schema_extra={"unit": "voxel"})]
"""Distance between the centres of neighbouring superpixels."""

Notify = Callable[[str], object]
"""Receives a sentence that a user should know."""


def warn_user(sentence: str) -> None:
    """Show `sentence` as a warning."""
    warnings.warn(sentence, stacklevel=2)


class SuperpixelMethod(Operation):
    """An operation that divides an image into small regions of similar voxels."""

    seed_spacing: SeedSpacing = 7
    """Distance between the centres of neighbouring superpixels. Larger values give fewer, larger
    superpixels: faster, but thin structures get lost."""

    ndim: Literal[2, 3] = 2
    """2 divides each XY slice by itself; 3 makes superpixels that reach through slices."""

    @abstractmethod
    def __call__(
        self,
        image: Array,
        /,
        *,
        intensity_range: tuple[float, float] | None = None,
        progress: Report | None = None,
        device: str = "cpu",
        notify: Notify = warn_user,
        out: Array | None = None,
    ) -> Array:
        """Divide `image`, (z, y, x), into superpixels.

        Parameters
        ----------
        image
            Real numbers, (z, y, x); read in tiles, so it may lie on disk. NaN and infinities
            count as the lowest intensity.
        intensity_range
            Smallest and largest finite value of the image; None measures them.
        progress
            Called with the share that is done, often; raise in it to cancel.
        device
            Where to compute: ``"cpu"``, or a graphics card such as ``"cuda:0"``, which gives the
            same ids. Where its memory does not suffice, or it fails, the processor takes over.
        notify
            Called with a sentence when that happens; by default it is a warning.
        out
            Where to write the ids, uint32, of the image's shape: an array, or a Zarr array for
            volumes larger than memory, which then holds only a few tiles at a time. None makes
            an array.

        Returns
        -------
        ndarray
            `out`, or a new array: uint32, (z, y, x): ids from 1 without gaps, each superpixel
            connected through faces (within its slice where `ndim` is 2).

        Raises
        ------
        TypeError
            If `out` has another type or shape.
        """

    def expected_count(self, shape: tuple[int, int, int]) -> int:
        """Estimate how many superpixels an image of `shape` gives.

        Examples
        --------
        >>> from annotat_nb.superpixels import Waterpixels
        >>> Waterpixels(seed_spacing=10).expected_count((5, 100, 60))
        300
        """
        depth, height, width = shape
        cells = count_cells(height, self.seed_spacing) * count_cells(width, self.seed_spacing)
        return cells * (depth if self.ndim == 2 else count_cells(depth, self.seed_spacing))


def count_cells(extent: int, spacing: int) -> int:
    """Return how many cells of about `spacing` voxels fit into `extent`, at least one."""
    return max(1, round(extent / spacing))
