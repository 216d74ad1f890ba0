"""The verbs that segment."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from annotat_nb.classify import Marks, Mask, TrainedClassifier
from annotat_nb.features import device_of
from annotat_nb.session.base import SessionError
from annotat_nb.session.engine import Outcome, Snapshot, Superpixels, neighbourhood
from annotat_nb.session.findings import Findings
from annotat_nb.session.loaded import ANEW, OF_ITS_OWN
from annotat_nb.session.working import Working, once_compiled

if TYPE_CHECKING:
    from collections.abc import Callable

    from annotat_nb.annotation import LabelImage
    from annotat_nb.blocks import Box
    from annotat_nb.jobs import Job

NO_LABEL = (
    "The mask names classes of a label, and there is none yet: load one, or press Apply without a "
    "mask first"
)
PER_VOXEL = (
    "This pipeline classifies single voxels, so it needs no superpixels; choose a superpixel "
    "method under Change classifier parameters to use them"
)


class Segmenting(Findings, Working):
    """Superpixels, preview and segmentation, each as a job."""

    def obstacle(self, verb: str) -> str | None:
        """Say what is missing for a verb, in one sentence; None: nothing.

        Parameters
        ----------
        verb
            ``"generate_superpixels"``, ``"preview"`` or ``"apply"``.
        """
        if self.recorder.obstacle is not None:
            return self.recorder.obstacle
        if (absent := self._device_missing()) is not None:
            return absent
        if verb == "generate_superpixels":
            is_per_voxel = self.pipeline.superpixels is None
            return PER_VOXEL if is_per_voxel else None
        if self.pipeline.mask is not None and self._mask_label is None:
            return NO_LABEL
        return self._superpixels_missing() or self._classes_missing()

    @property
    def caution(self) -> str | None:
        """What Apply would do that one might not expect, in one sentence; None: nothing.

        It warns before a loaded classifier is trained anew on other strokes than it learnt from,
        of an image much unlike the one that it learnt from, and where it learnt inside a mask and
        there is none.
        """
        if self.loaded is None:
            return None
        if self.loaded.model is not None and not self.applies_as_loaded:
            return ANEW.format(self.loaded.name)
        confinement = self.loaded.confinement if self.pipeline.mask is None else ""
        return ". ".join(filter(None, [confinement, self.loaded.caution])) or None

    @property
    def is_trained(self) -> bool:
        """Whether the last training was with the present parameters, on what is loaded now.

        Of it tell `accuracy` and `kept_features`. Strokes may have come since.
        """
        found, loaded = self.results.trained, self.loaded
        if found is None:
            return False
        if loaded is not None and loaded.model is not None:
            return (found is loaded.learnt) == self.applies_as_loaded
        # Where it is computed makes no difference; a stored classifier names no mask.
        aside = {"device": self.pipeline.device, "mask": self.pipeline.mask}
        used = found.pipeline.model_copy(update=aside)
        key, inside = loaded and loaded.key, (self.results.mask_key, self.pipeline.mask)
        then = self.results.trained_from, self.results.trained_inside
        return used == self.pipeline and (key, inside) == then

    @property
    def applies_as_loaded(self) -> bool:
        """Whether Apply uses the classifier that was loaded: nothing was painted since."""
        if self.loaded is None or self.loaded.model is None:
            return False
        return not self.annotation.history.steps_since(self.loaded.position)

    def _device_missing(self) -> str | None:
        """Say that the graphics card that was chosen is not there."""
        if not self.pipeline.device.startswith("cuda"):
            return None
        try:
            device_of(self.pipeline.device)
        except ValueError as error:
            reason = str(error)
            return f"{reason[0].upper()}{reason[1:]} under Change classifier parameters, Advanced"
        return None

    def _superpixels_missing(self) -> str | None:
        if self.superpixels is None and self.pipeline.superpixels is not None:
            return "Generate superpixels first: the classifier sorts superpixels into classes"
        return None

    def _classes_missing(self) -> str | None:
        """Say which classes are missing to train, or to show what is known of them."""
        loaded = self.loaded
        if loaded is not None and not all(number in self.classes for number in loaded.class_ids):
            return f"A class that {loaded.name} knows was taken away: redo, or load it again"
        if self.applies_as_loaded:
            return None
        known = set(loaded.class_ids) if loaded is not None and loaded.data is not None else set()
        painted = [c for c in self.classes if c.id in known or self.markers.stroke_count(c.id)]
        if len(painted) >= 2:
            return None
        if loaded is not None and loaded.model is not None:
            return OF_ITS_OWN.format(loaded.name)
        if not painted:
            return "Paint at least two classes first, such as Background and one other"
        return f"Paint a second class: so far only {painted[0].name} has strokes"

    def renew_mask(self) -> None:
        """Let the mask name classes of the present label, in place of the one it was first used on.

        Without a mask, or where there is no label, nothing changes.

        Raises
        ------
        ReadOnly
            If the workspace is only looked at.
        """
        with self.lock:
            self.recorder.check_open()
            if self.pipeline.mask is None or self.segmentation is None:
                return
            self.results.set_mask(self.segmentation)
            self.pipeline_changed.emit()
        self.results.write()

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
            found = self._engine.superpixels(pipeline, job.report)
            job.notice = found.notice
            return found

        def commit(found: Superpixels) -> None:
            with self.lock:
                self._refuse_stale(self.pipeline.superpixels == pipeline.superpixels)
                self.results.set_superpixels(found)
            self.results.write()

        return self._run("Generate superpixels", once_compiled(work), commit, block)

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
            If superpixels or painted classes are missing; a classifier that was loaded needs no
            strokes.
        """
        self._refuse_obstacle("preview")
        self._warn(block)
        snapshot = self._snapshot()
        axis = axis or self.view.axis
        box = neighbourhood(self.volume, axis, getattr(self.view, axis) if index is None else index)
        return self._run(
            "Preview",
            self._segmenting(snapshot, box),
            lambda outcome: self._accept(outcome, self.results.set_preview),
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
            If superpixels or painted classes are missing; a classifier that was loaded needs no
            strokes.
        """
        self._refuse_obstacle("apply")
        self._warn(block)
        snapshot = self._snapshot()
        return self._run(
            "Apply",
            self._segmenting(snapshot),
            lambda outcome: self._accept(outcome, self.results.set_prediction),
            block,
        )

    def _segmenting(self, snapshot: Snapshot, box: Box | None = None) -> Callable[[Job], Outcome]:
        """Return the work of a job that segments the volume, or what lies in `box`."""

        def work(job: Job) -> Outcome:
            self.results.write()  # the mask, if it is new
            outcome = self._engine.segment(snapshot, job.report, box)
            job.notice = outcome.notice
            return outcome

        return once_compiled(work)

    def _warn(self, block: bool) -> None:
        """Say what is unexpected to who waits for the end; who does not shows `caution`."""
        if block and (caution := self.caution) is not None:
            warnings.warn(caution, stacklevel=3)

    def _snapshot(self) -> Snapshot:
        with self.lock:
            return Snapshot(
                self.volume,
                self.pipeline,
                self.results.superpixels,
                Marks(*self.markers.marked()),
                self.annotation.history.position,
                self.classes.stored(),
                self._mask(),
                self.loaded,
                self._ready(),
                self.results.mask_key,
            )

    def _ready(self) -> TrainedClassifier | None:
        """Return the classifier to apply as it is; None: train one."""
        if self.loaded is None or not self.applies_as_loaded:
            return None
        learnt = self.loaded.learnt
        return learnt if isinstance(learnt, TrainedClassifier) else None

    @property
    def _mask_label(self) -> LabelImage | None:
        return self.results.mask or self.segmentation

    def _mask(self) -> Mask | None:
        """Return where to train and classify; its label is the one of the first time."""
        label = self._mask_label
        if self.pipeline.mask is None or label is None:
            return None
        if self.results.mask is None and self.recorder.obstacle is None:
            self.results.set_mask(label)
        return Mask(label.data, self.pipeline.mask)

    @property
    def _kept_mask(self) -> Mask | None:
        label, classes = self.results.mask, self.pipeline.mask
        return None if label is None or classes is None else Mask(label.data, classes)

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

    def _accept(self, outcome: Outcome, keep: Callable[[Outcome], None]) -> None:
        with self.lock:
            self._refuse_stale(self._is_current(outcome.snapshot))
            keep(outcome)
        self.results.write()

    def _is_current(self, begun: Snapshot) -> bool:
        """Tell whether all but the strokes is as it was."""
        settings = begun.pipeline, begun.superpixels, begun.mask
        is_same = settings == (self.pipeline, self.results.superpixels, self._kept_mask)
        return is_same and begun.loaded is self.loaded
