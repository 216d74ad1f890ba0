"""The setting that keeps the shown slice classified while one paints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from annotat_nb.classify.device import lending
from annotat_nb.progress import part_of
from annotat_nb.session.engine import Outcome, Snapshot, neighbourhood
from annotat_nb.session.live import LiveUpdate
from annotat_nb.session.segmenting import Segmenting

if TYPE_CHECKING:
    from collections.abc import Callable

    from annotat_nb.blocks import Box
    from annotat_nb.jobs import Job
    from annotat_nb.session.base import PathLike
    from annotat_nb.store import Workspace
    from annotat_nb.volume import Volume

ANEW = "The superpixels are older than the parameters: press Generate superpixels"
REACHES = {0: (0.5, 0.7), 3: (0.7, 1.0)}
"""Slices on either side of the shown one: first none, then those that one scrolls to; and the
share of the job that each takes."""


class Updating(Segmenting):
    """Live update of the preview."""

    def __init__(
        self,
        volume: Volume,
        workspace: PathLike | Workspace | None = None,
        *,
        memory_budget: float | None = None,
    ) -> None:
        super().__init__(volume, workspace, memory_budget=memory_budget)
        self.live_update = LiveUpdate(self, self.live_obstacle, self._update)
        """How the live update stands, and a signal that tells when that changes."""

    @property
    def live(self) -> bool:
        """Whether the shown slice is classified anew after every stroke; off at first.

        The shown slice comes first, then its neighbours, as a preview. It runs in the background,
        gives way to the next stroke, and begins once two classes are painted and, where the
        pipeline asks for superpixels, these are there: `live_obstacle` says what is missing.
        """
        return self.live_update.is_on

    @live.setter
    def live(self, is_on: bool) -> None:
        self.recorder.check_open()
        self.live_update.switch(bool(is_on))

    def live_obstacle(self) -> str | None:
        """Say what is missing for a live update, in one sentence; None: nothing."""
        missing = self.obstacle("preview")
        if missing is None and self.pipeline.superpixels is not None and not self.superpixels_serve:
            return ANEW
        return missing

    def close(self) -> None:
        """Cancel what runs, write what is left, and give the workspace back."""
        self.live_update.switch(False)
        super().close()

    def _update(self, job: Job, look: Callable[[], None]) -> None:
        """Train on the strokes and preview what is shown, as far as that is not there already."""
        with self.lock:
            if self._is_segmented_as_painted:
                self.results.drop_preview()
                return
            snapshot = self._snapshot()
        self.results.write()  # the mask, if it is new
        with lending(snapshot.pipeline.device):
            self._preview_anew(snapshot, job, look)

    def _preview_anew(self, snapshot: Snapshot, job: Job, look: Callable[[], None]) -> None:
        learnt = self._engine.learn(snapshot, part_of(job.report, 0.0, 0.5))
        look()
        for reach, share in REACHES.items():
            box = neighbourhood(self.volume, self.view.axis, self.view.index, reach)
            if not self._is_previewed(snapshot, box):
                outcome = self._engine.classify(learnt, part_of(job.report, *share), box)
                job.notice = outcome.notice
                job.report("Drawing", share[1])
                self._take_preview(outcome)

    @property
    def _is_segmented_as_painted(self) -> bool:
        """Whether the segmentation is the one that Apply would give now."""
        is_applied = self.results.segmented_with is not None
        is_other = self.changes_since_apply or self.parameters_changed or self.grounds_changed
        return is_applied and not is_other

    def _is_previewed(self, snapshot: Snapshot, box: Box) -> bool:
        previewed = self.results.previewed
        return previewed is not None and previewed.shows(snapshot, box)

    def _take_preview(self, outcome: Outcome) -> None:
        """Show what was found, unless other parameters ask for something else by now."""
        with self.lock:
            if self.recorder.is_open and self._is_current(outcome.snapshot):
                self.results.set_preview(outcome)
