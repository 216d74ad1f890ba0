"""The dialogs about what was learnt: classifiers and training data in files, other images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from annotat_nb import io
from annotat_nb.classify import load_classifier
from annotat_nb.classify.classifier_file import SUFFIX as CLASSIFIER
from annotat_nb.classify.training_file import SUFFIX as TRAINING
from annotat_nb.jobs import Job
from annotat_nb.widgets.naming import stem_of
from annotat_nb.widgets.opening import ask_dataset, read_image
from annotat_nb.widgets.text import inert

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from annotat_nb.classify import Pipeline, TrainedClassifier
    from annotat_nb.session import Session
    from annotat_nb.volume import Volume
    from annotat_nb.widgets.dialogs import Dialogs, Failed
    from annotat_nb.widgets.job_watch import JobWatch

LEGACY = (".pkl", ".pickle", ".joblib")
"""Endings of files of Annotat3D: choosing one tells how to bring over what it holds."""
OTHER = "Classify another image"
OTHER_PARAMETERS = "The parameters set here before gave way to those of the file"
MOST_NAMED = 6
"""Classes that a question names before it counts the rest."""


class LearntDialogs:
    """Asks for files of what was learnt, and hands them to a session.

    Parameters
    ----------
    session
        What learns, or goes on from what was learnt.
    dialogs
        Where is asked.
    jobs
        Does what takes long.
    """

    def __init__(self, session: Session, dialogs: Dialogs, jobs: JobWatch) -> None:
        self._session, self._dialogs, self._jobs = session, dialogs, jobs

    def save_classifier(self) -> None:
        """Ask where to write the classifier."""
        name = f"{stem_of(self._session.volume)}{CLASSIFIER}"
        save = self._session.save_classifier
        self._dialogs.save_file("Save classifier", name, save, (CLASSIFIER,))

    def load_classifier(self) -> None:
        """Ask for a classifier to go on with."""
        endings = (CLASSIFIER, *LEGACY)
        load = self._session.load_classifier
        self._open("Load classifier", "its parameters replace the present ones", load, endings)

    def save_training_data(self) -> None:
        """Ask where to write the training data."""
        name = f"{stem_of(self._session.volume)}{TRAINING}"

        def save(path: Path) -> None:
            job = self._session.save_training_data(path, block=False)
            if isinstance(job, Job):
                self._jobs.follow(job, self._tell_saved)

        self._dialogs.ask_path("Save training data", name, save, (TRAINING,))

    def load_training_data(self) -> None:
        """Ask for training data to go on with."""
        endings = (TRAINING, *LEGACY)
        load = self._session.load_training_data
        consequence = "its filters, superpixels and pooling replace the present ones"
        self._open("Load training data", consequence, load, endings)

    def classify_other(self) -> None:
        """Ask for a classifier, for an image, and where to write its label."""
        trained = self._session.trained
        if trained is None:
            self._ask_classifier()
            return
        question = f"{OTHER} with which classifier? The present one tells apart {_names(trained)}."
        self._dialogs.ask(
            question,
            **{
                "The present one": lambda: self._ask_image(trained),
                "One from a file…": self._ask_classifier,
            },
        )

    def _ask_classifier(self) -> None:
        self._dialogs.open_file(
            f"{OTHER}: its classifier",
            load_classifier,
            (CLASSIFIER, *LEGACY),
            lambda _, trained: self._ask_image(trained),
        )

    def _ask_image(self, trained: TrainedClassifier) -> None:
        def begin(path: Path, how: dict[str, Any], failed: Failed) -> None:
            def work(job: Job) -> tuple[Volume, str]:
                ask_dataset(path, how)
                volume = read_image(path, how, job.report)
                said = [trained.confinement, trained.caution_about(volume)]
                return volume, ". ".join(filter(None, said))

            name = f"Opening {inert(path.name)}"
            self._jobs.start(name, work, lambda found: self._ask_target(trained, *found), failed)

        self._dialogs.open_image(f"{OTHER}: the image", begin)

    def _ask_target(self, trained: TrainedClassifier, volume: Volume, caution: str) -> None:
        name = inert(volume.name)

        def classify(path: Path) -> None:
            self._session.check_target(path, trained.label_type)
            device = self._session.pipeline.device

            def work(job: Job) -> Path:
                with self._session.room_for_others(path.parent) as room:
                    told: dict[str, Any] = {"progress": job.report, "notify": job.note}
                    return trained.save_label(volume, path, device=device, room=room, **told)

            self._jobs.start(f"Classifying {name}", work, self._tell_saved)

        self._dialogs.ask_path(
            f"{OTHER}: where to save the label of {name}",
            f"{stem_of(volume)}_labels.tif",
            classify,
            becomes=lambda path: io.label_path(path, volume.shape, trained.label_type),
            problem=inert(caution),
        )

    def _tell_saved(self, path: Path) -> None:
        self._dialogs.tell(f"Saved {path}")

    def _open(
        self, title: str, consequence: str, load: Callable[..., Any], endings: tuple[str, ...]
    ) -> None:
        former = self._session.pipeline

        def tell(path: Path, _: Any) -> None:
            self._tell_loaded(path, former)

        self._dialogs.open_file(f"{title}: {consequence}", load, endings, tell)

    def _tell_loaded(self, path: Path, former: Pipeline) -> None:
        loaded = self._session.loaded
        if loaded is None:
            more = []
        else:
            settled = "" if loaded.settles(former) else OTHER_PARAMETERS
            more = [settled, loaded.news, self._session.caution or ""]
        self._dialogs.tell(". ".join(filter(None, [f"Loaded {path}", *more])))


def _names(trained: TrainedClassifier) -> str:
    names = [inert(item.name) for item in trained.classes]
    said = ", ".join(names[:MOST_NAMED])
    return said if len(names) <= MOST_NAMED else f"{said} and {len(names) - MOST_NAMED} more"
