"""Everything that menus and keys can do, each with one name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from annotat_nb.session.brushes import BRUSHES
from annotat_nb.widgets.brush_choice import KEYS, take_up
from annotat_nb.widgets.menu import Item, Menu
from annotat_nb.widgets.sentences import uncertainty_missing

if TYPE_CHECKING:
    from annotat_nb.session import Session
    from annotat_nb.widgets.canvas import SliceCanvas
    from annotat_nb.widgets.learnt_dialogs import LearntDialogs
    from annotat_nb.widgets.session_dialogs import SessionDialogs
    from annotat_nb.widgets.tool_dialogs import ToolDialogs

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
    dialogs: SessionDialogs,
    learnt: LearntDialogs,
    tools: ToolDialogs,
    run: Callable[[str], object],
) -> list[Command]:
    """Return what can be done with an open image."""
    known = [
        *_file_commands(session, dialogs),
        *_edit_commands(session, dialogs),
        *_view_commands(session, canvas, dialogs),
        *_tool_keys(session),
        *_brushes(session),
        *_tools(session, tools),
        *_learnt_commands(session, dialogs, learnt),
        *_verbs(session, run),
        _live_switch(session),
    ]
    return [_while_open(c, session) if c.title in CHANGES else c for c in known]


def _while_open(command: Command, session: Session) -> Command:
    """Return `command` with what the session says against it."""
    return replace(command, reason=lambda: session.recorder.obstacle or command.reason())


def _file_commands(session: Session, dialogs: SessionDialogs) -> list[Command]:
    def needs(name: str, reason: str) -> Reason:
        return lambda: None if getattr(session, name) is not None else reason

    label = needs("segmentation", "There is no label yet: press Apply first")
    superpixels = needs("superpixels", "There are no superpixels yet: generate them first")
    return [
        Command("File", "Open visualization image…", dialogs.open_visualization),
        Command("File", "Save label…", dialogs.save_label, reason=label),
        Command("File", "Load label…", dialogs.load_label),
        Command("File", "Save superpixels…", dialogs.save_superpixels, reason=superpixels),
        Command("File", "Load superpixels…", dialogs.load_superpixels),
    ]


def _edit_commands(session: Session, dialogs: SessionDialogs) -> list[Command]:
    history = session.annotation.history

    def undone() -> str | None:
        return None if history.done else "Nothing to take back"

    def redone() -> str | None:
        return None if history.undone else "Nothing to repeat"

    return [
        Command("Edit", "Undo", session.undo, ("Ctrl+Z",), undone),
        Command("Edit", "Redo", session.redo, ("Ctrl+Shift+Z", "Ctrl+Y"), redone),
        Command("Edit", "Erase all markers…", dialogs.erase_all, reason=_needs_strokes(session)),
    ]


def _needs_strokes(session: Session) -> Reason:
    return lambda: None if session.markers.stroke_count() else "Nothing is painted yet"


def _view_commands(session: Session, canvas: SliceCanvas, dialogs: SessionDialogs) -> list[Command]:
    def move(by: int) -> Callable[[], None]:
        return lambda: session.step_slice(by)

    return [
        Command("View", "Change colour map…", dialogs.change_colormap),
        *_switches(session),
        Command("View", "Fit to window", canvas.fit, ("Shift+R",)),
        Command("View", "Actual size", canvas.actual_size),
        Command("View", "Next slice", move(1), ("ArrowUp", "PageUp")),
        Command("View", "Previous slice", move(-1), ("ArrowDown", "PageDown")),
        # The page acts on this key itself, so that a busy kernel delays no stroke.
        Command("View", "Brush by keyboard", canvas.brush_by_keyboard, ("B",)),
    ]


def _switches(session: Session) -> list[Command]:
    """Return what shows and hides the layers of the picture."""

    def toggle(name: str) -> Callable[[], None]:
        return lambda: session.show(**{name: not getattr(session.view, name)})

    def is_on(name: str) -> Callable[[], bool]:
        return lambda: bool(getattr(session.view, name))

    def unknown() -> str | None:
        return None if session.view.show_uncertainty else uncertainty_missing(session)

    layers = (
        ("Show label", "show_labels", "L", NOTHING_MISSING),
        ("Show uncertainty", "show_uncertainty", "U", unknown),
        ("Show superpixels", "show_superpixels", "S", NOTHING_MISSING),
        ("Show markers", "show_markers", "K", NOTHING_MISSING),
    )
    return [
        Command("View", title, toggle(name), (key,), missing, is_on(name))
        for title, name, key, missing in layers
    ]


def _tool_keys(session: Session) -> list[Command]:
    def take(tool: str) -> Callable[[], None]:
        return lambda: session.show(tool=tool)

    tools = (
        ("Position tool", "move", "M"),
        ("Center tool", "center", "C"),
        ("Erase tool", "erase", "E"),
    )
    return [Command("", title, take(name), (key,)) for title, name, key in tools]


def _brushes(session: Session) -> list[Command]:
    """Return what takes up each tool that is used by drawing."""

    def is_used(brush: str) -> Callable[[], bool]:
        return lambda: session.view.tool == "paint" and session.view.brush == brush

    return [
        Command(
            "Annotate",
            kind.title,
            partial(take_up, session, brush),
            (KEYS[brush],),
            lambda: session.recorder.obstacle,
            is_used(brush),
        )
        for brush, kind in BRUSHES.items()
    ]


def _tools(session: Session, tools: ToolDialogs) -> list[Command]:
    """Return the tools that are used from the menu."""

    def markers() -> str | None:
        return session.recorder.obstacle or _needs_strokes(session)()

    def label() -> str | None:
        missing = "There is no label yet: press Apply first"
        return session.recorder.obstacle or (None if session.segmentation else missing)

    lines = [
        Command("Annotate", "Copy to next slice", tools.copy_to_next_slice, ("N",), markers),
        Command("Annotate", "Fill holes in the markers", tools.fill_holes, (), markers),
    ]
    for title, act, needs_label in tools.lines():
        lines.append(Command("Annotate", title, act, (), label if needs_label else markers))
    return [*lines, Command("Annotate", "Merge classes…", tools.merge_classes, (), markers)]


def _learnt_commands(
    session: Session, dialogs: SessionDialogs, learnt: LearntDialogs
) -> list[Command]:
    def obstacle(verb: str) -> Reason:
        return lambda: session.obstacle(verb)

    def untrained() -> str | None:
        return None if session.accuracy else "Nothing is trained yet: press Apply"

    lines: tuple[tuple[str, Callable[[], object], Reason], ...] = (
        ("Load classifier…", learnt.load_classifier, NOTHING_MISSING),
        ("Save classifier…", learnt.save_classifier, obstacle("save_classifier")),
        ("Change classifier parameters…", dialogs.change_parameters, NOTHING_MISSING),
        ("Accuracy and features…", dialogs.show_accuracy, untrained),
        ("Save annotation…", dialogs.save_annotation, _needs_strokes(session)),
        ("Load annotation…", dialogs.load_annotation, NOTHING_MISSING),
        ("Load training data…", learnt.load_training_data, NOTHING_MISSING),
        ("Save training data…", learnt.save_training_data, obstacle("save_training_data")),
        ("Classify another image…", learnt.classify_other, NOTHING_MISSING),
    )
    return [Command("Classification", title, act, reason=why) for title, act, why in lines]


def _verbs(session: Session, run: Callable[[str], object]) -> list[Command]:
    """Return what takes long and runs in the background."""

    def verb(title: str, name: str, key: str) -> Command:
        act, reason = partial(run, name), partial(session.obstacle, name)
        return Command("Classification", title, act, (key,), reason)

    return [
        verb("Generate superpixels", "generate_superpixels", "Shift+S"),
        verb("Preview", "preview", "Shift+P"),
        verb("Apply", "apply", "Shift+Enter"),
    ]


def _live_switch(session: Session) -> Command:
    def switch() -> None:
        session.live = not session.live

    def obstacle() -> str | None:
        return session.recorder.obstacle

    return Command(
        "Classification", "Live update", switch, ("Shift+L",), obstacle, lambda: session.live
    )
