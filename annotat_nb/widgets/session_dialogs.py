"""The dialogs about one session: its files, its parameters, its colours."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import ipywidgets as w
import numpy as np

from annotat_nb import io
from annotat_nb.rendering import COLORMAPS, colormap
from annotat_nb.widgets.accuracy_panel import AccuracyPanel
from annotat_nb.widgets.classifier_panel import ClassifierPanel
from annotat_nb.widgets.dialogs import buttons
from annotat_nb.widgets.learnt_dialogs import LEGACY
from annotat_nb.widgets.lock import Lock
from annotat_nb.widgets.naming import stem_of
from annotat_nb.widgets.opening import ask_dataset, read_image
from annotat_nb.widgets.text import inert

if TYPE_CHECKING:
    from pathlib import Path

    from annotat_nb.annotation import LabelImage
    from annotat_nb.classify import Pipeline
    from annotat_nb.jobs import Job
    from annotat_nb.session import Session
    from annotat_nb.volume import Volume
    from annotat_nb.widgets.dialogs import Dialogs, Failed
    from annotat_nb.widgets.job_watch import JobWatch

MARKERS = io.MARKER_SUFFIXES

MASK_STAYS = (
    "The mask still follows the earlier label: under Change classifier parameters, Mask, it can "
    "take this one"
)


class SessionDialogs:
    """Asks what a session cannot know by itself, and hands it over.

    Parameters
    ----------
    session
        What is worked on.
    dialogs
        Where is asked.
    jobs
        Does what takes long.
    """

    def __init__(self, session: Session, dialogs: Dialogs, jobs: JobWatch) -> None:
        self._session, self._dialogs, self._jobs = session, dialogs, jobs

    def open_visualization(self) -> None:
        """Ask for an image to show instead of the original."""

        def show(volume: Volume) -> None:
            self._session.visualization = volume
            self._session.show(image="alternative")

        def read(path: Path, how: dict[str, Any], failed: Failed) -> None:
            def work(job: Job) -> Volume:
                ask_dataset(path, how)
                return read_image(path, how, job.report)

            self._jobs.start(f"Opening {inert(path.name)}", work, show, failed)

        self._dialogs.open_image("Open visualization image", read)

    def save_label(self) -> None:
        """Ask where to write the segmentation, and in which type."""
        session = self._session
        smallest = "uint16" if max(item.id for item in session.classes) > 255 else "uint8"
        types = [t for t in ("uint8", "uint16", "uint32") if np.dtype(t) >= np.dtype(smallest)]
        dtype = w.Dropdown(
            options=types, description="Voxel type", tooltip="Integer type of a voxel in the file"
        )
        self._dialogs.save_file(
            "Save label",
            self._name("labels"),
            lambda path: session.save_label(path, dtype=dtype.value),
            becomes=lambda path: io.label_path(path, session.volume.shape, dtype.value),
        )
        chooser = self._dialogs.shown
        if isinstance(chooser, w.Box):
            chooser.children = (*chooser.children[:-1], dtype, chooser.children[-1])

    def load_label(self) -> None:
        """Ask for a segmentation."""

        def tell(path: Path, _: Any) -> None:
            said = [f"Loaded {path}", MASK_STAYS if _has_other_mask(self._session) else ""]
            self._dialogs.tell(". ".join(filter(None, said)))

        self._dialogs.open_file("Load label", self._session.load_label, done=tell)

    def save_superpixels(self) -> None:
        """Ask where to write the superpixels."""
        shape = self._session.volume.shape
        self._dialogs.save_file(
            "Save superpixels",
            self._name("superpixels"),
            self._session.save_superpixels,
            becomes=lambda path: io.label_path(path, shape, "uint32"),
        )

    def load_superpixels(self) -> None:
        """Ask for superpixels."""
        self._dialogs.open_file("Load superpixels", self._session.load_superpixels)

    def save_annotation(self) -> None:
        """Ask where to write the markers."""
        save = self._session.save_annotation
        self._dialogs.save_file("Save annotation", self._name("markers"), save, MARKERS)

    def load_annotation(self) -> None:
        """Ask for markers."""
        load = self._session.load_annotation
        self._dialogs.open_file("Load annotation", load, (*MARKERS, *LEGACY))

    def _name(self, kind: str) -> str:
        return f"{stem_of(self._session.volume)}_{kind}.tif"

    def change_parameters(self) -> None:
        """Change classifier parameters."""
        session = self._session

        def accept(pipeline: Pipeline) -> None:
            session.pipeline = pipeline
            if panel.mask.renew.value:
                self._jobs.start("Taking the label for the mask", lambda job: session.renew_mask())
            self._dialogs.dismiss()

        label, other = _labels_of(session)
        panel = ClassifierPanel(
            session.pipeline,
            partial(self._dialogs.attempt, accept),
            self._dialogs.dismiss,
            shape=session.volume.shape,
            classes={item.id: item.name for item in session.classes},
            label=label,
            other_label=other,
            lock=self._lock(),
        )
        self._dialogs.show(panel)

    def _lock(self) -> Lock | None:
        """Return what belongs to a classifier or training data that were loaded."""

        def let_go() -> None:
            self._session.forget_classifier()
            self._session.forget_training_data()
            self.change_parameters()
            self._dialogs.tell(f"Let go of {name}: load it again to use it")

        loaded = self._session.loaded
        if loaded is None:
            return None
        name = loaded.name
        return Lock(name, self._session.locks, partial(self._dialogs.attempt, let_go))

    def change_colormap(self) -> None:
        """Choose one of the colour maps; the picture follows at once."""
        former = self._session.view.colormap
        names = w.Select(options=COLORMAPS, value=former, rows=14, layout={"width": "100%"})
        names.tooltip = "Colour map of the slice"
        ramp = w.HTML(gradient(former))

        def follow(change: dict[str, Any]) -> None:
            self._session.show(colormap=change["new"])
            ramp.value = gradient(change["new"])

        def cancel() -> None:
            self._session.show(colormap=former)
            self._dialogs.dismiss()

        names.observe(follow, "value")
        row = buttons(Ok=self._dialogs.dismiss, Cancel=cancel)
        panel = w.VBox([_title("Colour map"), names, ramp, row])
        self._dialogs.show(panel.add_class("annotat-narrow"))  # beside it, the picture is seen

    def erase_all(self) -> None:
        """Ask, naming the consequence, and unmark everything."""
        count = self._session.markers.stroke_count()
        strokes = "the only stroke" if count == 1 else f"all {count} strokes"
        question = f"Unmark {strokes} in all slices? Undo brings them back."
        self._dialogs.ask(question, **{"Erase all": self._session.erase_all})

    def show_accuracy(self) -> None:
        """Show how often the last training is right, and which features matter."""
        title, row = _title("Accuracy and features"), buttons(Close=self._dialogs.dismiss)
        self._dialogs.show(w.VBox([title, AccuracyPanel(self._session), row]))


def gradient(name: str) -> str:
    """Draw a colour map as a bar, in HTML made of numbers only."""
    stops = ", ".join("rgb({} {} {})".format(*color) for color in colormap(name)[::17].tolist())
    style = f"height:16px;min-width:240px;background:linear-gradient(90deg, {stops})"
    return f'<div role="img" aria-label="Colours from black to white" style="{style}"></div>'


def _title(text: str) -> w.Label:
    return w.Label(text, style={"font_weight": "bold"})


def _has_other_mask(session: Session) -> bool:
    """Tell whether the mask names classes of another label than the present one."""
    mask, label = session.results.mask, session.segmentation
    return mask is not None and label is not None and mask.data is not label.data


def _labels_of(session: Session) -> tuple[str, str]:
    """Say which label a mask names classes of, and which is there now if that is another."""
    mask, label = session.results.mask, session.segmentation
    if not _has_other_mask(session):
        return _origin_of(mask or label), ""
    return f"{_origin_of(mask)}, as it was when the mask was first used", _origin_of(label)


def _origin_of(label: LabelImage | None) -> str:
    if label is None:
        return ""
    if label.origin == "Apply":
        return "the label that Apply made"
    return f"the label loaded from {label.origin}" if label.origin else "the present label"
