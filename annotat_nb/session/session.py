"""The session: a dozen verbs over one volume, none of which contains an algorithm."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from psygnal import Signal

from annotat_nb import io
from annotat_nb.annotation import (
    Annotation,
    ClassTable,
    Edit,
    Erase,
    EraseAll,
    EraseStroke,
    LabelImage,
    Markers,
    Paint,
    Tool,
)
from annotat_nb.classify import Marks, Pipeline, Prediction
from annotat_nb.jobs import Job, ThreadRunner, wait_with_bar
from annotat_nb.session import replay
from annotat_nb.session.recorder import Recorder
from annotat_nb.session.segmenting import Engine, Outcome, Snapshot, Superpixels, neighbourhood
from annotat_nb.session.view import View, middle_of
from annotat_nb.store import Workspace
from annotat_nb.store.codec import encode_edit
from annotat_nb.volume import AXES, Volume

Path = str | os.PathLike[str]


@dataclass(frozen=True)
class Probe:
    """What is at one voxel."""

    value: Any
    label: int | None
    """Class in the segmentation; None without one."""
    probability: float | None
    """Of that class; None when the segmentation was loaded or reopened."""


class SessionError(ValueError):
    """Something is missing for what was asked; the message says what to do first."""


class Session:
    """One volume being annotated and segmented, and everything that derives from it.

    Parameters
    ----------
    volume
        The image to work on.
    workspace
        Folder in which everything is kept; None keeps it in memory only. A folder that exists
        already goes on where it was left, if it belongs to the same image.

    Raises
    ------
    WorkspaceError
        If the folder belongs to another image, is no workspace, or is in use.

    Examples
    --------
    >>> session = Session(Volume(np.arange(64.0).reshape(1, 8, 8)))
    >>> bone = session.classes.add("bone")
    >>> session.paint([(1, 1), (1, 5)], label=0, radius=1)
    >>> session.paint([(6, 1), (6, 5)], label=bone, radius=1)
    >>> session.pipeline = Pipeline(superpixels=None, selection=None)
    >>> session.apply()
    >>> session.segmentation.data[0, :, 0].tolist()
    [0, 0, 0, 0, 1, 1, 1, 1]
    """

    superpixels_changed = Signal()
    segmentation_changed = Signal()
    preview_changed = Signal()
    pipeline_changed = Signal()
    view_changed = Signal(View, View)
    """Emitted with the new and the former view."""
    visualization_changed = Signal()

    def __init__(self, volume: Volume, workspace: Path | Workspace | None = None) -> None:
        self.lock = threading.RLock()
        """Held while the model changes: callbacks may come from several threads."""
        self.volume = volume
        self.annotation = Annotation(volume.shape, self._make)
        self.runner = ThreadRunner()
        self.recorder = Recorder(_opened(workspace))
        self._engine = Engine(volume)
        self._pipeline = Pipeline()
        self._superpixels: Superpixels | None = None
        self._preview: Prediction | None = None
        self._prediction: Prediction | None = None
        self._segmented_at: int | None = None
        self._fractions: dict[int, float] = {}
        self._visualization: Volume | None = None
        self._view = middle_of(volume.shape)
        self._hidden: frozenset[int] = frozenset()
        self.kept_features: tuple[str, ...] = ()
        """Feature channels that the last training used."""
        if self.recorder.workspace is not None:
            self._resume(self.recorder.workspace)
        self.classes.changed.connect(self._note_hidden)

    def __repr__(self) -> str:
        strokes = self.markers.stroke_count()
        return f"Session({self.volume!r}, {len(self.classes)} classes, {strokes} strokes)"

    # What there is -----------------------------------------------------------------------------

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
        return self._superpixels and self._superpixels.image

    @property
    def superpixel_count(self) -> int:
        """Number of superpixels; 0 before they exist."""
        return self._superpixels.count if self._superpixels else 0

    @property
    def segmentation(self) -> LabelImage | None:
        """The class of each voxel, uint8 (uint16 above 256 classes); None before Apply."""
        return self.annotation.labels

    @property
    def previewed(self) -> Prediction | None:
        """The last preview; None after Apply, or when there was none."""
        return self._preview

    @property
    def probabilities(self) -> Any:
        """Probability of each class, (classes, z, y, x) float32, computed when read; None
        before Apply. The first axis follows the ascending ids of the classes that were painted."""
        return self._prediction and self._prediction.probabilities

    @property
    def pipeline(self) -> Pipeline:
        """How superpixels and segmentations are computed."""
        return self._pipeline

    @pipeline.setter
    def pipeline(self, pipeline: Pipeline) -> None:
        with self.lock:
            self.recorder.check_open()
            if pipeline != self._pipeline:
                self._pipeline = Pipeline.model_validate(pipeline)
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

    @property
    def changes_since_apply(self) -> int | None:
        """Steps that the segmentation does not know, made or taken back; None without one."""
        if self._segmented_at is None:
            return None
        return self.annotation.history.steps_since(self._segmented_at)

    @property
    def fractions(self) -> dict[int, float]:
        """Share of the voxels that each class has in the segmentation; empty without one."""
        return dict(self._fractions)

    def probe(self, voxel: tuple[int, int, int]) -> Probe:
        """Say what is at `voxel`, (z, y, x): intensity, class and its probability."""
        shown = self.visualization if self.view.image == "alternative" else self.volume
        label, probability = None, None
        if self.segmentation is not None:
            label = int(self.segmentation.data[voxel])
        if self._prediction is not None and label is not None:
            probability = _probability(self._prediction, voxel, label)
        return Probe((shown or self.volume).data[voxel], label, probability)

    # Annotation --------------------------------------------------------------------------------

    def show(self, **changes: Any) -> None:
        """Change what is shown: ``session.show(axis="y", y=12, colormap="Viridis")``.

        Raises
        ------
        ValidationError
            If a name or a value does not exist in `annotat_nb.session.View`.
        """
        with self.lock:
            former = self._view
            self._view = View(**{**dict(former), **changes}).within(self.volume.shape)
            if self._view == former:
                return
        self.recorder.record_view(self._view.model_dump(mode="json"))
        self.view_changed.emit(self._view, former)

    def step_slice(self, steps: int) -> None:
        """Go `steps` slices forward along the shown axis, or back; stop at the ends."""
        last = self.volume.shape[AXES.index(self.view.axis)] - 1
        self.show(**{self.view.axis: min(max(self.view.index + steps, 0), last)})

    def edit(self, tool: Tool) -> None:
        """Use an annotation tool: one step to undo."""
        with self.lock:
            self._make(tool.edit(self.annotation))

    def paint(
        self,
        points: Sequence[tuple[int, int]],
        *,
        axis: str = "z",
        index: int = 0,
        label: int = 1,
        radius: int = 5,
    ) -> None:
        """Draw one stroke: mark the voxels under the brush with class `label`.

        Parameters
        ----------
        points
            Voxels that the brush passes, in the remaining (z, y, x) order of the slice;
            straight lines join them.
        axis, index
            The slice: its number `index` across `axis`.
        label
            Class to mark with.
        radius
            Radius of the brush, in voxels.

        Raises
        ------
        KeyError
            If there is no class `label`.
        ValueError
            If the slice does not exist.
        """
        brush = {"points": points, "axis": axis, "index": index, "radius": radius}
        self.edit(Paint(**brush, label=label))

    def erase(
        self,
        points: Sequence[tuple[int, int]],
        *,
        axis: str = "z",
        index: int = 0,
        radius: int = 5,
    ) -> None:
        """Unmark the voxels under the brush; the parameters are those of `paint`."""
        brush = {"points": points, "axis": axis, "index": index, "radius": radius}
        self.edit(Erase(**brush))

    def erase_stroke(self, point: tuple[int, int], *, axis: str = "z", index: int = 0) -> None:
        """Unmark the whole stroke that marks the voxel `point` of a slice."""
        self.edit(EraseStroke.model_validate({"point": point, "axis": axis, "index": index}))

    def erase_all(self) -> None:
        """Unmark everything."""
        self.edit(EraseAll())

    def undo(self) -> str | None:
        """Take back the last step and return its name; None when there is none."""
        return self._step("undo", self.annotation.undo)

    def redo(self) -> str | None:
        """Repeat the last step that was taken back and return its name; None without one."""
        return self._step("redo", self.annotation.redo)

    def _step(self, kind: str, move: Callable[[], Edit | None]) -> str | None:
        with self.lock:
            self.recorder.check_open()
            edit = move()
            if edit is not None:
                self.recorder.record(kind)
            return edit and edit.name

    def _make(self, edit: Edit) -> None:
        with self.lock:
            self.recorder.check_open()
            if edit.voxel_count or edit.classes is not None:
                self.annotation.make(edit)
                self.recorder.record("edit", encode_edit(edit))

    def _note_hidden(self) -> None:
        if self.classes.hidden != self._hidden:
            self._hidden = self.classes.hidden
            self.recorder.record("hidden", {"classes": sorted(self._hidden)})

    # Segmentation ------------------------------------------------------------------------------

    def obstacle(self, verb: str) -> str | None:
        """Say what is missing for "generate_superpixels", "preview" or "apply"; None: nothing."""
        if verb == "generate_superpixels":
            is_per_voxel = self.pipeline.superpixels is None
            return PER_VOXEL if is_per_voxel else None
        if self._superpixels is None and self.pipeline.superpixels is not None:
            return "Generate superpixels first: the classifier sorts superpixels into classes"
        painted = [c for c in self.classes if self.markers.stroke_count(c.id)]
        if len(painted) >= 2:
            return None
        if not painted:
            return "Paint at least two classes first, such as Background and one other"
        return f"Paint a second class: so far only {painted[0].name} has strokes"

    def generate_superpixels(self, *, block: bool = True) -> Job | None:
        """Divide the volume into superpixels, as the pipeline says.

        Parameters
        ----------
        block
            Wait for the end, with a progress bar; otherwise return a `Job` at once.

        Raises
        ------
        SessionError
            If the pipeline classifies single voxels.
        """
        self._refuse_obstacle("generate_superpixels")
        pipeline = self.pipeline

        def work(job: Job) -> Superpixels:
            return self._engine.superpixels(pipeline, job.report)

        def commit(found: Superpixels) -> None:
            with self.lock:
                self._refuse_stale(self.pipeline.superpixels == pipeline.superpixels)
                self._accept_superpixels(found)

        return self._run("Generate superpixels", work, commit, block)

    def preview(
        self, *, axis: str | None = None, index: int | None = None, block: bool = True
    ) -> Job | None:
        """Train on all markers and classify one slice with its neighbours, to look at only.

        Parameters
        ----------
        axis, index
            The slice: its number `index` across `axis`; by default the one that is shown.
        block
            Wait for the end, with a progress bar; otherwise return a `Job` at once.

        Raises
        ------
        SessionError
            If superpixels or painted classes are missing.
        """
        self._refuse_obstacle("preview")
        snapshot = self._snapshot()
        axis = axis or self.view.axis
        box = neighbourhood(self.volume, axis, getattr(self.view, axis) if index is None else index)
        return self._run(
            "Preview",
            lambda job: self._engine.segment(snapshot, job.report, box),
            self._accept_preview,
            block,
        )

    def apply(self, *, block: bool = True) -> Job | None:
        """Train on all markers and classify the whole volume.

        Parameters
        ----------
        block
            Wait for the end, with a progress bar; otherwise return a `Job` at once.

        Raises
        ------
        SessionError
            If superpixels or painted classes are missing.
        """
        self._refuse_obstacle("apply")
        snapshot = self._snapshot()
        return self._run(
            "Apply",
            lambda job: self._engine.segment(snapshot, job.report),
            self._accept_segmentation,
            block,
        )

    def _run(
        self,
        name: str,
        work: Callable[[Job], Any],
        commit: Callable[[Any], None],
        block: bool,
    ) -> Job | None:
        job = self.runner.submit(name, work, commit)
        if not block:
            return job
        wait_with_bar(job)
        return None

    def _snapshot(self) -> Snapshot:
        with self.lock:
            return Snapshot(
                self.volume,
                self.pipeline,
                self._superpixels,
                Marks(*self.markers.marked()),
                self.annotation.history.position,
            )

    def _refuse_obstacle(self, verb: str) -> None:
        self.recorder.check_open()
        if (reason := self.obstacle(verb)) is not None:
            raise SessionError(reason)

    def _refuse_stale(self, is_current: bool) -> None:
        self.recorder.check_open()
        if not is_current:
            raise SessionError(
                "the parameters or the superpixels changed meanwhile, so the result was dropped; "
                "press the button again"
            )

    def _is_current(self, snapshot: Snapshot) -> bool:
        return (snapshot.pipeline, snapshot.superpixels) == (self.pipeline, self._superpixels)

    def _accept(self, outcome: Outcome) -> None:
        self._refuse_stale(self._is_current(outcome.snapshot))
        self.kept_features = outcome.kept
        if outcome.superpixels is not None and outcome.superpixels is not self._superpixels:
            self._accept_superpixels(outcome.superpixels)

    def _accept_superpixels(self, found: Superpixels) -> None:
        self._superpixels = found
        self._record_result("superpixels", found.image, method=_stored(found.method))
        self.superpixels_changed.emit()

    def _accept_preview(self, outcome: Outcome) -> None:
        with self.lock:
            self._accept(outcome)
            self._preview = outcome.prediction
            self.preview_changed.emit()

    def _accept_segmentation(self, outcome: Outcome) -> None:
        with self.lock:
            self._accept(outcome)
            self._prediction = outcome.prediction
            labels = self._without_removed(outcome.prediction.labels)
            self._set_segmentation(LabelImage(labels, origin="Apply"), outcome.snapshot.position)

    def _without_removed(self, labels: Any) -> Any:
        removed = [int(n) for n in np.unique(labels) if n not in self.classes]
        return np.where(np.isin(labels, removed), 0, labels).astype(labels.dtype) if removed else labels

    def _set_segmentation(self, labels: LabelImage, position: int) -> None:
        self.annotation.set_labels(labels)
        self._fractions = _fractions_of(labels)
        self._segmented_at, self._preview = position, None
        self._record_result("segmentation", labels, position=position)
        self.segmentation_changed.emit()

    def _record_result(self, kind: str, image: LabelImage, **facts: Any) -> None:
        workspace = self.recorder.workspace
        if workspace is None:
            return
        with self.recorder.guard():
            file = workspace.save_result(kind, image.data)
            self.recorder.record(kind, {"file": file, "origin": image.origin, **facts})
            workspace.drop_results(kind, keep=file)

    # Files -------------------------------------------------------------------------------------

    def save_label(self, path: Path, *, dtype: Any = None) -> os.PathLike[str]:
        """Write the segmentation with its class table, as TIFF or RAW, and return the path.

        Parameters
        ----------
        path
            Where to; the suffix chooses the format. A RAW file gets its size into its name.
        dtype
            Unsigned integer type of the file; the smallest that fits by default.

        Raises
        ------
        SessionError
            If there is no segmentation yet.
        WriteError
            If the file cannot be written, or the type is too small; an older file stays as it was.
        """
        if self.segmentation is None:
            raise SessionError("there is no label to save yet; press Apply or load one first")
        table = [item.model_dump() for item in self.classes]
        geometry = {"voxel_size": self.volume.voxel_size, "unit": self.volume.unit}
        return io.write_labels(
            path, self.segmentation.data, dtype=dtype, classes=table, **geometry
        )

    def load_label(self, path: Path) -> None:
        """Put the label in a file in place of the segmentation, and add its classes to the table.

        Raises
        ------
        ReadError
            If the file is no label of this volume; the message says why.
        """
        labels, table = io.read_labels(path, self.volume.shape)
        with self.lock:
            self.recorder.check_open()
            classes = replay.merged_classes(self.classes.stored(), table, np.unique(labels))
            if classes != self.classes.stored():
                self._make(Edit("load label", classes=classes))
            name = os.path.basename(path)  # noqa: PTH119 - takes any path-like
            self._prediction = None
            self._set_segmentation(LabelImage(labels, origin=name), self.annotation.history.position)

    def save_superpixels(self, path: Path) -> os.PathLike[str]:
        """Write the superpixels as TIFF or RAW, and return the path.

        Raises
        ------
        SessionError
            If there are none yet.
        WriteError
            If the file cannot be written; an older file stays as it was.
        """
        if self.superpixels is None:
            raise SessionError("there are no superpixels to save yet; generate or load them first")
        return io.write_superpixels(path, self.superpixels.data)

    def load_superpixels(self, path: Path) -> None:
        """Use the superpixels in a file; Apply then needs no generating.

        Raises
        ------
        ReadError
            If the file holds no superpixels of this volume; the message says why.
        """
        ids = io.read_superpixels(path, self.volume.shape)
        name = os.path.basename(path)  # noqa: PTH119 - takes any path-like
        with self.lock:
            self.recorder.check_open()
            self._accept_superpixels(Superpixels(LabelImage(ids, origin=name), None))

    # Life --------------------------------------------------------------------------------------

    def close(self) -> None:
        """Stop what runs, write what is left, and give the workspace back."""
        self.runner.close()
        self.recorder.close()

    def _resume(self, workspace: Workspace) -> None:
        try:
            workspace.bind(self.volume)
            found = replay.replay(workspace, self.annotation)
        except BaseException:
            workspace.close()
            raise
        self._pipeline = found.pipeline or self._pipeline
        self._hidden = self.classes.hidden
        self._superpixels = found.superpixels
        self._segmented_at = found.segmented_at
        self._fractions = _fractions_of(self.segmentation)
        self._visualization = workspace.open_visualization()
        if (view := replay.stored_view(workspace)) is not None:
            self._view = view.within(self.volume.shape)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


PER_VOXEL = (
    "This pipeline classifies single voxels, so it needs no superpixels; choose a superpixel "
    "method under Change classifier parameters to use them"
)


def open(workspace: Path) -> Session:  # noqa: A001 - annotat_nb.open, the public name
    """Open a workspace: its image, classes, strokes, parameters, results and view.

    Raises
    ------
    WorkspaceError
        If the folder is no workspace or is in use.
    ReadError
        If its image cannot be found or read.
    """
    if not os.path.isdir(workspace):  # noqa: PTH112 - takes any path-like
        raise SessionError(
            f"{os.fspath(workspace)}: no such workspace; make one with "
            "annotat_nb.Session(volume, workspace=...)"
        )
    found = Workspace(workspace)
    try:
        volume = found.open_image()
    except BaseException:
        found.close()
        raise
    return Session(volume, found)


def _opened(workspace: Path | Workspace | None) -> Workspace | None:
    if workspace is None or isinstance(workspace, Workspace):
        return workspace
    return Workspace(workspace)


def _fractions_of(labels: LabelImage | None) -> dict[int, float]:
    if labels is None:
        return {}
    ids, counts = np.unique(labels.data, return_counts=True)
    return {int(n): int(count) / labels.data.size for n, count in zip(ids, counts, strict=True)}


def _probability(found: Prediction, voxel: tuple[int, int, int], label: int) -> float | None:
    place = np.flatnonzero(found.classes == label)
    return float(found.probabilities[(int(place[0]), *voxel)]) if place.size else None


def _stored(method: Any) -> Any:
    return method and method.model_dump(mode="json")
