"""The image itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from annotat_nb.features.feature import Feature

if TYPE_CHECKING:
    from annotat_nb.features.source import Source


class Identity(Feature):
    """The grey value of each voxel, as float32.

    Examples
    --------
    >>> import numpy as np
    >>> Identity()(np.ones((3, 4, 5), "uint8")).shape
    (1, 3, 4, 5)
    """

    title: ClassVar[str] = "Identity (None, original image)"

    def compute(self, source: Source) -> list[Any]:
        return [source.image[source.inner]]

    def channels(self) -> tuple[str, ...]:
        return (self.title,)
