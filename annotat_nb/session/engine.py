"""From a snapshot of the session to superpixels, a preview or a segmentation."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from annotat_nb.annotation import LabelImage
from annotat_nb.classify import (
    Marks,
    Mask,
    Pipeline,
    Prediction,
    Segmenter,
    TrainedClassifier,
    TrainingData,
)
from annotat_nb.classify.device import Device, lending
from annotat_nb.classify.grouping import superpixels_of
from annotat_nb.classify.intensities import Intensities
from annotat_nb.classify.trained import named
from annotat_nb.progress import Progress, part_of
from annotat_nb.volume import Volume, plane_of

if TYPE_CHECKING:
    from annotat_nb.annotation import Classes
    from annotat_nb.blocks import Box
    from annotat_nb.classify import Model
    from annotat_nb.room import Room
    from annotat_nb.session.loaded import Loaded
    from annotat_nb.superpixels import SuperpixelMethod

NEIGHBOURHOOD = 1
"""Slices on either side of the shown one that a preview classifies too."""


@dataclass(frozen=True)
class Superpixels:
    """Superpixels, and the method that made them; None when they were loaded."""

    image: LabelImage
    method: SuperpixelMethod | None
    count: int
    """Number of superpixels."""
    notice: str = ""
    """How they were made otherwise than was asked for, in a sentence; empty: nothing."""
    token: str = ""
    """Tells loaded ones from any others."""

    @property
    def key(self) -> str:
        """What tells them from any others; the same method makes the same ones."""
        return self.token if self.method is None else self.method.model_dump_json()

    def serve(self, pipeline: Pipeline) -> bool:
        """Tell whether `pipeline` can use them as they are: loaded ones serve any."""
        wanted = pipeline.superpixels
        return wanted is not None and self.method in (None, wanted)


Grounds = tuple[str | None, str | None]
"""Which superpixels were used, and which label as a mask; None: none."""


def grounds_of(
    pipeline: Pipeline, superpixels: Superpixels | None, mask_key: str | None
) -> Grounds:
    """Return what a segmentation with `pipeline` rests on besides strokes and parameters."""
    if superpixels is None or pipeline.superpixels is None:
        return None, mask_key
    return superpixels.key, mask_key


@dataclass(frozen=True)
class Snapshot:
    """What a job works on; the session may go on changing meanwhile."""

    volume: Volume
    pipeline: Pipeline
    superpixels: Superpixels | None
    marks: Marks
    position: int
    """Where the history stood."""
    classes: Classes
    mask: Mask | None = None
    """Where to train and classify; None: everywhere."""
    loaded: Loaded | None = None
    """What to go on from."""
    ready: TrainedClassifier | None = None
    """The classifier to apply as it is; None: train one."""
    mask_key: str | None = None
    """What tells the label of the mask from any other."""

    @property
    def outside_mask(self) -> str:
        """How many of the marks the mask leaves unused, in a sentence; empty: none."""
        if self.mask is None or self.ready is not None:
            return ""
        total = self.marks.voxels.size
        outside = total - int(self.mask.holds(self.marks.voxels).sum())
        if not outside:
            return ""
        mask = f"the mask ({', '.join(self.names_of(self.mask.classes))})"
        return f"{outside:,} of {total:,} marked voxels lie outside {mask} and are not used"

    def names_of(self, classes: tuple[int, ...]) -> tuple[str, ...]:
        """Name `classes`; one that was taken away has its number."""
        known = {item.id: item.name for item in self.classes}
        return tuple(known.get(number, f"Class {number}") for number in classes)

    @property
    def stored(self) -> TrainingData | None:
        """What to learn from besides the marks."""
        return None if self.loaded is None else self.loaded.data

    def teaches_as(self, other: Snapshot) -> bool:
        """Tell whether training on it gives the same as on another one."""
        return (
            self.pipeline == other.pipeline
            and self.superpixels is other.superpixels
            and self.mask == other.mask
            and self.loaded is other.loaded
            and self.ready is other.ready
            and self.marks.equal(other.marks)
        )

    @property
    def key(self) -> str | None:
        """What tells the thing that is loaded from any other; None when nothing is."""
        return None if self.loaded is None else self.loaded.key


@dataclass(frozen=True)
class Outcome:
    """What a job found, and the snapshot that it started from."""

    snapshot: Snapshot
    superpixels: Superpixels | None
    prediction: Prediction
    trained: TrainedClassifier
    """What classified."""
    notice: str = ""
    """What was done otherwise than the pipeline asks for, in a sentence; empty: nothing."""
    box: Box | None = None
    """Where it was asked to; None: everywhere."""
    label: LabelImage | None = None
    """The label of the whole volume, its voxels counted; None: only a part was classified."""

    def shows(self, snapshot: Snapshot, box: Box) -> bool:
        """Tell whether `snapshot` would give nothing else in `box`."""
        if self.box is None or not self.snapshot.teaches_as(snapshot):
            return False
        pairs = zip(box, self.box, strict=True)
        return all(mine.start <= side.start and side.stop <= mine.stop for side, mine in pairs)


@dataclass(frozen=True)
class Learnt:
    """A classifier, and the snapshot and superpixels that it was trained on."""

    snapshot: Snapshot
    superpixels: Superpixels | None
    model: Model
    trained: TrainedClassifier
    segmenter: Segmenter
    """What classifies with it."""


@dataclass(frozen=True)
class Collected:
    """What there is to learn from, and the snapshot that it was found in."""

    snapshot: Snapshot
    superpixels: Superpixels | None
    data: TrainingData
    notice: str = ""
    """What was done otherwise than the pipeline asks for, in a sentence; empty: nothing."""


class Engine:
    """Runs pipelines on one volume and remembers what the next run can use again."""

    def __init__(self, volume: Volume, room: Room) -> None:
        self._volume, self._room = volume, room
        self._segmenter: Segmenter | None = None
        self._made_for: tuple[Superpixels | None, Mask | None] = None, None
        self._learnt: Learnt | None = None

    def forget(self) -> None:
        """Let go of what was computed, which may take much of the disk."""
        self._segmenter, self._made_for, self._learnt = None, (None, None), None

    def superpixels(self, pipeline: Pipeline, report: Progress) -> Superpixels:
        """Generate the superpixels that `pipeline` asks for."""
        method = pipeline.superpixels
        if method is None:
            raise ValueError("the pipeline classifies voxels: it needs no superpixels")
        out = self._room.new("superpixels", self._volume.shape, np.uint32)
        said: list[str] = []
        with lending(pipeline.device) as device:
            ids = superpixels_of(
                self._volume, method, report, device=device, notify=said.append, out=out
            )
        image = LabelImage(ids, origin=method.title)
        return Superpixels(image, method, image.largest, ". ".join(said))

    def segment(self, snapshot: Snapshot, report: Progress, box: Box | None = None) -> Outcome:
        """Train on the marks and classify the volume, or what lies in `box`."""
        trained = self._share_of_training(snapshot, box)
        part = part_of(report, 0.0, trained)
        with lending(snapshot.pipeline.device):
            learnt = self.learn(snapshot, part, everywhere=box is None)
            return self.classify(learnt, part_of(report, trained, 1.0), box)

    def _share_of_training(self, snapshot: Snapshot, box: Box | None) -> float:
        """Return how much of the time of `segment` goes into what precedes classifying."""
        if snapshot.ready is not None or self._known_model(snapshot, snapshot.superpixels):
            return 0.0
        if box is not None:
            return 0.5
        return 0.2 if snapshot.pipeline.superpixels is None else 0.8

    def learn(self, snapshot: Snapshot, report: Progress, *, everywhere: bool = False) -> Learnt:
        """Train on the marks; what was learnt from the same last time is taken as it is.

        Where the whole volume is classified next, `everywhere`, all features are computed at once.
        """
        grouping, report = self._current_superpixels(snapshot, report)
        segmenter = self._segmenter_for(grouping, snapshot)
        if snapshot.ready is not None:
            model = replace(snapshot.ready.model, pipeline=snapshot.pipeline)
            return Learnt(snapshot, grouping, model, snapshot.ready, segmenter)
        model = self._known_model(snapshot, grouping) or segmenter.fit(
            snapshot.pipeline, snapshot.marks, report, snapshot.stored, everywhere=everywhere
        )
        names = named(snapshot.classes, model.classes)
        inside = () if snapshot.mask is None else snapshot.names_of(snapshot.mask.classes)
        trained = TrainedClassifier(model, names, self._intensities, inside)
        self._learnt = Learnt(snapshot, grouping, model, trained, segmenter)
        return self._learnt

    def classify(self, learnt: Learnt, report: Progress, box: Box | None = None) -> Outcome:
        """Classify the volume, or what lies in `box`, with what was learnt."""
        prediction = learnt.segmenter.predict(learnt.model, report, box)
        return Outcome(
            learnt.snapshot,
            learnt.superpixels,
            prediction,
            learnt.trained,
            _notice_of(learnt.snapshot, learnt.superpixels, learnt.segmenter),
            box,
            _label_of(prediction) if box is None else None,
        )

    def _known_model(self, snapshot: Snapshot, grouping: Superpixels | None) -> Model | None:
        """Return what was learnt last, if it was from the same."""
        known = self._learnt
        if known is None or known.superpixels is not grouping:
            return None
        return known.model if known.snapshot.teaches_as(snapshot) else None

    def collect(self, snapshot: Snapshot, report: Progress) -> Collected:
        """Return what there is to learn from the marks, and from what is loaded."""
        grouping, report = self._current_superpixels(snapshot, report)
        segmenter = self._segmenter_for(grouping, snapshot)
        with lending(snapshot.pipeline.device):
            found = segmenter.collect(snapshot.pipeline, snapshot.marks, report)
        data = replace(found, intensities=self._intensities) if len(found) else found
        if snapshot.stored is not None:
            data = snapshot.stored.joined(data)
        return Collected(snapshot, grouping, data, _notice_of(snapshot, grouping, segmenter))

    @cached_property
    def _intensities(self) -> Intensities:
        return Intensities.of(self._volume)

    def _current_superpixels(
        self, snapshot: Snapshot, report: Progress
    ) -> tuple[Superpixels | None, Progress]:
        known, pipeline = snapshot.superpixels, snapshot.pipeline
        if pipeline.superpixels is None:
            return None, report
        if known is not None and known.serve(pipeline):
            return known, report
        fresh = self.superpixels(pipeline, part_of(report, 0.0, 0.4))
        return fresh, part_of(report, 0.4, 1.0)

    def _segmenter_for(self, grouping: Superpixels | None, snapshot: Snapshot) -> Segmenter:
        if self._segmenter is None or (grouping, snapshot.mask) != self._made_for:
            ids = None if grouping is None else grouping.image.data
            self._segmenter = Segmenter(self._volume, ids, snapshot.mask, self._room)
            self._made_for = grouping, snapshot.mask
        # Memory that was full for the last job may be free by now.
        self._segmenter.device = Device(snapshot.pipeline.device)
        return self._segmenter


def _notice_of(snapshot: Snapshot, found: Superpixels | None, segmenter: Segmenter) -> str:
    """Say what was done otherwise than was asked for, in sentences."""
    notices = [snapshot.outside_mask, segmenter.device.notice]
    if found is not None and found is not snapshot.superpixels:
        notices.insert(0, found.notice)
    return ". ".join(filter(None, notices))


def _label_of(prediction: Prediction) -> LabelImage:
    label = LabelImage(prediction.labels, origin="Apply")
    _ = label.counts  # now, because the page stands still while it is shown
    return label


def neighbourhood(volume: Volume, axis: str, index: int, reach: int = NEIGHBOURHOOD) -> Box:
    """Return the box of slice `index` across `axis` and of `reach` slices on either side."""
    sides = [slice(0, extent) for extent in volume.shape]
    for number, side in enumerate(plane_of(axis, index)):
        if isinstance(side, int):
            low, high = max(0, side - reach), side + reach + 1
            sides[number] = slice(low, min(high, volume.shape[number]))
    return sides[0], sides[1], sides[2]
