"""Marking the slices between those that were painted."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from annotat_nb.annotation.places import across, box_round, check_slice, flat_of, place_in
from annotat_nb.annotation.tools.tool import Marked, Tool
from annotat_nb.annotation.tools.writing import marking, unmarked
from annotat_nb.blocks import pad_box, shape_of
from annotat_nb.volume import Axis, axis_number

if TYPE_CHECKING:
    from annotat_nb.annotation.history import Edit
    from annotat_nb.annotation.runs import Flat
    from annotat_nb.annotation.scene import Scene
    from annotat_nb.blocks import Box
    from annotat_nb.operation import Array

MARGIN = 10
"""Voxels round the painted areas in which edges of the image are looked for."""
MOST_WALKED = 2**20
"""Voxels between two slices for which the random walker takes about a quarter of a minute."""


class Interpolate(Tool):
    """Mark a class in the slices between those where it is painted.

    The whole area of the class must be painted in these slices. What is marked in between stays.
    By shape, the signed distance to the outline is interpolated (Raya and Udupa, IEEE Transactions
    on Medical Imaging 9, 1990); by image, a random walker keeps to the edges (Grady, IEEE
    Transactions on Pattern Analysis and Machine Intelligence 28, 2006).
    """

    title: ClassVar[str] = "Interpolate"

    label: Marked = 1
    """Class to mark."""
    axis: Axis = "z"
    """Axis that the painted slices cut: "z" stands for XY slices."""
    first: int | None = None
    """Number of the first painted slice to look at; empty: the first there is."""
    last: int | None = None
    """Number of the last painted slice to look at; empty: the last there is."""
    method: Literal["shape", "image"] = "shape"
    """"shape" turns one outline gradually into the next; "image" also follows edges in the image,
    which takes longer."""

    def resolve(self, scene: Scene) -> Edit:
        name = scene.annotation.classes[self.label].name
        flat, numbers = self._painted(scene)
        gaps = [(a, b) for a, b in pairwise(np.unique(numbers).tolist()) if b - a > 1]
        if not gaps:
            raise ValueError(
                f"no two slices that are painted with {name} have others between them; paint "
                f"its whole area in two slices across {self.axis} with some in between"
            )
        found = [
            self._between(scene, flat[(numbers == a) | (numbers == b)], (a, b)) for a, b in gaps
        ]
        voxels = unmarked(scene.annotation, np.unique(np.concatenate(found)))
        return marking(scene.annotation, self.step, [(self.label, voxels)])

    def _painted(self, scene: Scene) -> tuple[Flat, Array]:
        """Return the voxels marked with the class, and the slice of each."""
        for index in (self.first, self.last):
            if index is not None:
                check_slice(scene.shape, self.axis, index)
        number = axis_number(self.axis)
        flat, labels = scene.annotation.markers.marked()
        flat = flat[labels == self.label]
        numbers = np.unravel_index(flat, scene.shape)[number]
        last = scene.shape[number] if self.last is None else self.last
        chosen = (numbers >= (self.first or 0)) & (numbers <= last)
        return flat[chosen], numbers[chosen]

    def _between(self, scene: Scene, painted: Flat, ends: tuple[int, int]) -> Flat:
        """Return the voxels of the class between two painted slices, from what these hold."""
        halo = across(self.axis, 0, MARGIN if self.method == "image" else 0)
        box = pad_box(box_round(painted, scene.shape), halo, scene.shape)
        number = axis_number(self.axis)
        drawn = np.zeros(shape_of(box), bool)
        drawn[place_in(painted, box, scene.shape)] = True
        drawn = np.moveaxis(drawn, number, 0)
        if self.method == "image":
            image = np.moveaxis(_affordable(scene, box, ends), number, 0)
            found = walked_between(drawn[0], drawn[-1], image)
        else:
            found = blended_between(drawn[0], drawn[-1], ends[1] - ends[0])
        mask = np.zeros(drawn.shape, bool)
        mask[1:-1] = found
        return flat_of(np.moveaxis(mask, 0, number), box, scene.shape)


def _affordable(scene: Scene, box: Box, ends: tuple[int, int]) -> Array:
    if np.prod(shape_of(box)) > MOST_WALKED:
        raise ValueError(
            f"there are too many voxels between slices {ends[0]} and {ends[1]} to follow the "
            "image; paint a slice between them, or interpolate by shape"
        )
    return scene.finite_image(box)


def blended_between(first: Array, last: Array, steps: int) -> Array:
    """Return ``steps - 1`` masks that lead from one mask to another, evenly.

    Examples
    --------
    >>> small, large = np.zeros((9, 9), bool), np.zeros((9, 9), bool)
    >>> small[3:6, 3:6], large[1:8, 1:8] = True, True
    >>> blended_between(small, large, 2)[0].sum(axis=0).tolist()
    [0, 0, 5, 5, 5, 5, 5, 0, 0]
    """
    begin, end = signed_distance(first), signed_distance(last)
    shares = np.arange(1, steps) / steps
    return np.stack([(1 - share) * begin + share * end > 0 for share in shares])


def signed_distance(mask: Array) -> Array:
    """Return the distance to the outline of a mask, in voxels, positive inside."""
    from scipy import ndimage

    padded = np.pad(mask, 1)
    inside, outside = (ndimage.distance_transform_edt(part) for part in (padded, ~padded))
    signed: Array = (inside - outside)[1:-1, 1:-1]
    return signed


def walked_between(first: Array, last: Array, image: Array) -> Array:
    """Return the masks between two masks at the ends of `image` that a random walker finds."""
    from skimage.segmentation import random_walker

    seeds = np.zeros(image.shape, np.int8)
    seeds[0], seeds[-1] = np.where(first, 1, 2), np.where(last, 1, 2)
    if (seeds[0] == 1).all() and (seeds[-1] == 1).all():
        return np.ones((len(image) - 2, *first.shape), bool)
    spread = float(image.std())
    walked = random_walker(
        image / spread if spread else np.indices(image.shape, float)[0],
        seeds,
        beta=130 if spread else 0,  # where the image is flat, every step is as likely
        mode="cg_j",
        tol=1e-5,
        prob_tol=1,  # only the more likely class counts, not how likely it is
    )
    found: Array = walked[1:-1] == 1
    return found
