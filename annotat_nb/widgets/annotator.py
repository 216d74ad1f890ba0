"""The Annotator: one widget to open, annotate, segment, correct and save a volume."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import ipywidgets as w

from annotat_nb.sample import sample_path
from annotat_nb.widgets.banner import Banner, alert_about
from annotat_nb.widgets.canvas import SliceCanvas
from annotat_nb.widgets.canvas.layers import LAYERS
from annotat_nb.widgets.commands import Command, menus_of
from annotat_nb.widgets.cover import Cover
from annotat_nb.widgets.dialogs import Dialogs
from annotat_nb.widgets.housekeeping import close_former, remember
from annotat_nb.widgets.job_watch import JobWatch
from annotat_nb.widgets.loop import Loop
from annotat_nb.widgets.menu import MenuBar
from annotat_nb.widgets.message import Message
from annotat_nb.widgets.opener import Opener
from annotat_nb.widgets.opening import session_at, session_for
from annotat_nb.widgets.places import Places
from annotat_nb.widgets.preparing_line import PreparingLine
from annotat_nb.widgets.sentences import farewell, saved_line
from annotat_nb.widgets.steward import Steward
from annotat_nb.widgets.text import inert
from annotat_nb.widgets.workbench import Workbench

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from annotat_nb.session import Session
    from annotat_nb.volume import Volume

MENUS = ("File", "Edit", "Annotate", "View", "Classification", "Help")
EMPTY = "Open an image to begin: File › Open image"


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
        close_former()
        self._loop = Loop()
        self._bench: Workbench | None = None
        self._opened: Session | None = None
        self._is_closed = False
        self.canvas = SliceCanvas(height=height)
        self.saved = Message()
        self.preparing = PreparingLine(self._loop)
        self.canvas.ready.connect(self.preparing.begin)  # not before there is a page to wait for
        self.message = Message()
        self.jobs = JobWatch(self._loop, self.message)
        self.jobs.changed.connect(self._refresh)
        self.dialogs = Dialogs(self._attempt, self._tell, self.jobs)
        self.menu = MenuBar(self._attempt)
        self._opener = Opener(self.dialogs, self.jobs, self._take, lambda: self.session)
        self.cover = Cover(self._ask_for_image, lambda: self.begin_opening(sample_path()))
        self.banner = Banner()
        self._place_parts()
        self.attach(session)
        remember(self)

    def _place_parts(self) -> None:
        corner = w.HBox([self.preparing, self.saved]).add_class("annotat-corner")
        steward = Steward()
        self._places = Places(
            top=(self.menu, corner, steward),
            banner=self.banner,
            stage=(self.canvas, self.cover, self.dialogs),
            feet=(self.message, self.jobs.bar),
        )
        super().__init__(self._places.rows)
        self.add_class("annotat-root")
        steward.top = self.model_id

    @property
    def session(self) -> Session | None:
        """What is worked on; None while nothing is open."""
        return self._bench.session if self._bench else None

    @property
    def panels(self) -> Workbench | None:
        """The panels of the session; None while nothing is open."""
        return self._bench

    def attach(self, session: Session | None) -> None:
        """Show another session; the present one stays open.

        Parameters
        ----------
        session
            What to work on; None shows the way in.
        """
        former, self._bench = self._bench, None
        self.dialogs.dismiss()
        self.message.say(EMPTY if session is None else "")
        self._show_nothing()
        if former is not None:
            former.close()  # only now that nothing shows its parts
        if session is None:
            self._refresh()
            return
        self._bench = Workbench(
            session,
            self.canvas,
            self.dialogs,
            self.message,
            self.jobs,
            self._loop,
            self._attempt,
            self._refresh,
        )
        self._places.fill(self._bench)
        self._refresh()

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
        self._take(session_at(Path(path), how))

    def open_volume(self, volume: Volume) -> None:
        """Open another image in place of the present one.

        Parameters
        ----------
        volume
            The image; its workspace lies beside its file.
        """
        self._take(session_for(volume))

    def begin_opening(self, path: str | os.PathLike[str], **how: Any) -> None:
        """Open the image or workspace at `path` in the background, as File › Open image does.

        What the file leaves open is asked in a dialog; what goes wrong is shown in the page, and
        the present image stays.

        Parameters
        ----------
        path, how
            As for `open_image`.
        """
        self._opener.open(Path(path).absolute(), how)

    def _take(self, session: Session) -> None:
        """Show a session that was opened here, and close the one that it replaces."""
        if self._is_closed:
            session.close()
            return
        former, self._opened = self._opened, session
        self.attach(session)
        if former is not None and former is not session:
            former.close()

    def _attempt(self, function: Callable[..., Any], *arguments: Any, **named: Any) -> None:
        """Call `function`; what goes wrong is shown in the page instead of raised."""
        try:
            function(*arguments, **named)
        except Exception as error:  # noqa: BLE001 - shown, with its trace a click away
            self.message.explain(error)
            self.message.layout.display = ""  # also while a job has its place

    def _tell(self, news: str) -> None:
        """Say what was done; nothing takes an older message down."""
        if news:
            self.message.say(news, "news")
        elif self._bench is not None:
            self._bench.take_message_down()
        else:
            self.message.say(EMPTY)

    def close(self) -> None:
        """Close the widget and all its parts; a session that was handed in stays open."""
        self._is_closed = True
        self.jobs.close()
        if self._bench is not None:
            self._bench.close()
            self._bench = None
        if self._opened is not None:
            self._opened.close()
        self.canvas.close()
        self._places.close()
        super().close()
        self.layout.close()

    def _show_nothing(self) -> None:
        for layer in LAYERS:
            self.canvas.clear(layer)
        self._places.fill(None)

    def _refresh(self) -> None:
        if self._is_closed:
            return
        self.menu.show(menus_of(self._commands(), MENUS))
        self._show_saved()
        self._show_stage()

    def _show_stage(self) -> None:
        """Show the picture, or what is being opened, or how to begin."""
        coming, pen = self._opener.path, self.canvas.pen
        if coming is not None:
            pen.notice = f"Opening {inert(coming.name)}"  # nobody paints on what is about to go
            self.cover.show_opening(coming.name)
        elif self._bench is None:
            pen.notice = EMPTY
            self.cover.show_start()
        else:
            pen.notice = ""
            self.cover.uncover()

    def _commands(self) -> list[Command]:
        begin = Command(
            "File",
            "Open image…",
            self._ask_for_image,
            reason=lambda: self._opener.obstacle,
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

    def _ask_for_image(self) -> None:
        self._leave(self._opener.ask)

    def _open_again(self) -> None:
        session = self.session
        if session is not None and session.recorder.workspace is not None:
            self.begin_opening(session.recorder.workspace.path)

    def _leave(self, go_on: Callable[[], object]) -> None:
        """Ask first, if strokes would be out of sight that are on no disk."""
        bench = self._bench
        if bench is None or not _has_strokes_on_no_disk(bench.session):
            go_on()
            return
        count = bench.session.markers.stroke_count()
        strokes = "stroke on this image is" if count == 1 else f"{count} strokes on this image are"
        self.dialogs.ask(
            f"The {strokes} in memory only, and lost if not saved.",
            **{"Save annotation…": bench.dialogs.save_annotation, "Go on without saving": go_on},
        )

    def _close_image(self) -> None:
        self.attach(None)
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    def _show_saved(self) -> None:
        bench = self._bench
        if bench is None:
            self.banner.show(None)
            self.saved.say("")
            return
        session, save = bench.session, bench.dialogs.save_annotation
        self.banner.show(alert_about(session, self._open_again, save))
        self.saved.say(*saved_line(session))
        self.canvas.pen.farewell = farewell(session)


def _has_strokes_on_no_disk(session: Session) -> bool:
    is_kept = session.recorder.state not in ("memory", "not saved")
    return not is_kept and bool(session.markers.strokes)
