"""The verbs that keep what was learnt, and go on from what was learnt elsewhere."""

from __future__ import annotations

import secrets
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from annotat_nb import io
from annotat_nb.annotation import Edit
from annotat_nb.classify import Pipeline, TrainedClassifier, TrainingData, load_classifier
from annotat_nb.classify import classifier_file as classifiers
from annotat_nb.classify import training_file as trainings
from annotat_nb.classify.intensities import Intensities
from annotat_nb.jobs import Job, wait_with_bar
from annotat_nb.operation import suggest
from annotat_nb.session.base import PathLike, SessionError
from annotat_nb.session.files import Files
from annotat_nb.session.loaded import Loaded, adopted, kind_of, moved, renumbered
from annotat_nb.session.segmenting import Segmenting
from annotat_nb.session.working import once_compiled
from annotat_nb.store.spare import spare_room

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from annotat_nb.annotation import Classes
    from annotat_nb.room import Room
    from annotat_nb.session.engine import Collected

NOT_TRAINED = "No classifier is trained yet: press Preview or Apply, or load one"
SAVED_FROM_HERE = (
    "If these training data were saved from this image, its strokes count twice while they are "
    "painted here too, and the accuracy flatters"
)
NOTHING_TO_SAVE = "Nothing is painted yet: training data are the features of what is"
VERBS = ("generate_superpixels", "preview", "apply", "save_classifier", "save_training_data")
"""What something may be missing for, besides changing a parameter."""


