"""What every part of a session shares: the volume, what derives from it, and the lock."""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

from psygnal import Signal

from annotat_nb import io
from annotat_nb.annotation import (
    Annotation,
    ClassTable,
    Edit,
    LabelImage,
    Markers,
)
from annotat_nb.classify import Pipeline
from annotat_nb.jobs import ThreadRunner
from annotat_nb.room import Room
from annotat_nb.session.engine import Engine
from annotat_nb.session.interrupt import uninterrupted
from annotat_nb.session.recorder import Recorder
from annotat_nb.session.replay import replay, stored_view
from annotat_nb.session.results import Results
from annotat_nb.session.view import View, middle_of
from annotat_nb.store import Workspace
from annotat_nb.store.codec import encode_edit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from annotat_nb.session.loaded import Loaded
    from annotat_nb.volume import Volume

PathLike = str | os.PathLike[str]


class SessionError(ValueError):
    """Something is missing for what was asked; the message says what to do first."""


class SessionBase:
    """State of a session; the classes that derive from it add the verbs, sorted by topic."""

    pipeline_changed = Signal()
    loaded_changed = Signal()
    """Emitted after a classifier or training data were loaded or let go of."""
    view_changed = Signal(View, View)
    """Emitted with the new and the former view."""
    visualization_changed = Signal()

    def __init__(
        self,
        volume: Volume,
        workspace: PathLike | Workspace | None = None,
        *,
        memory_budget: float | None = None,
    ) -> None:
        self.lock = threading.RLock()
        """Held while the model changes: callbacks may come from several threads.

        Signals of the session and its results are emitted under it: each has a lock of its own,
        which comes second everywhere.
        """
        self.volume = _switchable(volume)
        self.annotation = Annotation(volume.shape, self._make, self.lock)
        self.runner = ThreadRunner()
        self.recorder = Recorder(_opened(workspace, volume))
        opened = self.recorder.workspace
        can_write = opened is not None and not opened.is_read_only
        self._room = Room(memory_budget, opened.results.new_array if opened and can_write else None)
        self._engine = Engine(volume, self._room)
        self._pipeline = Pipeline()
        self.results = Results(self.annotation, self.recorder)
        """Superpixels, preview and segmentation, and signals that tell when they change."""
        self.loaded: Loaded | None = None
        """The classifier or the training data from a file that the session goes on from."""
        self._visualization: Volume | None = None
        self._view = middle_of(volume.shape)
        self._hidden: frozenset[int] = frozenset()
        self.notices: tuple[str, ...] = ()
        """What could not be brought back from the workspace, in sentences."""
        if self.recorder.workspace is not None:
            self._resume(self.recorder.workspace)
            self.recorder.workspace.on_hand_over = self._hand_over
        self.classes.changed.connect(self._note_hidden)

    def __repr__(self) -> str:
        strokes = self.markers.stroke_count()
        return f"Session({self.volume!r}, {len(self.classes)} classes, {strokes} strokes)"

    @property
    def classes(self) -> ClassTable:
        """The classes; changing them is undoable."""
        return self.annotation.classes

    @property
    def markers(self) -> Markers:
        """What was painted; ``markers.data`` reads as int16 with -1 where nothing is marked."""
        return self.annotation.markers

    @property
    def superpixels(self) -> LabelImage | None:
        """The superpixels, uint32 with ids from 1; None before they exist."""
        found = self.results.superpixels
        return None if found is None else found.image

    @property
    def segmentation(self) -> LabelImage | None:
        """The class of each voxel, uint8 (uint16 above 256 classes); None before Apply."""
        return self.annotation.labels

    @property
    def memory_budget(self) -> float | None:
        """Bytes of memory that results may take, with what is needed to compute them.

        None is half of what is free whenever something is computed. What does not fit is kept in
        the workspace, and read from there where it is looked at. A label that fits when the budget
        is raised comes back into memory.
        """
        return self._room.budget

    @memory_budget.setter
    def memory_budget(self, budget: float | None) -> None:
        with self.lock:
            self._room.budget = budget
            if self.segmentation is not None:
                self.segmentation.data = self._room.bring(self.segmentation.data, "label")

    @property
    def pipeline(self) -> Pipeline:
        """How superpixels and segmentations are computed.

        What belongs to a classifier or training data that were loaded cannot be changed, as `locks`
        says, until `forget_classifier` or `forget_training_data` lets go of them.
        """
        return self._pipeline

    @pipeline.setter
    def pipeline(self, pipeline: Pipeline) -> None:
        with self.lock:
            self.recorder.check_open()
            pipeline = Pipeline.model_validate(pipeline)
            for field, why in self.locks.items():
                if getattr(pipeline, field) != getattr(self._pipeline, field):
                    raise SessionError(why)
            self._set_pipeline(pipeline)

    @property
    def locks(self) -> dict[str, str]:
        """Parameters of the pipeline that cannot be changed now, and why: a sentence for each."""
        return {} if self.loaded is None else self.loaded.locks()

    def _set_pipeline(self, pipeline: Pipeline) -> None:
        with self.lock:
            if pipeline != self._pipeline:
                self._pipeline = pipeline
                if pipeline.mask is None:
                    self.results.lift_mask()
                self.recorder.record("pipeline", pipeline.model_dump(mode="json"))
                self.pipeline_changed.emit()

    @property
    def view(self) -> View:
        """What is shown, and with which tool."""
        return self._view

    @property
    def visualization(self) -> Volume | None:
        """Another image of the same shape, shown in place of the original, never computed on."""
        return self._visualization

    @visualization.setter
    def visualization(self, volume: Volume | None) -> None:
        if volume is not None and volume.shape != self.volume.shape:
            raise SessionError(
                f"{volume.name or 'the visualization image'}: has shape {volume.shape}, but the "
                f"image has {self.volume.shape}; choose one of the same shape"
            )
        with self.lock:
            self.recorder.check_open()
            if self.recorder.workspace is not None:
                self.recorder.workspace.remember_visualization(volume)
            self._visualization = volume
            self.visualization_changed.emit()

    def show(self, **changes: Any) -> None:
        """Change what is shown: ``session.show(axis="y", y=12, colormap="Viridis")``.

        Parameters
        ----------
        changes
            Fields of `annotat_nb.session.View` with their new values.

        Raises
        ------
        ValidationError
            If a name or a value does not exist in `annotat_nb.session.View`.
        """
        with self.lock:
            former = self._view
            view = View(**{**dict(former), **changes}).within(self.volume.shape)
            self.classes[view.label]  # says which classes there are, if this is none of them
            self._view = view
            if view != former:
                self.recorder.record_view(view.model_dump(mode="json"))
                self.view_changed.emit(view, former)

    def _step(self, kind: str, move: Callable[[], Edit | None]) -> str | None:
        with self.lock:
            self.recorder.check_open()
            with self._announced_once_recorded(), uninterrupted():
                edit = move()
                if edit is not None:
                    self.recorder.record(kind)
            self._select_existing_class()
            return None if edit is None else edit.name

    def _make(self, edit: Edit) -> None:
        with self.lock:
            self.recorder.check_open()
            if not edit.voxel_count and edit.classes is None:
                return
            record = encode_edit(edit)
            with self._announced_once_recorded(), uninterrupted():
                self.annotation.make(edit)
                self.recorder.record("edit", record)
            self._select_existing_class()

    @contextmanager
    def _announced_once_recorded(self) -> Iterator[None]:
        """Hold signals back: a listener that fails must not come between edit and journal."""
        with self.annotation.changed.paused(), self.classes.changed.paused():
            yield

    def _select_existing_class(self) -> None:
        if self.view.label not in self.classes:
            self.show(label=0)

    def _note_hidden(self) -> None:
        if self.classes.hidden != self._hidden and self.recorder.is_open:
            self._hidden = self.classes.hidden
            self.recorder.record("hidden", {"classes": sorted(self._hidden)})

    def close(self) -> None:
        """Cancel what runs, write what is left, and give the workspace back."""
        self.runner.close()
        self.results.write()
        self._engine.forget()
        self.results.forget()
        self.recorder.close()

    def _hand_over(self) -> None:
        """Stop, and write what is left, for the session that goes on with the workspace."""
        self.runner.cancel_all()
        with self.lock:  # nobody is in the midst of a change
            self.recorder.give_up()
        self.results.write()

    def _resume(self, workspace: Workspace) -> None:
        try:
            workspace.bind(self.volume)
            found = replay(workspace, self.annotation, self._room)
        except BaseException:
            workspace.close()
            raise
        if isinstance(self.volume.data, io.PagedImage):
            self.volume.data.blocks = workspace.block_copy(self.volume).open()
        self._pipeline = found.pipeline or self._pipeline
        self._hidden = self.classes.hidden
        self.loaded = found.loaded
        self.results.resume(found)
        self.notices = found.notices
        try:
            self._visualization = workspace.open_visualization()
        except io.ReadError as error:
            self.notices += (f"The visualization image is left out: {error}",)
        if (view := stored_view(workspace)) is not None:
            label = view.label if view.label in self.classes else 0
            self._view = view.within(self.volume.shape).model_copy(update={"label": label})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _switchable(volume: Volume) -> Volume:
    """Let the data of `volume` come from a copy in blocks, once there is one, if it needs any."""
    data = io.paged(volume.data)
    return volume if data is volume.data else replace(volume, data=data)


def _opened(workspace: PathLike | Workspace | None, volume: Volume) -> Workspace | None:
    if workspace is None or isinstance(workspace, Workspace):
        return workspace
    Workspace.check_image(workspace, volume)
    return Workspace(workspace)
