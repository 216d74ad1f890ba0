"""The panels of one open session, and the signals between them."""

from __future__ import annotations

from collections.abc import Callable
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
    from annotat_nb.jobs import Job
    from annotat_nb.session import Session
    from annotat_nb.widgets.canvas import SliceCanvas
    from annotat_nb.widgets.dialogs import Dialogs
    from annotat_nb.widgets.loop import Loop
    from annotat_nb.widgets.message import Message

DIGITS = 10
Attempt = Callable[..., object]


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
    attempt
        Called with what the user asks for; shows what goes wrong instead of raising.
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
        attempt: Attempt,
        on_change: Callable[[], object],
    ) -> None:
        self.session, self._canvas, self._message = session, canvas, message
        self._attempt, self._on_change = attempt, on_change
        self._make_tellers(loop)
        self.jobs = JobBar()
        self.commands = session_commands(session, canvas, dialogs, self.run)
        self.view = SliceView(session, canvas, loop, attempt)
        self._make_panels(dialogs, loop)
        self._connect()
        self.refresh()
        for notice in session.notices:
            message.say(notice, "error")

    def _make_tellers(self, loop: Loop) -> None:
        """Make what brings news to the page: once, however often it comes, and on the loop."""
        self._running: list[Job] = []
        self._is_closed = False
        self._is_past = False
        """Whether something was done since the last message: an old error is then taken down."""
        self._refresh = Soon(loop, self.refresh)
        self._show_jobs = Soon(loop, self._follow_jobs)
        self._show_menus = Soon(loop, self._on_change)

    def _make_panels(self, dialogs: Dialogs, loop: Loop) -> None:
        session, canvas, attempt = self.session, self._canvas, self._attempt
        self.toolbar = Toolbar(session, canvas, attempt)
        self.classes = ClassPanel(session, attempt)
        self.brush = BrushPanel(session, lambda: dialogs.erase_all(session))
        self.show = ShowPanel(session)
        self.segmentation = SegmentationPanel(
            session, self.run, lambda: dialogs.change_parameters(session)
        )
        self.slices = SliceBar(session)
        self.status = StatusBar(session, loop)
        self.side = w.VBox(
            [
                section("Classes", self.classes),
                section("Brush", self.brush),
                section("Segmentation", self.segmentation),
                section("Show", self.show),
            ]
        ).add_class("annotat-side")

    @property
    def is_busy(self) -> bool:
        """Whether a job runs."""
        return self.jobs.job is not None

    def run(self, verb: str) -> None:
        """Start one of the session's long verbs in the background."""
        if not self.is_busy:
            self._attempt(getattr(self.session, verb), block=False)

    def refresh(self) -> None:
        """Bring every panel up to date."""
        if self._is_closed:
            return
        job = self.jobs.job
        with self.session.lock:
            for panel in (self.toolbar, self.classes, self.brush, self.show, self.slices):
                panel.refresh()
            self.segmentation.refresh(job.name if job else "")
            self._set_keys()
            if job is None and (self._is_past or self._message.tone != "error"):
                self._message.say(next_step(self.session))
            self._is_past = False
            self._on_change()

    def close(self) -> None:
        """Close the panels; the session stays as it is."""
        self._is_closed = True
        for signal, slot in self._connections:
            signal.disconnect(slot, missing_ok=True)
        self.view.close()
        self.status.close_timer()
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
        if (running := session.runner.current) is not None:
            self._follow_job(running)

    def _follow_change(self, *_: object) -> None:
        self._is_past = True
        self._refresh.ask()

    def _follow_view(self, *_: object) -> None:
        with self.session.lock:
            for panel in (self.slices, self.toolbar, self.show, self.brush):
                panel.refresh()
            self.classes.list.selected = self.session.view.label
        self._show_menus.ask()

    def _follow_job(self, job: Job) -> None:
        self._running.append(job)
        job.changed.connect(self._show_jobs.ask)
        self._show_jobs.ask()

    def _follow_jobs(self) -> None:
        """Show the job that runs; say what became of those that are over."""
        over = [job for job in self._running if job.is_over]
        self._running = [job for job in self._running if job not in over]
        if self._is_closed:
            return
        was_idle = not self.is_busy
        for job in over:
            if job.state == "failed" and job.error is not None:
                self._message.explain(job.error)
        self.jobs.show(self._running[0] if self._running else None)
        self._message.layout.display = "none" if self.is_busy else ""
        if over or was_idle:
            self.refresh()

    def _set_keys(self) -> None:
        pen = self._canvas.pen
        pen.shortcuts = [key for command in self.commands for key in command.keys]
        classes = [item.id for item in self.session.classes if item.id < DIGITS]
        pen.key_sets = {str(number): {"label": number} for number in classes}
        pen.key_steps = {"[": {"radius": -1}, "]": {"radius": 1}}
        pen.key_help = "; ".join(f"{c.keys[0]}: {c.title}" for c in self.commands if c.keys)

    def _press(self, key: str) -> None:
        command = next(c for c in self.commands if key in c.keys)
        reason = command.reason()
        if reason is None:
            self._attempt(command.act)
        else:
            self._message.say(reason, "error")


def section(title: str, panel: w.Widget) -> w.VBox:
    """Return `panel` under its title."""
    heading = w.Label(title).add_class("annotat-heading")
    return w.VBox([heading, panel]).add_class("annotat-section")
