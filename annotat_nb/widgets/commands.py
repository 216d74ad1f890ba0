"""Everything that menus and keys can do, each with one name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from annotat_nb import io
from annotat_nb.widgets.dialogs import MARKERS
from annotat_nb.widgets.learnt_dialogs import LEGACY, LearntDialogs
from annotat_nb.widgets.menu import Item, Menu
from annotat_nb.widgets.naming import stem_of
from annotat_nb.widgets.opening import ask_dataset, read_image
from annotat_nb.widgets.sentences import uncertainty_missing
from annotat_nb.widgets.text import inert

if TYPE_CHECKING:
    from pathlib import Path

    from annotat_nb.jobs import Job
    from annotat_nb.session import Session
    from annotat_nb.volume import Volume
    from annotat_nb.widgets.canvas import SliceCanvas
    from annotat_nb.widgets.dialogs import Dialogs, Failed
    from annotat_nb.widgets.job_watch import JobWatch

Reason = Callable[[], str | None]
NOTHING_MISSING: Reason = lambda: None  # noqa: E731 - a value, like those it stands in for
CHANGES = (
    "Open visualization image…",
    "Load label…",
    "Load superpixels…",
    "Load annotation…",
    "Load classifier…",
    "Load training data…",
    "Undo",
    "Redo",
    "Erase all markers…",
    "Change classifier parameters…",
    "Brush by keyboard",
    "Paint tool",
    "Erase tool",
)
"""Commands for which an image must not be open elsewhere; long verbs know it themselves."""


@dataclass(frozen=True)
class Command:
    """One thing the user can do, however it is called up."""

    menu: str
    """Menu that lists it; empty for keys without a menu line."""
    title: str
    act: Callable[[], object]
    keys: tuple[str, ...] = ()
    reason: Reason = NOTHING_MISSING
    """Why it cannot be done now."""
    checked: Callable[[], bool] | None = None

    def item(self) -> Item:
        """Return its line in a menu."""
        checked = None if self.checked is None else self.checked()
        return Item(self.title, self.act, ", ".join(self.keys[:1]), self.reason(), checked)


def menus_of(commands: Sequence[Command], titles: Sequence[str]) -> list[Menu]:
    """Sort `commands` into menus."""
    return [Menu(t, [c.item() for c in commands if c.menu == t]) for t in titles]


def session_commands(
    session: Session,
    canvas: SliceCanvas,
    dialogs: Dialogs,
    jobs: JobWatch,
    run: Callable[[str], object],
) -> list[Command]:
    """Return what can be done with an open image."""
    known = [
        *_file_commands(session, dialogs, jobs),
        *_edit_commands(session, dialogs),
        *_view_commands(session, canvas, dialogs),
        *_tool_keys(session),
        *_classification_commands(session, dialogs, jobs, run),
    ]
    return [_while_open(c, session) if c.title in CHANGES else c for c in known]


def _while_open(command: Command, session: Session) -> Command:
    """Return `command` with what the session says against it."""
    return replace(command, reason=lambda: session.recorder.obstacle or command.reason())


def _file_commands(session: Session, dialogs: Dialogs, jobs: JobWatch) -> list[Command]:
    def show_alternative(volume: Volume) -> None:
        session.visualization = volume
        session.show(image="alternative")

    def read(path: Path, how: dict[str, Any], failed: Failed) -> None:
        def work(job: Job) -> Volume:
            ask_dataset(path, how)
            return read_image(path, how, job.report)

        jobs.start(f"Opening {inert(path.name)}", work, show_alternative, failed)

    def needs(name: str, reason: str) -> Reason:
        return lambda: None if getattr(session, name) is not None else reason

    stem = stem_of(session.volume)
    return [
        Command(
            "File",
            "Open visualization image…",
            lambda: dialogs.open_image("Open visualization image", read),
        ),
        Command(
            "File",
            "Save label…",
            lambda: dialogs.save_label(session),
            reason=needs("segmentation", "There is no label yet: press Apply first"),
        ),
        Command("File", "Load label…", lambda: dialogs.open_file("Load label", session.load_label)),
        Command(
            "File",
            "Save superpixels…",
            lambda: dialogs.save_file(
                "Save superpixels",
                f"{stem}_superpixels.tif",
                session.save_superpixels,
                becomes=lambda path: io.label_path(path, session.volume.shape, "uint32"),
            ),
            reason=needs("superpixels", "There are no superpixels yet: generate them first"),
        ),
        Command(
            "File",
            "Load superpixels…",
            lambda: dialogs.open_file("Load superpixels", session.load_superpixels),
        ),
    ]


def _edit_commands(session: Session, dialogs: Dialogs) -> list[Command]:
    history = session.annotation.history
    return [
        Command(
            "Edit",
            "Undo",
            session.undo,
            ("Ctrl+Z",),
            lambda: None if history.done else "Nothing to take back",
        ),
        Command(
            "Edit",
            "Redo",
            session.redo,
            ("Ctrl+Shift+Z", "Ctrl+Y"),
            lambda: None if history.undone else "Nothing to repeat",
        ),
        Command(
            "Edit",
            "Erase all markers…",
            lambda: dialogs.erase_all(session),
            reason=lambda: None if session.markers.stroke_count() else "Nothing is painted yet",
        ),
    ]


def _view_commands(session: Session, canvas: SliceCanvas, dialogs: Dialogs) -> list[Command]:
    def toggle(name: str) -> Callable[[], None]:
        return lambda: session.show(**{name: not getattr(session.view, name)})

    def is_on(name: str) -> Callable[[], bool]:
        return lambda: bool(getattr(session.view, name))

    def move(by: int) -> Callable[[], None]:
        return lambda: session.step_slice(by)

    def unknown() -> str | None:
        return None if session.view.show_uncertainty else uncertainty_missing(session)

    switches = (
        ("Show label", "show_labels", "L", NOTHING_MISSING),
        ("Show uncertainty", "show_uncertainty", "U", unknown),
        ("Show superpixels", "show_superpixels", "S", NOTHING_MISSING),
        ("Show markers", "show_markers", "K", NOTHING_MISSING),
    )
    return [
        Command("View", "Change colour map…", lambda: dialogs.change_colormap(session)),
        *(
            Command("View", title, toggle(name), (key,), missing, is_on(name))
            for title, name, key, missing in switches
        ),
        Command("View", "Fit to window", canvas.fit, ("Shift+R",)),
        Command("View", "Actual size", canvas.actual_size),
        Command("View", "Next slice", move(1), ("ArrowUp", "PageUp")),
        Command("View", "Previous slice", move(-1), ("ArrowDown", "PageDown")),
        # The page acts on this key itself, so that a busy kernel delays no stroke.
        Command("View", "Brush by keyboard", canvas.brush_by_keyboard, ("B",)),
    ]


def _tool_keys(session: Session) -> list[Command]:
    def take(tool: str) -> Callable[[], None]:
        return lambda: session.show(tool=tool)

    tools = (
        ("Position tool", "move", "M"),
        ("Center tool", "center", "C"),
        ("Paint tool", "paint", "D"),
        ("Erase tool", "erase", "E"),
    )
    return [Command("", title, take(name), (key,)) for title, name, key in tools]


def _classification_commands(
    session: Session, dialogs: Dialogs, jobs: JobWatch, run: Callable[[str], object]
) -> list[Command]:
    learnt = LearntDialogs(session, dialogs, jobs)

    def verb(title: str, name: str, key: str) -> Command:
        return Command(
            "Classification",
            title,
            lambda: run(name),
            (key,),
            lambda: session.obstacle(name),
        )

    def switch_live() -> None:
        session.live = not session.live

    def plain(title: str, act: Callable[[], object], reason: Reason = NOTHING_MISSING) -> Command:
        return Command("Classification", title, act, reason=reason)

    def obstacle(verb: str) -> Reason:
        return lambda: session.obstacle(verb)

    return [
        plain("Load classifier…", learnt.load_classifier),
        plain("Save classifier…", learnt.save_classifier, obstacle("save_classifier")),
        Command(
            "Classification",
            "Change classifier parameters…",
            lambda: dialogs.change_parameters(session),
        ),
        Command(
            "Classification",
            "Accuracy and features…",
            lambda: dialogs.show_accuracy(session),
            reason=lambda: None if session.accuracy else "Nothing is trained yet: press Apply",
        ),
        Command(
            "Classification",
            "Save annotation…",
            lambda: dialogs.save_annotation(session),
            reason=lambda: None if session.markers.stroke_count() else "Nothing is painted yet",
        ),
        Command(
            "Classification",
            "Load annotation…",
            lambda: dialogs.open_file(
                "Load annotation", session.load_annotation, (*MARKERS, *LEGACY)
            ),
        ),
        plain("Load training data…", learnt.load_training_data),
        plain("Save training data…", learnt.save_training_data, obstacle("save_training_data")),
        plain("Classify another image…", learnt.classify_other),
        verb("Generate superpixels", "generate_superpixels", "Shift+S"),
        verb("Preview", "preview", "Shift+P"),
        verb("Apply", "apply", "Shift+Enter"),
        Command(
            "Classification",
            "Live update",
            switch_live,
            ("Shift+L",),
            lambda: session.recorder.obstacle,
            lambda: session.live,
        ),
    ]