class Reusing(Segmenting, Files):
    """Classifiers and training data in files."""

    @property
    def trained(self) -> TrainedClassifier | None:
        """The classifier of the last Apply or Preview, or the one that was loaded since.

        It segments other images: ``session.trained.segment(volume)``. None before there is one.
        """
        found = self.results.trained
        if found is None:
            return None
        here = {item.id: item for item in self.classes.stored()}
        return replace(found, classes=tuple(here.get(c.id, c) for c in found.classes))

    def obstacle(self, verb: str) -> str | None:
        """Say what is missing for a verb, in one sentence; None: nothing.

        Parameters
        ----------
        verb
            ``"generate_superpixels"``, ``"preview"``, ``"apply"``, ``"save_classifier"``,
            ``"save_training_data"``, or a parameter of the pipeline that is to be changed, such as
            ``"features"``.

        Raises
        ------
        ValueError
            If it is none of them.
        """
        match verb:
            case "save_classifier":
                return None if self.results.has_trained else NOT_TRAINED
            case "save_training_data":
                return self._nothing_to_collect()
        if verb in VERBS:
            return super().obstacle(verb)
        if verb not in Pipeline.model_fields:
            known = (*VERBS, *Pipeline.model_fields)
            raise ValueError(f"no verb or parameter is called {verb!r}{suggest(verb, known)}")
        return self.recorder.obstacle or self.locks.get(verb)

    def save_classifier(self, path: PathLike) -> Path:
        """Write the classifier of the last Apply or Preview, and return the path.

        It is applied to other images by `load_classifier` or ``annotat-nb classify``. The file is
        open: JSON and arrays of numbers, as safetensors. A file of that name is replaced.

        Parameters
        ----------
        path
            Where to; the ending is ``.classifier``, and added where there is none.

        Raises
        ------
        SessionError
            If nothing was trained or loaded yet, or the file has another ending.
        WriteError
            If the file cannot be written; an older file stays as it was.
        """
        self._refuse_to_save("save_classifier")
        target = self._ending_in(path, classifiers.SUFFIX)
        if (trained := self.trained) is None:
            raise SessionError("The classifier of the last Apply cannot be read: press Apply again")
        return classifiers.write_classifier(target, trained)

    def load_classifier(self, path: PathLike) -> None:
        """Go on with a classifier that was saved: Apply uses it as it is, without any stroke.

        Its parameters come with it and stay, but for the device and the mask. As soon as
        something is painted, Apply and Preview train anew, on the strokes of this image alone;
        `caution` says so before, and taking the strokes back brings it into use again.

        A class of the file is the class of the same name here, whatever its number; those that
        are missing are added, which is a step to undo. Whatever was loaded before is let go of.

        Parameters
        ----------
        path
            What `save_classifier` wrote.

        Raises
        ------
        ReadError
            If the file holds anything else, is damaged, or was made with other features; the
            message names the file, the cause and what to do.
        """
        found = load_classifier(path)
        caution = found.caution_about(self.volume)
        self._adopt(Path(path), found, found.classes, caution)

    def forget_classifier(self) -> None:
        """Let go of the classifier that was loaded; its parameters stay, and may be changed."""
        if self.loaded is not None and self.loaded.model is not None:
            self._go_on_from(None)

    def room_for_others(self, folder: PathLike) -> AbstractContextManager[Room]:
        """Give room for what is computed of another image, to be used in a ``with`` statement.

        It is in memory as far as `memory_budget` leaves any, else on disk; nothing of it stays.

        Parameters
        ----------
        folder
            Where on disk.
        """
        return spare_room(Path(folder), self._room.rest)

    def save_training_data(self, path: PathLike, *, block: bool = True) -> Path | Job:
        """Write the features and classes of what is painted, and return the path.

        With other images, `load_training_data` adds them to what is painted there. If training
        data are loaded here, they are saved too.

        Parameters
        ----------
        path
            Where to; the ending is ``.training``, and added where there is none.
        block
            Wait for the end, with a progress bar; otherwise return a `Job` at once.

        Raises
        ------
        SessionError
            If nothing is painted, superpixels are missing, or the file has another ending.
        WriteError
            If the file cannot be written; an older file stays as it was.
        """
        self._refuse_to_save("save_training_data")
        target = self._ending_in(path, trainings.SUFFIX)
        snapshot = self._snapshot()

        def commit(found: Collected) -> Path:
            with self.lock:
                self._keep_superpixels(found)
            self.results.write()
            return trainings.write_training_data(target, found.data, snapshot.classes)

        def work(job: Job) -> Collected:
            self.results.write()  # the mask, if it is new
            found = self._engine.collect(snapshot, job.report)
            job.notice = found.notice
            return found

        job = self._submit("Save training data", once_compiled(work), commit)
        written: Path | Job = wait_with_bar(job) if block else job
        return written

    def load_training_data(self, path: PathLike) -> None:
        """Go on with training data that were saved: Apply learns from them and from what is here.

        Features, superpixels and pooling come with them and stay; the classifier and the feature
        selection may be changed. Superpixels that are painted here count besides; one that the
        file holds already, as it was painted on this same image, then counts twice. Classes are
        found or added as by `load_classifier`. Whatever was loaded before is let go of.

        Parameters
        ----------
        path
            What `save_training_data` wrote.

        Raises
        ------
        ReadError
            If the file holds anything else, is damaged, or was made with other features; the
            message names the file, the cause and what to do.
        """
        data, classes = trainings.read_training_data(path)
        self._adopt(
            Path(path), data, classes, data.caution_about(self.volume), self._counted_twice(data)
        )

    def _counted_twice(self, data: TrainingData) -> str:
        """Say what follows if data were saved from strokes that are painted here; else nothing."""
        if data.intensities != Intensities.of(self.volume) or not self.markers.stroke_count():
            return ""
        return SAVED_FROM_HERE

    def forget_training_data(self) -> None:
        """Let go of the training data that were loaded; their parameters stay, and may be changed.

        Apply then learns from the strokes of this image alone.
        """
        if self.loaded is not None and self.loaded.data is not None:
            self._go_on_from(None)

    def _refuse_to_save(self, verb: str) -> None:
        """Refuse what cannot be saved; it can be where the image is only looked at."""
        if (reason := self.obstacle(verb)) is not None:
            raise SessionError(reason)

    def _nothing_to_collect(self) -> str | None:
        has_data = self.loaded is not None and self.loaded.data is not None
        if not has_data and not self.markers.stroke_count():
            return NOTHING_TO_SAVE
        return self._superpixels_missing()

    def _keep_superpixels(self, found: Collected) -> None:
        """Keep superpixels that had to be made, unless others are wanted by now."""
        is_new = found.superpixels is not found.snapshot.superpixels
        is_wanted = self.pipeline.superpixels == found.snapshot.pipeline.superpixels
        if found.superpixels is not None and is_new and is_wanted and self.recorder.is_open:
            self.results.set_superpixels(found.superpixels)

    def _ending_in(self, path: PathLike, suffix: str) -> Path:
        target = Path(path)
        target = target if target.suffix else target.with_name(target.name + suffix)
        if target.suffix.lower() != suffix:
            raise SessionError(
                f"{io.name_of(target)}: has the ending of another kind of file; choose a name "
                f"that ends in {suffix}"
            )
        self.check_target(target, np.uint8)
        return target

    def _adopt(
        self,
        path: Path,
        found: TrainedClassifier | TrainingData,
        foreign: Classes,
        caution: str | None,
        news: str = "",
    ) -> None:
        with self.lock:
            self.recorder.check_open()
            classes, ids = adopted(self.classes.stored(), foreign)
            if classes != self.classes.stored():
                self._make(Edit(f"load {kind_of(found)}", classes=classes))
            loaded = Loaded(
                path.name,
                moved(found, ids, classes),
                self.annotation.history.position,
                secrets.token_hex(8),
                caution,
                ". ".join(filter(None, [renumbered(foreign, ids), news])),
            )
            self._go_on_from(loaded)
        self.results.write()

    def _go_on_from(self, loaded: Loaded | None) -> None:
        with self.lock:
            self.recorder.check_open()
            self.loaded = loaded
            self.results.keep_loaded(loaded, self.classes.stored())
            if loaded is not None:
                self._set_pipeline(loaded.pipeline_after(self.pipeline))
            self.loaded_changed.emit()
