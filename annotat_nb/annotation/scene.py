"""What an annotation tool may look at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from annotat_nb.annotation.document import LabelOnDisk

if TYPE_CHECKING:
    from annotat_nb.annotation.document import Annotation
    from annotat_nb.annotation.labels import LabelImage
    from annotat_nb.blocks import Box, Shape
    from annotat_nb.operation import Array
    from annotat_nb.volume import Volume


@dataclass(frozen=True, eq=False)
class Scene:
    """An annotation with the image under it; each is read box by box, as a tool asks for it.

    Parameters
    ----------
    annotation
        What was drawn, the classes, and the segmentation.
    volume
        The image, of the same shape.
    superpixels
        The superpixels; None where there are none yet.

    Examples
    --------
    >>> from annotat_nb.annotation import Annotation
    >>> from annotat_nb.volume import Volume
    >>> scene = Scene(Annotation((2, 4, 4)), Volume(np.ones((2, 4, 4), "uint8")))
    >>> scene.image((slice(0, 1), slice(0, 2), slice(0, 3))).shape
    (1, 2, 3)
    """

    annotation: Annotation
    volume: Volume
    superpixels: LabelImage | None = None

    @property
    def shape(self) -> Shape:
        """Shape of the volume, (z, y, x), in voxels."""
        return self.annotation.shape

    def image(self, box: Box) -> Array:
        """Return the intensities in `box`, as they are."""
        return np.asarray(self.volume.data[box])

    def finite_image(self, box: Box) -> Array:
        """Return the intensities in `box` as float32; what is not finite is their minimum."""
        values = self.image(box).astype(np.float32)
        known = np.isfinite(values)
        if not known.all():
            values[~known] = values[known].min() if known.any() else 0
        return values

    def markers(self, box: Box) -> Array:
        """Return the class marked at each voxel of `box`, int16, -1 where none is."""
        return self.annotation.markers.read_box(box)

    def segmentation(self, box: Box) -> Array:
        """Return the class that each voxel of `box` has in the segmentation."""
        return np.asarray(self._labels.data[box])

    def superpixel_ids(self, box: Box) -> Array:
        """Return the superpixel of each voxel of `box`."""
        if self.superpixels is None:
            raise ValueError("there are no superpixels yet; generate them first")
        return np.asarray(self.superpixels.data[box])

    def require_changeable(self) -> LabelImage:
        """Return the segmentation, whose voxels can be changed one by one.

        Raises
        ------
        ValueError
            If there is none.
        LabelOnDisk
            If it does not fit into memory.
        """
        if not self._labels.is_in_memory:
            raise LabelOnDisk(
                "the label cannot be corrected: it is too large for memory to be changed; "
                "raise session.memory_budget"
            )
        return self._labels

    @property
    def _labels(self) -> LabelImage:
        if self.annotation.labels is None:
            raise ValueError("there is no segmentation yet; press Apply or load a label first")
        return self.annotation.labels
