"""The panels of one open session, and the signals between them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import ipywidgets as w

from annotat_nb.widgets.brush_panel import BrushPanel
from annotat_nb.widgets.class_panel import ClassPanel
from annotat_nb.widgets.commands import session_commands
from annotat_nb.widgets.housekeeping import close_tree
from annotat_nb.widgets.learnt_dialogs import LearntDialogs
from annotat_nb.widgets.loop import Soon
from annotat_nb.widgets.pen_actions import PenActions
from annotat_nb.widgets.plane_choice import PlaneChoice
from annotat_nb.widgets.segmentation_panel import SegmentationPanel
from annotat_nb.widgets.sentences import next_step
from annotat_nb.widgets.session_dialogs import SessionDialogs
from annotat_nb.widgets.show_panel import ShowPanel
from annotat_nb.widgets.slice_bar import SliceBar
from annotat_nb.widgets.slice_view import SliceView
from annotat_nb.widgets.status_bar import StatusBar
from annotat_nb.widgets.tool_dialogs import ToolDialogs
from annotat_nb.widgets.toolbar import Toolbar

if TYPE_CHECKING:
    from annotat_nb.jobs import Job
    from annotat_nb.session import Session
    from annotat_nb.widgets.canvas import SliceCanvas
    from annotat_nb.widgets.dialogs import Dialogs
    from annotat_nb.widgets.job_watch import JobWatch
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
    canvas, dialogs, message, watch
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
        watch: JobWatch,
        loop: Loop,
        attempt: Attempt,
        on_change: Callable[[], object],
    ) -> None:
        self.session, self._canvas, self._message = session, canvas, message
        self._attempt, self._on_change, self._watch = attempt, on_change, watch
        self._make_tellers(loop)
        self.dialogs = SessionDialogs(session, dialogs, watch)
        learnt, tools = LearntDialogs(session, dialogs, watch), ToolDialogs(session, dialogs, watch)
        self.planes = PlaneChoice(session, dialogs, loop, lambda: self.is_busy)
        self.commands = [
            *session_commands(session, canvas, self.dialogs, learnt, tools, self.run),
            self.planes.command(),
        ]
        self.view = SliceView(session, canvas, loop, message.explain)
        self._pen = PenActions(self.view, attempt)
        self._make_panels(loop)
        self._connect()
        self.refresh()
        if session.notices:
            message.say(". ".join(session.notices), "error")

    def _make_tellers(self, loop: Loop) -> None:
        """Make what brings news to the page: once, however often it comes, and on the loop."""
        self._followed: list[Job] = []
        self._is_closed = False
        self._past = self._message.count
        """How many messages are older than the last change: they are taken down."""
        self._refresh = Soon(loop, self.refresh)
        self._show_live = Soon(loop, self._refresh_live)
        self._show_menus = Soon(loop, self._on_change)

    def _make_panels(self, loop: Loop) -> None:
        session, canvas, attempt = self.session, self._canvas, self._attempt
        self.toolbar = Toolbar(session, canvas, attempt)
        self.classes = ClassPanel(session, attempt)
        self.brush = BrushPanel(session, self.dialogs.erase_all)
        self.show = ShowPanel(session)
        change = self.dialogs.change_parameters
        self.segmentation = SegmentationPanel(session, self.run, change, attempt)
        self.slices = SliceBar(session, self.planes.choose)
        self.status = StatusBar(session, loop)
        self._panels = (
            self.toolbar,
            self.classes,
            self.brush,
            self.show,
            self.slices,
            self.status,
        )
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
        return self._watch.is_busy

    def run(self, verb: str) -> None:
        """Start one of the session's long verbs in the background."""
        if not self.is_busy:
            self._attempt(getattr(self.session, verb), block=False)

    def refresh(self) -> None:
        """Bring every panel up to date."""
        if self._is_closed:
            return
        job = self._watch.bar.job
        with self.session.lock:
            for panel in self._panels:
                panel.refresh()
            self.segmentation.refresh(job.name if job else "")
            self._set_keys()
            self._hint()
            self._on_change()

    def _hint(self) -> None:
        """Name the next step, where nothing newer is said."""
        if not self.is_busy and self._message.count <= self._past:
            self._message.say(next_step(self.session))

    def take_message_down(self) -> None:
        """Put the next step in place of an old message."""
        self._past = self._message.count
        self.refresh()

    def close(self) -> None:
        """Close the panels; the session stays as it is."""
        self._is_closed = True
        for signal, slot in self._connections:
            signal.disconnect(slot, missing_ok=True)
        self._watch.forget(self._followed)
        self._pen.close()
        self.view.close()
        self.status.close_timer()
        for panel in (self.toolbar, self.side, self.slices, self.status):
            close_tree(panel)

    def _connect(self) -> None:
        session, canvas = self.session, self._canvas
        changed = self._follow_change
        self._connections: list[tuple[Any, Any]] = [
            (session.annotation.changed, changed),
            (session.classes.changed, changed),
            (session.pipeline_changed, changed),
            (session.loaded_changed, changed),
            (session.results.superpixels_changed, changed),
            (session.results.segmentation_changed, changed),
            (session.results.preview_changed, changed),
            (session.visualization_changed, changed),
            (session.recorder.changed, self._show_menus.ask),
            (session.view_changed, self._follow_view),
            (session.runner.started, self._follow_job),
            (session.live_update.changed, self._show_live.ask),
            (self._watch.changed, self.refresh),
            (canvas.wheeled, lambda steps: session.step_slice(-steps)),
            (canvas.key_pressed, self._press),
            (canvas.hovered, self.status.point),
            (canvas.visited, self._visit),
        ]
        for signal, slot in self._connections:
            signal.connect(slot)
        if (running := session.runner.current) is not None:
            self._follow_job(running)

    def _visit(self, row: int, column: int) -> None:
        """Say what is under the brush that the keyboard moves."""
        self.status.point((row, column))
        self._canvas.say_place(self.status.pointer.value)

    def _follow_change(self, *_: object) -> None:
        self._past = self._message.count
        self._refresh.ask()

    def _follow_view(self, *_: object) -> None:
        with self.session.lock:
            for panel in (self.slices, self.toolbar, self.show, self.brush, self.status):
                panel.refresh()
            self.classes.select(self.session.view.label)
        self._show_menus.ask()

    def _refresh_live(self) -> None:
        """Say how the live update stands; what it is about is drawn when it is there."""
        if not self._is_closed:
            self.segmentation.live.refresh()
            self._hint()
            self._on_change()

    def _follow_job(self, job: Job) -> None:
        if not job.is_quiet:
            self._followed.append(job)
            self._watch.follow(job)

    def _set_keys(self) -> None:
        pen = self._canvas.pen
        pen.can_paint = self.session.recorder.obstacle is None
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
    """Return `panel` under its title, which folds and unfolds it."""
    heading = w.Button(description=title, icon="caret-down", tooltip="Fold or unfold")
    heading.add_class("annotat-heading")

    def fold(_: object) -> None:
        is_open = panel.layout.display == "none"
        panel.layout.display = "" if is_open else "none"
        heading.icon = "caret-down" if is_open else "caret-right"

    heading.on_click(fold)
    return w.VBox([heading, panel]).add_class("annotat-section")
