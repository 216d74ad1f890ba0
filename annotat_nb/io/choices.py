"""Which of the images in a file is meant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from annotat_nb.io.errors import Candidate, ReadError, cannot_read, must_choose, printable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np

MOST_AXES = 8


@dataclass(frozen=True)
class Image:
    """An array in a file, under the name that `dataset` takes.

    Examples
    --------
    >>> import numpy as np
    >>> Image("raw", (1, 9, 8), np.dtype("uint8")).candidate.label
    'raw: 1 x 9 x 8 uint8'
    """

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    @property
    def is_image(self) -> bool:
        """Tell an image from a list, a table or a text."""
        is_full = 0 not in self.shape and len(self.shape) <= MOST_AXES
        has_sides = self.is_plane or len(self.shape) == 3
        return self.dtype.kind in "buif" and is_full and has_sides

    @property
    def is_plane(self) -> bool:
        """Tell a slice or volume from a single row of voxels."""
        return self._long_sides >= 2

    @property
    def is_volume(self) -> bool:
        """Tell a volume from a single slice."""
        return self._long_sides >= 3

    @property
    def _long_sides(self) -> int:
        return sum(side > 1 for side in self.shape)

    @property
    def candidate(self) -> Candidate:
        """What a form shows."""
        shape = " x ".join(map(str, self.shape))
        return Candidate(self.name, f"{printable(self.name) or 'the array'}: {shape} {self.dtype}")


def candidates_of(images: Sequence[Image]) -> tuple[Candidate, ...]:
    """Name the images to choose from, volumes first."""
    ordered = sorted(images, key=lambda image: not image.is_volume)
    return tuple(image.candidate for image in ordered)


def only_one(path: Path, images: Sequence[Image]) -> str:
    """Return the name of the only volume, else of the only slice, else of the only row.

    Raises
    ------
    ChoiceNeeded
        If there are several.
    ReadError
        If there is none.
    """
    if not images:
        raise cannot_read(path, "holds no image", "check what it holds")
    planes = [image for image in images if image.is_plane]
    likely = [image for image in planes if image.is_volume] or planes or images
    if len(likely) == 1:
        return likely[0].name
    raise no_choice(path, f"holds {len(images)} images", images)


def no_choice(path: Path, cause: str, images: Sequence[Image]) -> ReadError:
    """Make the error that asks for one of `images`."""
    candidates = candidates_of(images)
    if not candidates:
        return cannot_read(path, f"{cause} and no image at all", "check what it holds")
    labels = ", ".join(candidate.label for candidate in candidates)
    said = labels if len(labels) < 400 else f"{labels[:400]} …"
    remedy = f"pass dataset={candidates[0].value!r} or another of these: {said}"
    return must_choose(path, cause, remedy, "dataset", candidates)
