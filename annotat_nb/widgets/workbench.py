"""The panels of one open session, and the signals between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets as w

from annotat_nb.widgets.brush_panel import BrushPanel
from annotat_nb.widgets.class_panel import ClassPanel
from annotat_nb.widgets.commands import session_commands
from annotat_nb.widgets.housekeeping import close_tree
from annotat_nb.widgets.job_bar import JobBar
from annotat_nb.widgets.loop import Soon
from annotat_nb.widgets.segmentation_panel import SegmentationPanel
from annotat_nb.widgets.sentences import next_step
from annotat_nb.widgets.show_panel import ShowPanel
from annotat_nb.widgets.slice_bar import SliceBar
from annotat_nb.widgets.slice_view import SliceView
from annotat_nb.widgets.status_bar import StatusBar
from annotat_nb.widgets.toolbar import Toolbar

if TYPE_CHECKING:
    from collections.abc import Callable

    from annotat_nb.jobs import Job
    from annotat_nb.session import Session
    from annotat_nb.widgets.canvas import SliceCanvas
    from annotat_nb.widgets.dialogs import Dialogs
    from annotat_nb.widgets.loop import Loop
    from annotat_nb.widgets.message import Message

DIGITS = 10


class Workbench:
    """Everything that shows one session: made when it opens, closed when another one does.

    Parameters
    ----------
    session
        What is worked on.
    canvas, dialogs, message
        Parts of the Annotator that stay while sessions come and go.
    loop
        Where the page is drawn.
    on_change
        Called whenever menus and save state may have to be drawn anew.
    """

    def __init__(
        self,
        session: Session,
        canvas: SliceCanvas,
        dialogs: Dialogs,
        message: Message,
        loop: Loop,
        on_change: Callable[[], object],
    ) -> None:
        self.session, self._canvas, self._message = session, canvas, message
        self._loop, self._on_change = loop, on_change
        self._refresh = Soon(loop, self.refresh)
        self._show_menus = Soon(loop, on_change)
        self.jobs = JobBar()
        self.commands = session_commands(session, canvas, dialogs, self.run)
        self.view = SliceView(session, canvas, loop)
        self.toolbar = Toolbar(session, canvas)
        self.classes = ClassPanel(session, lambda text: message.say(text, "error"))
        self.brush = BrushPanel(session)
        self.show = ShowPanel(session)
        self.segmentation = SegmentationPanel(
            session, self.run, lambda: dialogs.change_parameters(session)
        )
        self.slices = SliceBar(session)
        self.status = StatusBar(session)
        self.side = w.VBox(
            [
                section("Classes", self.classes),
                section("Brush", self.brush),
                section("Segmentation", self.segmentation),
                section("Show", self.show),
            ]
        ).add_class("annotat-side")
        self._set_keys()
        self._connect()
        self.refresh()

    @property
    def is_busy(self) -> bool:
        """Whether a job runs."""
        return self.jobs.job is not None

    def run(self, verb: str) -> None:
        """Start one of the session's long verbs in the background."""
        if self.is_busy:
            return
        try:
            getattr(self.session, verb)(block=False)
        except ValueError as error:
            self._message.explain(error)

    def refresh(self) -> None:
        """Bring every panel up to date."""
        job = self.jobs.job
        self.toolbar.refresh()
        self.classes.refresh()
        self.brush.refresh()
        self.show.refresh()
        self.segmentation.refresh(job.name if job else "")
        self.slices.refresh()
        if job is None and self._message.tone != "error":
            self._message.say(next_step(self.session))
        self._on_change()

    def close(self) -> None:
        """Close the panels; the session stays as it is."""
        for signal, slot in self._connections:
            signal.disconnect(slot, missing_ok=True)
        self.view.close()
        for panel in (self.toolbar, self.side, self.slices, self.jobs, self.status):
            close_tree(panel)

    def _connect(self) -> None:
        session, canvas = self.session, self._canvas
        changed = self._follow_change
        self._connections: list[tuple[Any, Any]] = [
            (session.annotation.changed, changed),
            (session.classes.changed, changed),
            (session.pipeline_changed, changed),
            (session.results.superpixels_changed, changed),
            (session.results.segmentation_changed, changed),
            (session.results.preview_changed, changed),
            (session.visualization_changed, changed),
            (session.recorder.changed, self._show_menus.ask),
            (session.view_changed, self._follow_view),
            (session.runner.started, self._follow_job),
            (canvas.wheeled, lambda steps: session.step_slice(-steps)),
            (canvas.key_pressed, self._press),
            (canvas.hovered, self.status.point),
        ]
        for signal, slot in self._connections:
            signal.connect(slot)

    def _follow_change(self, *_: object) -> None:
        self._message.tone = "hint"
        self._refresh.ask()

    def _follow_view(self, *_: object) -> None:
        self.slices.refresh()
        self.toolbar.refresh()
        self.show.refresh()
        self.brush.refresh()
        self.classes.list.selected = self.session.view.label
        self._on_change()

    def _follow_job(self, job: Job) -> None:
        job.changed.connect(lambda: self._loop.call(lambda: self._settle(job)))
        self.jobs.follow(job, self._loop.call)
        self._message.layout.display = "none"
        self._refresh.ask()

    def _settle(self, job: Job) -> None:
        if not job.is_over:
            return
        self._message.layout.display = ""
        if job.state == "failed" and job.error is not None:
            self._message.explain(job.error)
        self.jobs.refresh()
        self.refresh()

    def _set_keys(self) -> None:
        pen = self._canvas.pen
        pen.shortcuts = [key for command in self.commands for key in command.keys]
        pen.key_sets = {str(digit): {"label": digit} for digit in range(DIGITS)}
        pen.key_steps = {"[": {"radius": -1}, "]": {"radius": 1}}
        pen.key_help = "; ".join(f"{c.keys[0]}: {c.title}" for c in self.commands if c.keys)

    def _press(self, key: str) -> None:
        command = next(c for c in self.commands if key in c.keys)
        reason = command.reason()
        if reason is None:
            command.act()
        else:
            self._message.say(reason, "error")


def section(title: str, panel: w.Widget) -> w.VBox:
    """Return `panel` under its title."""
    heading = w.Label(title).add_class("annotat-heading")
    return w.VBox([heading, panel]).add_class("annotat-section")
