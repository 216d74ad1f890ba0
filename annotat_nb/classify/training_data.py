"""What a classifier learns from, apart from the image that it comes from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from annotat_nb.classify.marks import TrainingError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from annotat_nb.classify.intensities import Intensities
    from annotat_nb.classify.pipeline import Pipeline
    from annotat_nb.operation import Array
    from annotat_nb.volume import Volume


@dataclass(frozen=True, eq=False)
class TrainingData:
    """Features and classes of marked superpixels, or voxels: enough to train without the image.

    Examples
    --------
    >>> from annotat_nb.classify import Pipeline
    >>> one = TrainingData(Pipeline(), ("grey",), np.ones((2, 1)), np.array([0, 1]), np.ones(2))
    >>> len(one.joined(one))
    4
    """

    pipeline: Pipeline
    """What the features were computed with; its classifier need not be the one to train."""
    names: tuple[str, ...]
    """The feature channels: the columns of `rows`."""
    rows: Array
    """float32, (samples, channels)."""
    targets: Array
    """The class id of each sample, int16."""
    weights: Array
    """How much each sample counts, float64; 1 on average."""
    intensities: Intensities | None = None
    """What the images were like; None where that is unknown."""
    strokes: Array | None = None
    """The stroke that each sample is of, by numbers, int64; None where that is not known."""

    @property
    def _kept_apart(self) -> Array:
        """The stroke of each sample; where that is not known, all of a class are one."""
        return self.targets.astype(np.int64) if self.strokes is None else self.strokes

    def __len__(self) -> int:
        return len(self.targets)

    @property
    def classes(self) -> tuple[int, ...]:
        """The class ids that occur, ascending."""
        return tuple(np.unique(self.targets).tolist())

    def caution_about(self, volume: Volume) -> str | None:
        """Say in a sentence why `volume` may come out wrong; None where nothing speaks for it."""
        if self.intensities is None:
            return None
        return self.intensities.caution_about(volume, "The training data come")

    def with_ids(self, ids: Mapping[int, int]) -> TrainingData:
        """Return the same samples with other class ids.

        Parameters
        ----------
        ids
            The new id of each class.
        """
        moved = [ids[number] for number in self.targets.tolist()]
        return replace(self, targets=np.array(moved, np.int16))

    def balanced(self) -> TrainingData:
        """Return the same samples, weighted so that each class counts the same.

        Examples
        --------
        >>> from annotat_nb.classify import Pipeline
        >>> rows, targets = np.ones((4, 1)), np.array([0, 0, 0, 7])
        >>> TrainingData(Pipeline(), ("grey",), rows, targets, np.ones(4)).balanced().weights
        array([0.66666667, 0.66666667, 0.66666667, 2.        ])
        """
        _, kinds = np.unique(self.targets, return_inverse=True)
        sums = np.bincount(kinds, self.weights)
        return replace(self, weights=self.weights * (sums.mean() / sums)[kinds])

    def joined(self, other: TrainingData) -> TrainingData:
        """Return these samples followed by those of `other`.

        Raises
        ------
        TrainingError
            If the two were made of other features.
        """
        check_same_channels(self.names, other.names)
        mine, theirs = self.intensities, other.intensities
        first = self._kept_apart
        after = first.max(initial=-1) + 1
        return replace(
            self,
            rows=np.concatenate([self.rows, other.rows]),
            targets=np.concatenate([self.targets, other.targets]),
            weights=np.concatenate([self.weights, other.weights]),
            intensities=mine.joined(theirs) if mine and theirs else mine or theirs,
            strokes=np.concatenate([first, other._kept_apart + after]),
        )


def check_same_channels(expected: tuple[str, ...], got: tuple[str, ...]) -> None:
    """Refuse feature channels other than the `expected` ones, in another order too.

    Raises
    ------
    TrainingError
        With both lists.
    """
    if expected != got:
        raise TrainingError(
            f"The features differ: expected {'; '.join(expected)}, got {'; '.join(got)}; "
            "use what was made with the same features, superpixels and pooling"
        )
