"""A classifier that has learnt, apart from the image that it learnt from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from annotat_nb import io
from annotat_nb.classify.device import lending
from annotat_nb.classify.grouping import superpixels_of
from annotat_nb.classify.prediction import label_type
from annotat_nb.classify.segmenter import Segmenter
from annotat_nb.progress import Progress, part_of, silent
from annotat_nb.room import Room
from annotat_nb.superpixels.method import warn_user

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from numpy.typing import DTypeLike

    from annotat_nb.annotation import Classes
    from annotat_nb.classify.classifier import Predictor
    from annotat_nb.classify.intensities import Intensities
    from annotat_nb.classify.model import Model
    from annotat_nb.classify.pipeline import Pipeline
    from annotat_nb.classify.prediction import Prediction
    from annotat_nb.operation import Array
    from annotat_nb.progress import Report
    from annotat_nb.superpixels.method import Notify
    from annotat_nb.volume import Volume


@dataclass(frozen=True, eq=False, repr=False)
class TrainedClassifier:
    """A classifier that has learnt: it segments any image as it would have the first one.

    Intensities are taken as they are: an image of another brightness or type of voxel must be
    brought to the same scale first.

    Parameters
    ----------
    model
        What was learnt, and the parameters.
    classes
        The classes that it tells apart, with their names, in the order of its probabilities.
    intensities
        What the image was like that it learnt from; None where that is unknown.
    inside
        The names of the classes of another label inside which it learnt; empty: everywhere.
    """

    model: Model
    classes: Classes
    intensities: Intensities | None = None
    inside: tuple[str, ...] = ()

    def __repr__(self) -> str:
        names = ", ".join(item.name for item in self.classes)
        inside = f", inside: {', '.join(self.inside)}" if self.inside else ""
        return f"TrainedClassifier({self.pipeline.classifier!r}, classes: {names}{inside})"

    @property
    def confinement(self) -> str:
        """What happens without the mask that it was trained with, in a sentence; empty: nothing."""
        if not self.inside:
            return ""
        noun = "class" if len(self.inside) == 1 else "classes"
        names = " or ".join(item.name for item in self.classes)
        return (
            f"It was trained inside the {noun} {', '.join(self.inside)} of another label: without "
            f"a mask, the whole image is classified as {names}"
        )

    @property
    def pipeline(self) -> Pipeline:
        """The parameters that it was trained with; they belong to what was learnt."""
        return self.model.pipeline

    @property
    def label_type(self) -> np.dtype[Any]:
        """The smallest type of a label that holds all its classes."""
        return label_type(self.model.classes)

    def segment(
        self,
        volume: Volume,
        progress: Progress = silent,
        *,
        device: str = "auto",
        room: Room | None = None,
        notify: Notify = warn_user,
    ) -> Prediction:
        """Classify every voxel of an image.

        Parameters
        ----------
        volume
            The image.
        progress
            Receives the step and the share that is done; raise in it to cancel.
        device
            Where it is computed: ``auto``, ``cpu`` or ``cuda:N``.
        room
            Where superpixels, features and labels go; by default into memory, up to half of what
            is free.
        notify
            Called with a sentence if a graphics card failed, such as for lack of memory, and it
            took longer for that; by default it is a warning.

        Raises
        ------
        ValueError
            If the device is not there.
        NoRoom
            If there is not enough room.
        """
        room = Room() if room is None else room
        model = replace(self.model, pipeline=self.pipeline.model_copy(update={"device": device}))
        with lending(device) as there:  # says so at once if it is not there
            ids = self._superpixels(volume, part_of(progress, 0.0, 0.4), there, room, notify)
            rest = part_of(progress, 0.0 if ids is None else 0.4, 1.0)
            segmenter = Segmenter(volume, ids, room=room)
            prediction = segmenter.predict(model, rest)
        if segmenter.device.notice:
            notify(segmenter.device.notice)
        return prediction

    def _superpixels(
        self, volume: Volume, progress: Progress, device: str, room: Room, notify: Notify
    ) -> Any:
        method = self.pipeline.superpixels
        if method is None:
            return None
        out = room.new("superpixels", volume.shape, np.uint32)
        return superpixels_of(volume, method, progress, device=device, notify=notify, out=out)

    def save_label(
        self,
        volume: Volume,
        path: str | os.PathLike[str],
        *,
        dtype: DTypeLike | None = None,
        probabilities: str | os.PathLike[str] | None = None,
        progress: Progress = silent,
        device: str = "auto",
        room: Room | None = None,
        notify: Notify = warn_user,
    ) -> Path:
        """Classify every voxel of an image, write the label with its classes, return its path.

        Parameters
        ----------
        volume
            The image.
        path
            Where to; the suffix chooses the format, as for `Session.save_label`.
        dtype
            Unsigned integer type of the file; the smallest that holds all classes by default.
        probabilities
            Where to write the probability of each class besides, as ``.tif``; None: nowhere.
        progress, device, room, notify
            As for `segment`.

        Raises
        ------
        WriteError
            If the file is a part of the image or would become one, or cannot be written; nothing is
            computed where that is known before.
        """
        dtype = dtype or self.label_type
        _refuse_harm(io.label_path(path, volume.shape, dtype), volume)
        if probabilities is not None:
            _refuse_harm(Path(probabilities).absolute(), volume)
        prediction = self.segment(volume, progress, device=device, room=room, notify=notify)
        if probabilities is not None:
            io.write_probabilities(
                probabilities,
                prediction.probabilities,
                names=[item.name for item in self.classes],
                voxel_size=volume.voxel_size,
                unit=volume.unit,
            )
        return io.write_labels(
            path,
            prediction.labels,
            dtype=dtype,
            classes=[item.model_dump() for item in self.classes],
            voxel_size=volume.voxel_size,
            unit=volume.unit,
            like=volume.source,
        )

    def caution_about(self, volume: Volume) -> str | None:
        """Say in a sentence why an image may come out wrong; None where nothing speaks for it.

        Parameters
        ----------
        volume
            The image; rows of three of its slices are looked at.
        """
        if self.intensities is None:
            return None
        return self.intensities.caution_about(volume, "The classifier learnt")

    def with_ids(self, ids: Mapping[int, int], classes: Classes) -> TrainedClassifier:
        """Return the same classifier with other class ids, in ascending order.

        Parameters
        ----------
        ids
            The new id of each class.
        classes
            A class table that has the new ids.
        """
        moved = np.array([ids[number] for number in self.model.classes.tolist()], np.int16)
        order = np.argsort(moved)
        predictor = reordered(self.model.predictor, order)
        accuracy = self.model.accuracy and self.model.accuracy.reordered(order)
        model = replace(self.model, classes=moved[order], predictor=predictor, accuracy=accuracy)
        return replace(self, model=model, classes=named(classes, moved[order]))


@dataclass(frozen=True, eq=False)
class Reordered:
    """A predictor whose classes come in another order."""

    predictor: Predictor
    order: Array
    """Which of its probabilities comes first, second, …"""

    @property
    def n_features(self) -> int:
        """Number of columns of the rows that it classifies."""
        return self.predictor.n_features

    @property
    def n_classes(self) -> int:
        """Number of classes that it tells apart."""
        return self.predictor.n_classes

    def arrays(self) -> dict[str, Array]:
        """Return all that the predictor has learnt; the order is not among it."""
        return self.predictor.arrays()

    def predict_proba(self, rows: Array, report: Report, /) -> Array:
        """Return the probability of each class, (rows, classes), float32."""
        shares: Array = self.predictor.predict_proba(rows, report)[:, self.order]
        return shares


def _refuse_harm(target: Path, volume: Volume) -> None:
    io.check_place(target)
    if (why := io.harm_of_writing(target.resolve(), volume)) is not None:
        raise io.WriteError(f"{io.name_of(target)}: {why}")


def reordered(predictor: Predictor, order: Array) -> Predictor:
    """Return `predictor` with its classes in another order."""
    if isinstance(predictor, Reordered):
        return reordered(predictor.predictor, predictor.order[order])
    is_same = np.array_equal(order, np.arange(order.size))
    return predictor if is_same else Reordered(predictor, order)


def named(classes: Classes, ids: Array) -> Classes:
    """Return the classes that have `ids`, in this order."""
    by_id = {item.id: item for item in classes}
    return tuple(by_id[number] for number in ids.tolist())
