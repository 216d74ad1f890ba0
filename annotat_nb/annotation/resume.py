"""Label editing: a finished segmentation goes on where a person corrects it.

The method is segmentation resuming by a differential image-foresting transform, as in the library
libIFT of the University of Campinas: the label is turned into optimum-path trees whose roots
reproduce it, and strokes are more roots, which compete with these. A path from a root r that is
extended to a voxel t costs

    (64 / compactness · |F(r) − F(t)|)^beta + 1

where t had the same label as r, and else

    (weight · (64 / compactness · |F(r) − F(t)| + 1))^beta + 1

with the weight of the pre-segmentation. F(t) is the intensity of t, the range of the volume scaled
to 0 to 255, and F(r) the mean of the intensities round r.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from pydantic import Field

from annotat_nb.annotation.document import LabelOnDisk
from annotat_nb.annotation.history import Edit, Write
from annotat_nb.annotation.regrowing import (
    Correction,
    Strokes,
    connected,
    extents,
    merged,
    positions,
    regrow,
    united,
)
from annotat_nb.annotation.runs import Runs
from annotat_nb.annotation.trees import LARGEST_LABEL, Trees
from annotat_nb.operation import Record
from annotat_nb.progress import stretch

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from annotat_nb.annotation.labels import LabelImage
    from annotat_nb.annotation.runs import Flat
    from annotat_nb.operation import Array
    from annotat_nb.progress import Report
    from annotat_nb.volume import Volume


class LabelEditing(Record):
    """How far strokes reach that correct a label.

    The label consists of pieces, and a stroke changes nothing outside the pieces that it touches.

    Examples
    --------
    >>> LabelEditing(beta=4).presegmentation_weight
    12.0
    """

    title: ClassVar[str] = "Label editing"

    background_seed_spacing: int = Field(10, ge=2, le=100, json_schema_extra={"unit": "voxel"})
    """Size of the pieces of the background. Larger values let a stroke on the background reach
    farther; with smaller values, more of the background stays what it is."""
    compactness: float = Field(128.0, ge=1, le=1e6)
    """How much closeness counts against likeness. Larger values give rounder pieces, and keep
    strokes closer; smaller values follow differences of intensity more closely."""
    beta: float = Field(6.0, ge=1, le=16)
    """How decisive likeness is. Larger values let a stroke reach farther into what looks like it
    and unlike the rest of the object; smaller values keep it close. In what looks alike all over,
    it matters little."""
    presegmentation_weight: float = Field(12.0, ge=1, le=1000)
    """How firmly the borders of the label hold. With larger values, fewer voxels change that a
    stroke reaches only across a border from where it was drawn: at 1 borders count little, from
    about 6 on hardly any is crossed. Inside one object nothing depends on it."""
    object_seed_spacing: float = Field(0.25, gt=0, le=1)
    """Size of the pieces of an object, as a share of the object's own: 0.25 divides it by 4 along
    each axis. Larger values let a stroke reach farther. An object whose box has more than 524,288
    voxels is first cut into boxes of at most 64 voxels a side (512 in a single slice), and each of
    these is divided so."""

    @property
    def weights(self) -> NDArray[np.float64]:
        """What `resuming.grow` takes: factor of the contrast, exponent, factor across a border."""
        return np.array([64 / self.compactness, self.beta, self.presegmentation_weight])


NO_VOXELS, NO_LABELS = np.zeros(0, np.int64), np.zeros(0, np.int64)


class LabelForest:
    """A label image that strokes correct, in the trees that they touch and nowhere else.

    What the label becomes depends on the label, the image, the parameters and the strokes that
    there are, not on the order in which they came: without a stroke, all is as if it had never
    been. A voxel gets the class of the stroke whose path to it costs least, and keeps its label
    where that of a tree costs less.

    Nothing is computed before a stroke touches it. Then the forest of the object under the stroke
    is grown, or that of a part of it where it is large (see `annotat_nb.annotation.trees`), which
    takes 24 bytes a voxel; and the trees that the stroke touches are grown again with the voxels
    of the stroke as roots, from the intact trees round them, in the same object, inwards.

    One thread at a time may use it.

    Parameters
    ----------
    volume
        The image; only what lies round the touched objects is read, and once its range.
    label
        The label to correct, in memory, with ids up to 65535. Its present array is kept, and must
        not be written to any more; edits never do, as each goes on with a copy.
    parameters
        See `LabelEditing`.
    report
        Told the share of the image and the label that was gone through, 0 to 1; whatever it
        raises stops the work.

    Raises
    ------
    LabelOnDisk
        If the label is not in memory.
    ValueError
        If the shapes differ, or an id is larger than 65535.

    Examples
    --------
    >>> from annotat_nb.annotation import LabelImage
    >>> from annotat_nb.volume import Volume
    >>> image = np.repeat(np.array([10, 90], "uint8"), 8).reshape(1, 1, 16)
    >>> label = LabelImage(np.ones((1, 1, 16), "uint8"))
    >>> forest = LabelForest(Volume(image), label, LabelEditing(object_seed_spacing=1))
    >>> forest.correct(np.array([12]), np.array([2])).voxels.tolist()
    [8, 9, 10, 11, 12, 13, 14, 15]
    """

    def __init__(
        self,
        volume: Volume,
        label: LabelImage,
        parameters: LabelEditing,
        *,
        report: Report | None = None,
    ) -> None:
        if volume.shape != label.shape:
            raise ValueError(
                f"the label has {label.shape} voxels (z, y, x), the image {volume.shape}; "
                "load a label of this image"
            )
        if not label.is_in_memory:
            raise LabelOnDisk(
                "the label is too large for memory to be edited; raise session.memory_budget"
            )
        if (largest := label.largest) > LARGEST_LABEL:
            raise ValueError(
                f"labels that are edited have ids up to {LARGEST_LABEL}, got {largest}; "
                "are these superpixels?"
            )
        self._trees = Trees(volume, label.data, parameters, report)
        self._largest = int(np.iinfo(label.data.dtype).max)
        self._strokes = Strokes(NO_VOXELS, NO_LABELS, NO_VOXELS)
        self._boxes: dict[int, Array] = {}
        """The first and the last voxel of each touched tree along z, y and x."""
        self._corrections: dict[int, Correction] = {}
        """For each touched tree, its voxels that differ from the label."""
        self._ever: list[Flat] = []
        """Voxels that differed from the label at some time."""

    @property
    def nbytes(self) -> int:
        """Memory that the trees take, in bytes."""
        return self._trees.nbytes

    def correct(self, voxels: Flat, classes: Array, *, report: Report | None = None) -> Correction:
        """Put strokes in place of the former ones; return what changes, and to what.

        Parameters
        ----------
        voxels
            All marked voxels, as ascending flat indices: what `Markers.marked` returns.
        classes
            The class of each, 0 or more.
        report
            Told the share that is done, 0 to 1; if it raises, all is as before.

        Raises
        ------
        ValueError
            If a class does not fit into the type of the label, or voxels are out of order.
        """
        self._check(voxels, classes)
        before, now = self._strokes, self._located(voxels, classes, stretch(report, 0, 0.8))
        boxes = self._boxes_of(np.union1d(before.trees, now.trees))
        group = _affected(before, now, boxes)
        grown = regrow(self._trees, now.among(np.array(sorted(group))))
        stretch(report, 0.8, 1)(1)
        change = self._difference(group, grown)
        kept = {tree: found for tree, found in self._corrections.items() if tree not in group}
        self._strokes, self._corrections = now, kept | grown
        self._boxes = {tree: boxes[tree] for tree in np.unique(now.trees).tolist()}
        self._ever.append(change.voxels)
        return change

    def edit(self, label: LabelImage, name: str = "edit label") -> Edit:
        """Return the step that brings `label` to what the strokes make of it.

        Only voxels that a stroke has ever changed are looked at: what undo and redo did to them
        meanwhile does not matter.

        Parameters
        ----------
        label
            The label image as it is now.
        name
            What the step is called.
        """
        self._ever = [voxels] = [united(NO_VOXELS, *self._ever)]
        wanted = self._state(voxels, merged(self._corrections.values()))
        differs = label.data[np.unravel_index(voxels, label.shape)] != wanted
        voxels, wanted = voxels[differs], wanted[differs]
        runs = {value: Runs.from_flat(voxels[wanted == value]) for value in np.unique(wanted)}
        return Edit(name, tuple(Write("labels", runs[value], int(value)) for value in runs))

    def _check(self, voxels: Flat, classes: Array) -> None:
        if np.any(np.diff(voxels) <= 0):
            raise ValueError("voxels must be ascending flat indices, each of them once")
        low, high = int(classes.min(initial=0)), int(classes.max(initial=0))
        if low < 0:
            raise ValueError(f"classes are 0 or more, got {low}")
        if high > self._largest:
            raise ValueError(
                f"the label holds classes from 0 to {self._largest}, got {high}; "
                f"use label.data.astype('{np.min_scalar_type(high)}')"
            )

    def _located(self, voxels: Flat, classes: Array, report: Report) -> Strokes:
        """Find the tree under each voxel."""
        places, is_known = positions(voxels, self._strokes.voxels)
        trees = np.empty(len(voxels), np.int64)
        trees[is_known] = self._strokes.trees[places[is_known]]
        trees[~is_known] = self._trees.trees_of(voxels[~is_known], report)
        return Strokes(np.array(voxels, np.int64), np.array(classes, np.int64), trees)

    def _boxes_of(self, touched: NDArray[np.int64]) -> dict[int, Array]:
        new = np.array([tree for tree in touched.tolist() if tree not in self._boxes], np.int64)
        return self._boxes | dict(zip(new.tolist(), extents(self._trees, new), strict=True))

    def _difference(self, group: set[int], grown: dict[int, Correction]) -> Correction:
        """Return what changes in the trees of `group`."""
        before = merged(self._corrections[tree] for tree in group if tree in self._corrections)
        after = merged(grown.values())
        voxels = united(before.voxels, after.voxels)
        labels = self._state(voxels, after)
        differs = labels != self._state(voxels, before)
        return Correction(voxels[differs], labels[differs])

    def _state(self, voxels: Flat, correction: Correction) -> NDArray[np.int64]:
        """Return the labels of `voxels` when those of a correction among them are corrected."""
        labels = self._trees.labels_of(voxels).astype(np.int64)
        labels[np.searchsorted(voxels, correction.voxels)] = correction.labels
        return labels


def _affected(before: Strokes, now: Strokes, boxes: dict[int, Array]) -> set[int]:
    """Return the trees in which strokes changed, and those that hang together with them."""
    changed = np.union1d(
        before.trees[~before.known_to(now)], now.trees[~now.known_to(before)]
    ).tolist()
    trees = np.array(sorted(boxes), np.int64)
    if not len(trees):
        return set()
    spans = np.stack([boxes[tree] for tree in trees.tolist()])
    return set(trees[connected(spans, np.isin(trees, changed))].tolist())
