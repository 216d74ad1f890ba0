"""SLIC: superpixels by local clustering."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from pydantic import Field

from annotat_nb.blocks import plan_blocks
from annotat_nb.superpixels.method import Report, SuperpixelMethod
from annotat_nb.superpixels.tiles import place_for, range_of, read_scaled

if TYPE_CHECKING:
    from annotat_nb.operation import Array

TILE = {2: 1024, 3: 128}
"""Side of the tiles that are clustered one by one, in voxels, for each number of dimensions."""

ITERATIONS = 10


class Slic(SuperpixelMethod):
    """Superpixels of voxels that are close both in position and in grey value.

    Large images are clustered tile by tile; no superpixel crosses the border of a tile.

    References
    ----------
    R. Achanta et al., SLIC Superpixels Compared to State-of-the-Art Superpixel Methods, IEEE
    Transactions on Pattern Analysis and Machine Intelligence 34, 2012.

    Examples
    --------
    >>> image = np.zeros((2, 21, 28), "uint8")
    >>> Slic(seed_spacing=7)(image).shape
    (2, 21, 28)
    """

    title: ClassVar[str] = "SLIC"

    compactness: float = Field(0.6, gt=0, le=100)
    """How much the position counts against the grey value, which is scaled to 0 to 1 whatever the
    type of the image, so that the same number serves 8-bit and 16-bit images. Larger values give
    rounder, more regular superpixels; smaller values follow weak edges more closely."""

    def __call__(
        self,
        image: Array,
        /,
        *,
        intensity_range: tuple[float, float] | None = None,
        progress: Report | None = None,
        out: Array | None = None,
    ) -> Array:
        depth, height, width = image.shape
        whole_range = range_of(image, intensity_range)
        labels = place_for((depth, height, width), out)
        # Whole cells only, or the tiles at the end would hold too few superpixels.
        side = max(1, TILE[self.ndim] // self.seed_spacing) * self.seed_spacing
        core = (1 if self.ndim == 2 else side, side, side)
        tiles = list(plan_blocks((depth, height, width), core=core))
        count = 0
        for done, tile in enumerate(tiles, 1):
            ids = self._cluster(read_scaled(image, tile.core, whole_range))
            labels[tile.core] = ids + count
            count += int(ids.max())
            if progress:
                progress(done / len(tiles))
        return labels

    def _cluster(self, values: Array) -> Array:
        """Return the ids of one tile's superpixels, from 1 without gaps."""
        from skimage import measure, segmentation

        # slic stretches what it gets to 0-1: dividing by the range undoes that, so that every
        # tile weighs grey values alike.
        stretch = float(np.ptp(values)) or 1.0
        clusters = segmentation.slic(
            values,
            n_segments=self.expected_count(values.shape),
            compactness=self.compactness / stretch,
            max_num_iter=ITERATIONS,
            start_label=1,
            enforce_connectivity=True,
            channel_axis=None,
        )
        parts: Array = measure.label(clusters, background=0, connectivity=1)
        return parts.astype(np.uint32)
