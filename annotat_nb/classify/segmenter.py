"""From a volume with marks to a segmentation, recomputing no more than is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from annotat_nb.classify.device import Device
from annotat_nb.classify.marks import Marks, TrainingError, check_trainable
from annotat_nb.classify.model import Model, train
from annotat_nb.classify.superpixelwise import SuperpixelWise
from annotat_nb.classify.training_data import TrainingData
from annotat_nb.classify.voxelwise import VoxelWise
from annotat_nb.progress import Progress, part_of, silent

if TYPE_CHECKING:
    from annotat_nb.blocks import Box
    from annotat_nb.classify.mask import Mask
    from annotat_nb.classify.pipeline import Pipeline
    from annotat_nb.classify.prediction import Prediction
    from annotat_nb.features import Feature
    from annotat_nb.room import Room
    from annotat_nb.volume import Volume


class Segmenter:
    """Trains and classifies on one volume and remembers the features that it computed.

    Features are remembered for each superpixel (or marked voxel) that was asked for: adding
    strokes, changing the classifier, or changing one feature computes only what is new. It is
    not meant for two threads at once.

    Parameters
    ----------
    volume
        The image.
    superpixels
        Integers from 1, (z, y, x), of the volume's shape; None classifies each voxel by itself.
    mask
        Where to train and classify; None: everywhere.
    room
        Where features and labels go; by default into memory, up to half of what is free.

    Raises
    ------
    TypeError, ValueError
        If the superpixels do not fit the volume.

    Examples
    --------
    >>> import numpy as np
    >>> from annotat_nb.classify import Marks, Pipeline
    >>> from annotat_nb.volume import Volume
    >>> image = np.zeros((4, 8, 8), "uint8")
    >>> image[:, :, 4:] = 200
    >>> segmenter = Segmenter(Volume(image))
    >>> model = segmenter.fit(Pipeline(superpixels=None), Marks([0, 1, 6, 7], [0, 0, 1, 1]))
    >>> segmenter.predict(model).labels[2, 3].tolist()
    [0, 0, 0, 0, 1, 1, 1, 1]
    """

    def __init__(
        self,
        volume: Volume,
        superpixels: Any | None = None,
        mask: Mask | None = None,
        room: Room | None = None,
    ) -> None:
        self._volume, self._mask = volume, mask
        self._samples = (
            VoxelWise(volume, mask, room)
            if superpixels is None
            else SuperpixelWise(volume, superpixels, mask, room)
        )

    @property
    def device(self) -> Device:
        """Where features are computed; what a pipeline asks for, made when it is first used.

        Set it anew to try a graphics card again whose memory was full.
        """
        return self._samples.device

    @device.setter
    def device(self, device: Device) -> None:
        self._samples.device = device

    def _move_to(self, name: str) -> None:
        if self.device.asked != name:
            self.device = Device(name)

    def fit(
        self,
        pipeline: Pipeline,
        marks: Marks,
        progress: Progress = silent,
        stored: TrainingData | None = None,
        *,
        everywhere: bool = False,
    ) -> Model:
        """Train on the marked superpixels, or voxels.

        A superpixel has the label that most of its marks have, the smallest one among equals, and
        counts as much as it is marked.
        Marks on NaN or infinite voxels are passed over.

        Parameters
        ----------
        pipeline
            Features, pooling, selection, classifier and seed; its superpixels are not looked at.
        marks
            The marked voxels.
        progress
            Receives the step and the share that is done; raise in it to cancel.
        stored
            What to learn from besides, such as the marks of other images.
        everywhere
            Whether the whole volume is classified next: then all features of all superpixels are
            computed in one pass, those of the marked ones with the others.

        Raises
        ------
        TrainingError
            If fewer than two classes are marked, the selection leaves no feature, or what is
            stored was made of other features.
        """
        marks = self._usable(marks)
        known = np.empty(0, np.int16) if stored is None else stored.targets
        where = "" if self._mask is None else " inside the mask"
        check_trainable(np.append(marks.labels, known), f"only class {{}} is marked{where}")
        ready = self._prepare(pipeline, progress) if everywhere else 0.0
        data = self._collect(pipeline, marks, part_of(progress, ready, max(ready, 0.6)))
        data = data if stored is None else stored.joined(data)
        check_trainable(data.targets, "in every marked superpixel class {} has most of the marks")
        return train(pipeline, data, self._names(pipeline), part_of(progress, max(ready, 0.6), 1.0))

    def _prepare(self, pipeline: Pipeline, progress: Progress) -> float:
        """Compute the features of all superpixels; return which share of the training that was."""
        if not isinstance(self._samples, SuperpixelWise):
            return 0.0
        self._move_to(pipeline.device)
        self._samples.prepare(pipeline, part_of(progress, 0.0, 0.8))
        return 0.8

    def collect(
        self, pipeline: Pipeline, marks: Marks, progress: Progress = silent
    ) -> TrainingData:
        """Return what there is to learn from the marks, of one class or several, or of none.

        Parameters
        ----------
        pipeline, marks, progress
            As for `fit`.

        Raises
        ------
        TrainingError
            If there are marks, but none on a finite voxel inside the mask.
        """
        return self._collect(pipeline, self._usable(marks), progress)

    def _usable(self, marks: Marks) -> Marks:
        """Return the marks that may train: on finite voxels, inside the mask."""
        finite = marks.where_finite(self._volume)
        if marks.voxels.size and not finite.voxels.size:
            raise TrainingError("No marked voxel has a finite value: paint where the image has one")
        if self._mask is None or not finite.voxels.size:
            return finite
        inside = self._mask.holds(finite.voxels)
        if not inside.any():
            raise TrainingError("No marked voxel lies inside the mask: paint there, or lift it")
        return Marks(finite.voxels[inside], finite.labels[inside])

    def _collect(self, pipeline: Pipeline, marks: Marks, progress: Progress) -> TrainingData:
        names = tuple(name for own in self._names(pipeline).values() for name in own)
        if not marks.voxels.size:
            rows = np.empty((0, len(names)), np.float32)
            return TrainingData(pipeline, names, rows, np.empty(0, np.int16), np.empty(0))
        self._move_to(pipeline.device)
        examples = self._samples.examples(marks)
        rows = self._samples.rows(pipeline.features, pipeline, examples.samples, progress)
        targets, weights = examples.targets, examples.weights
        return TrainingData(pipeline, names, rows, targets, weights, strokes=examples.strokes)

    def _names(self, pipeline: Pipeline) -> dict[Feature, tuple[str, ...]]:
        """Name the columns of each feature."""
        return self._samples.names(pipeline)

    def predict(
        self, model: Model, progress: Progress = silent, box: Box | None = None
    ) -> Prediction:
        """Classify the whole volume, or what lies in `box`.

        Parameters
        ----------
        model
            What `fit` returned.
        progress
            Receives the step and the share that is done; raise in it to cancel.
        box
            Three slices, z y x. Superpixels that reach into it are classified whole, so that the
            prediction covers a little more; None classifies everything.
        """
        self._move_to(model.pipeline.device)
        return self._samples.predict(model, box, progress)

    def segment(
        self,
        pipeline: Pipeline,
        marks: Marks,
        progress: Progress = silent,
        box: Box | None = None,
        stored: TrainingData | None = None,
    ) -> tuple[Model, Prediction]:
        """Train and classify in one go; see `fit` and `predict`."""
        trained = self._share_of_training(box)
        part, everywhere = part_of(progress, 0.0, trained), box is None
        model = self.fit(pipeline, marks, part, stored, everywhere=everywhere)
        return model, self.predict(model, part_of(progress, trained, 1.0), box)

    def _share_of_training(self, box: Box | None) -> float:
        """Return how much of the time of `segment` goes into `fit`."""
        if box is not None:
            return 0.5
        return 0.8 if isinstance(self._samples, SuperpixelWise) else 0.2
