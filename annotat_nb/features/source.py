"""What features are computed from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from annotat_nb.blocks import Block, pad_box, whole
from annotat_nb.features.backend import backend_of
from annotat_nb.features.feature import to_finite

if TYPE_CHECKING:
    from collections.abc import Callable

    from annotat_nb.blocks import Box
    from annotat_nb.operation import Array


KEPT = 4
"""Results that are remembered at least. Features that share any mostly follow each other, so that
as many will do as one of them has radii; all of them would be the stack that is never to be held,
and memory that is used again is had sooner than a fresh one."""


class Source:
    """A block of an image on a device, and what the features computed from it have in common.

    Parameters
    ----------
    image
        Real numbers of any type, (z, y, x): the block with its context. NaN and infinities count
        as its smallest finite value; where they are to count as that of a larger image, replace
        them before (`to_finite`). Integers of up to 16 bits are best given as they are: their
        medians are found much faster than those of other numbers.
    inner
        The voxels that are wanted; None takes all. The others are context.
    device
        Where to compute: ``cpu`` or ``cuda:N``, see `annotat_nb.features.bank.device_of`.

    Examples
    --------
    >>> import numpy as np
    >>> source = Source(np.eye(5)[None], inner=(slice(0, 1), slice(1, 4), slice(1, 4)))
    >>> source.largest(1, ndim=2).tolist()
    [[[1.0, 1.0, 1.0], [1.0, 1.0, 1.0], [1.0, 1.0, 1.0]]]
    """

    def __init__(self, image: Array, inner: Box | None = None, device: str = "cpu") -> None:
        self.inner = whole(image.shape) if inner is None else inner
        self.device, self.backend = device, backend_of(device)
        self.integral = image.dtype.kind in "bui" and image.dtype.itemsize <= 2
        """Whether its values are integers of up to 16 bits."""
        values = image if self.integral else to_finite(image)
        self.image: Any = self.backend.from_numpy(values, device)
        """The block, float32, (z, y, x), finite, on the device."""
        self.kept = KEPT
        """How many results are remembered, the latest ones."""
        self._known: dict[tuple[str, int, int, str], Any] = {}

    def gaussian(self, sigma: int, ndim: int) -> Any:
        """Return the block smoothed with a Gaussian of `sigma` voxels."""
        return self._once("gaussian", sigma, ndim, self.backend.gaussian)

    def smoothed(self, sigma: int, ndim: int) -> tuple[Any, Box]:
        """Return the smoothed block with a voxel more on every side, and where the inner part is.

        The rim, which ends where the block ends, is for differences between neighbours.
        """
        reach = (1 if ndim == 3 else 0, 1, 1)
        around = pad_box(self.inner, reach, self.image.shape)
        image = self._once("gaussian", sigma, ndim, self.backend.gaussian, around)
        return image, Block(self.inner, around).inner

    def smallest(self, radius: int, ndim: int) -> Any:
        """Return the smallest value of the window of `radius` round each voxel."""
        return self._once("extremes", radius, ndim, self.backend.extremes)[0]

    def largest(self, radius: int, ndim: int) -> Any:
        """Return the largest value of the window of `radius` round each voxel."""
        return self._once("extremes", radius, ndim, self.backend.extremes)[1]

    def mean(self, radius: int, ndim: int) -> Any:
        """Return the mean of the window of `radius` round each voxel."""
        return self._once("moments", radius, ndim, self.backend.moments)[0]

    def variance(self, radius: int, ndim: int) -> Any:
        """Return the variance of the window of `radius` round each voxel."""
        return self._once("moments", radius, ndim, self.backend.moments)[1]

    def _once(
        self, name: str, size: int, ndim: int, compute: Callable[..., Any], box: Box | None = None
    ) -> Any:
        """Compute what nobody asked for lately, and remember it for a while."""
        box = box or self.inner
        key = (name, size, ndim, repr(box))
        found = self._known.pop(key, None)
        while len(self._known) >= self.kept:
            del self._known[next(iter(self._known))]
        if found is None:
            found = compute(self.image, size, ndim, box)
        self._known[key] = found
        return found
