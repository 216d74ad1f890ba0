"""The Annotator: one widget to open, annotate, segment, correct and save a volume."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import ipywidgets as w

from annotat_nb import io
from annotat_nb.session import Session
from annotat_nb.store import ForeignWorkspace
from annotat_nb.widgets.canvas import SliceCanvas
from annotat_nb.widgets.canvas.layers import LAYERS
from annotat_nb.widgets.commands import Command, menus_of
from annotat_nb.widgets.dialogs import Dialogs
from annotat_nb.widgets.housekeeping import close_tree, current_run
from annotat_nb.widgets.loop import Loop
from annotat_nb.widgets.menu import MenuBar
from annotat_nb.widgets.message import Message
from annotat_nb.widgets.steward import Steward
from annotat_nb.widgets.workbench import Workbench

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from annotat_nb.volume import Volume

Parts = tuple[w.Widget, ...]
MENUS = ("File", "Edit", "View", "Classification", "Help")
EMPTY = "Open an image to begin: File › Open image"

# The Annotators that each notebook cell shows, and by which run of it: the next run closes them.
_shown_by_cell: dict[str, tuple[str, list[Annotator]]] = {}


class Annotator(w.VBox):  # type: ignore[misc]  # ipywidgets is untyped
    """Annotate and segment a volume in a notebook.

    Parameters
    ----------
    session
        What to work on; None begins empty, with File › Open image.
    height
        Height of the picture, as a CSS length.

    Examples
    --------
    >>> import numpy as np
    >>> import annotat_nb as an
    >>> app = an.Annotator(an.Session(an.Volume(np.zeros((4, 32, 32), "uint8"), name="zeros")))
    >>> app.session.volume.name
    'zeros'
    >>> app.close()
    """

    def __init__(self, session: Session | None = None, *, height: str = "520px") -> None:
        _close_former()
        self._loop = Loop()
        self._bench: Workbench | None = None
        self._opened: Session | None = None
        self.canvas = SliceCanvas(height=height)
        self.dialogs = Dialogs(self.attempt, self.tell)
        self.menu = MenuBar(self.attempt)
        self.saved = Message()
        self.message = Message()
        self._top = w.HBox([self.menu, self.saved, Steward()]).add_class("annotat-top")
        self._stage = w.Box([self.canvas, self.dialogs]).add_class("annotat-stage")
        self._line = w.HBox([self.message]).add_class("annotat-feet")
        self._tools, self._side, self._slices, self._status = (w.VBox() for _ in range(4))
        left = w.VBox([self._stage, self._slices, self._line, self._status])
        left.add_class("annotat-left")
        self._main = w.HBox([left, self._side]).add_class("annotat-main")
        # The places stay for good, only what is in them changes: a box that gets other children
        # makes all views behind the first change anew, the picture's too.
        super().__init__([self._top, self._tools, self._main])
        self.add_class("annotat-root")
        self.attach(session)
        _remember(self)

    @property
    def session(self) -> Session | None:
        """What is worked on; None while nothing is open."""
        return self._bench.session if self._bench else None

    @property
    def panels(self) -> Workbench | None:
        """The panels of the session; None while nothing is open."""
        return self._bench

    def attach(self, session: Session | None) -> None:
        """Show `session` in place of the present one, which stays as it is."""
        former, self._bench = self._bench, None
        self.dialogs.dismiss()
        self.message.say(EMPTY if session is None else "")
        self._show_nothing()
        if former is not None:
            former.close()  # only now that nothing shows its parts
        if session is None:
            return
        self._bench = Workbench(
            session,
            self.canvas,
            self.dialogs,
            self.message,
            self._loop,
            self.attempt,
            self._refresh,
        )
        self._show_bench(self._bench)

    def open_image(self, path: str | os.PathLike[str], **how: Any) -> None:
        """Open the image at `path` in place of the present one.

        It gets a workspace beside it, or goes on in the one that is there.

        Parameters
        ----------
        path
            A file, a folder or a glob of slices.
        how
            Keywords of `annotat_nb.read`.

        Raises
        ------
        ReadError
            If the image cannot be read; the present one stays.
        """
        self.open_volume(io.read(path, **how))

    def open_volume(self, volume: Volume) -> None:
        """Open `volume` in place of the present image."""
        session = session_for(volume)
        former, self._opened = self._opened, session
        self.attach(session)
        if former is not None and former is not session:
            former.close()

    def attempt(self, function: Callable[..., Any], *arguments: Any, **named: Any) -> None:
        """Call `function`; what goes wrong is shown in the page instead of raised."""
        try:
            function(*arguments, **named)
        except Exception as error:  # noqa: BLE001 - shown, with its trace a click away
            self.message.explain(error)

    def tell(self, news: str) -> None:
        """Say what was done; nothing takes an older message down."""
        if news:
            self.message.say(news, "news")
        elif self._bench is not None:
            self._bench.take_message_down()
        else:
            self.message.say(EMPTY)

    def close(self) -> None:
        """Close the widget and all its parts; a session that was handed in stays open."""
        if self._bench is not None:
            self._bench.close()
            self._bench = None
        if self._opened is not None:
            self._opened.close()
        self.canvas.close()
        for part in (self._top, self._tools, self._main):
            close_tree(part)
        super().close()
        self.layout.close()

    def _show_nothing(self) -> None:
        for layer in LAYERS:
            self.canvas.clear(layer)
        self.canvas.pen.notice = EMPTY
        self._fill((), (), (), (), ())
        self._refresh()

    def _show_bench(self, bench: Workbench) -> None:
        self.canvas.pen.notice = ""
        self._fill((bench.toolbar,), (bench.side,), (bench.slices,), (bench.status,), (bench.jobs,))
        self._refresh()

    def _fill(self, tools: Parts, side: Parts, slices: Parts, status: Parts, jobs: Parts) -> None:
        self._tools.children, self._side.children = tools, side
        self._slices.children, self._status.children = slices, status
        self._line.children = (self.message, *jobs)

    def _refresh(self) -> None:
        self.menu.show(menus_of(self._commands(), MENUS))
        self._show_saved()

    def _commands(self) -> list[Command]:
        begin = Command(
            "File",
            "Open image…",
            lambda: self._leave(lambda: self.dialogs.open_image("Open image", self.open_volume)),
        )
        known = self._bench.commands if self._bench else []
        keys = Command("Help", "Keys and mouse…", lambda: self.dialogs.show_keys(known))
        end = Command(
            "File",
            "Close image",
            lambda: self._leave(self._close_image),
            reason=lambda: None if self._bench else "No image is open",
        )
        return [begin, *known, end, keys]

    def _leave(self, go_on: Callable[[], object]) -> None:
        """Ask first, if strokes would be out of sight that are on no disk."""
        session = self.session
        if session is None or session.recorder.state == "saved" or not session.markers.strokes:
            go_on()
            return
        count = session.markers.stroke_count()
        self.dialogs.ask(
            f"The {count} strokes on this image are in memory only.",
            **{
                "Save annotation…": lambda: self.dialogs.save_annotation(session),
                "Go on without saving": go_on,
            },
        )

    def _close_image(self) -> None:
        self.attach(None)
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    def _show_saved(self) -> None:
        if self._bench is None:
            self.saved.say("")
            return
        recorder = self._bench.session.recorder
        strokes = self._bench.session.markers.stroke_count()
        count = f"{strokes:,} stroke{'' if strokes == 1 else 's'}"
        if recorder.state == "saved":
            self.saved.say(f"{count} saved", "saved")
        elif recorder.state == "memory":
            self.saved.say(f"{count} in memory only", "memory")
        else:
            self.saved.say(recorder.problem, "error")


def session_for(volume: Volume) -> Session:
    """Return a session on `volume` in the first folder beside it that is free or its own.

    Raises
    ------
    WorkspaceError
        If its own folder is in use, or cannot be read.
    """
    if volume.source is None:
        return Session(volume)
    for folder in _workspaces(volume.source):
        try:
            return Session(volume, folder)
        except (ForeignWorkspace, OSError):
            continue  # another image's, or not to be written to
    return Session(volume)


def _workspaces(source: Path) -> list[Path]:
    homes = [source.parent, Path.home()]
    name = source.name if source.is_dir() else source.stem
    stem = name.strip("*?. ") or "image"
    return [home / f"{stem}{n}.annotat" for home in homes for n in ("", "-2", "-3", "-4")]


def _close_former() -> None:
    """Close what an earlier run of this cell shows."""
    run = current_run()
    if run is not None and run.cell in _shown_by_cell:
        number, shown = _shown_by_cell[run.cell]
        if number != run.number:
            del _shown_by_cell[run.cell]
            for app in shown:
                app.close()


def _remember(app: Annotator) -> None:
    run = current_run()
    if run is not None:
        _shown_by_cell.setdefault(run.cell, (run.number, []))[1].append(app)
