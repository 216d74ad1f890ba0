"""The image itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from annotat_nb.features.feature import Feature, to_finite

if TYPE_CHECKING:
    from annotat_nb.operation import Array


class Identity(Feature):
    """The grey value of each voxel, as float32.

    Examples
    --------
    >>> import numpy as np
    >>> Identity()(np.ones((3, 4, 5), "uint8")).shape
    (1, 3, 4, 5)
    """

    title: ClassVar[str] = "Identity (None, original image)"

    def __call__(self, image: Array, /) -> Array:
        return to_finite(image)[None].copy()

    def channels(self) -> tuple[str, ...]:
        return (self.title,)
