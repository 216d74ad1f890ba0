"""The place where dialogs are shown, and those about files and questions of any kind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ipywidgets as w

from annotat_nb import io
from annotat_nb.widgets.button import button
from annotat_nb.widgets.choice_panel import ChoicePanel
from annotat_nb.widgets.file_chooser import FileChooser
from annotat_nb.widgets.housekeeping import close_tree
from annotat_nb.widgets.key_list import key_list
from annotat_nb.widgets.raw_panel import RawPanel
from annotat_nb.widgets.sentences import sentence
from annotat_nb.widgets.text import Line, inert

if TYPE_CHECKING:
    from annotat_nb.widgets.commands import Command
    from annotat_nb.widgets.job_watch import JobWatch

IMAGES = tuple(io.READERS)
RAW = tuple(suffix for suffix, reader in io.READERS.items() if reader is io.READERS[".raw"])
LABELS = tuple(io.WRITERS)
Attempt = Callable[..., Any]
Failed = Callable[[BaseException], object]
Ask = Callable[..., object]
EXPECTED = (ValueError, OSError)
"""Errors that tell a user what to do about a file."""
Begin = Callable[[Path, dict[str, Any], Failed], object]


class Dialogs(w.Box):  # type: ignore[misc]  # ipywidgets is untyped
    """The place over the canvas where one dialog at a time is shown.

    Parameters
    ----------
    attempt
        Called with a function and its arguments; shows what goes wrong instead of raising. Whoever
        shows a dialog has its buttons call it.
    say
        Called with what was done; with nothing when an older message has had its time.
    jobs
        Does what takes long.
    """

    def __init__(self, attempt: Attempt, say: Callable[[str], object], jobs: JobWatch) -> None:
        self.attempt, self._say, self._jobs = attempt, say, jobs
        super().__init__([])
        self.add_class("annotat-dialogs")
        self._folder = Path.cwd()
        self.dismiss()

    @property
    def shown(self) -> w.Widget | None:
        """The dialog that is open; None when none is."""
        return next(iter(self.children), None)

    def show(self, dialog: w.Widget) -> None:
        """Open `dialog` in place of the one that is open."""
        self.dismiss()
        self._say("")
        self.children = [dialog]
        self.layout.display = ""

    def dismiss(self) -> None:
        """Close the dialog that is open."""
        former = self.shown
        self.children = []
        self.layout.display = "none"
        if former is not None:
            close_tree(former)

    def open_image(self, title: str, begin: Begin, suffixes: Sequence[str] = IMAGES) -> None:
        """Ask for an image, and for its size and type if it is RAW.

        Parameters
        ----------
        title
            What is to be opened.
        begin
            Called with the path, keywords of `annotat_nb.read`, and what to call should it fail:
            reading goes on in the background, and what the file leaves open is asked then.
        suffixes
            Endings of the files to choose from.
        """

        def choose(path: Path) -> None:
            self._folder = path.parent
            if path.suffix.lower() not in RAW:
                self.begin(path, {}, begin, ask)
                return

            def accept(**how: Any) -> None:
                self.begin(path, how, begin, ask)

            self.attempt(lambda: self.show(RawPanel(path, accept, self.dismiss)))

        ask = partial(self._choose, title, choose, suffixes=suffixes, folders=io.FOLDER_MARKS)
        ask()

    def begin(self, path: Path, how: dict[str, Any], begin: Begin, ask: Ask | None = None) -> None:
        """Begin to read `path`, and ask for what turns out to be needed besides `how`.

        Should it fail, `ask` is called with where to ask again, and what to say.
        """

        def failed(error: BaseException) -> None:
            if isinstance(error, io.ChoiceNeeded):
                take = partial(answer, error.keyword)
                self.show(ChoicePanel(path.name, error, how, take, self.dismiss))
            elif ask is None or self.shown is not None or not isinstance(error, EXPECTED):
                raise error
            else:
                ask(start=path, problem=inert(sentence(error)))

        def answer(keyword: str, value: Any) -> None:
            self.begin(path, {**how, keyword: value}, begin, ask)

        def attempt() -> None:
            try:
                begin(path, how, failed)
            except EXPECTED as error:
                failed(error)

        self.dismiss()
        self.attempt(attempt)

    def open_file(
        self,
        title: str,
        load: Callable[..., Any],
        suffixes: Sequence[str] = IMAGES,
        done: Callable[[Path, Any], object] | None = None,
    ) -> None:
        """Ask for a file, and `load` it in the background.

        Parameters
        ----------
        title
            What is to be loaded.
        load
            Called with the path, and keywords where the file leaves something open.
        suffixes
            Endings of the files to choose from.
        done
            Called with the path and what `load` returned; by default it is said.
        """

        def tell(path: Path, _: Any) -> None:
            self.tell(f"Loaded {path}")

        def begin(path: Path, how: dict[str, Any], failed: Failed) -> None:
            self._jobs.start(
                f"Loading {inert(path.name)}",
                lambda _: load(path, **how),
                partial(done or tell, path),
                failed,
            )

        def choose(path: Path) -> None:
            self._folder = path.parent
            self.begin(path, {}, begin, ask)

        ask = partial(self._choose, title, choose, suffixes=suffixes)
        ask()

    def save_file(
        self,
        title: str,
        name: str,
        accept: Callable[[Path], Path],
        suffixes: Sequence[str] = LABELS,
        becomes: Callable[[Path], Path] = lambda path: path,
    ) -> None:
        """Ask where to write a file; `accept` does so in the background and returns its path."""

        def save(path: Path) -> None:
            self._jobs.start(
                f"Saving {inert(path.name)}",
                lambda _: accept(path),
                lambda written: self.tell(f"Saved {written}"),
            )

        self.ask_path(title, name, save, suffixes, becomes)

    def ask_path(
        self,
        title: str,
        name: str,
        take: Callable[[Path], object],
        suffixes: Sequence[str] = LABELS,
        becomes: Callable[[Path], Path] = lambda path: path,
        problem: str = "",
    ) -> None:
        """Ask where to write a file.

        Parameters
        ----------
        title
            What is to be written.
        name
            The name to begin with, in the folder that was chosen last.
        take
            Called with the path.
        suffixes
            Endings that the name may have.
        becomes
            Tells the path that is really written.
        problem
            What to say at first.
        """

        def choose(path: Path) -> None:
            self._folder = path.parent
            self.dismiss()
            self.attempt(take, path)

        start = self._folder / name
        options = {"suffixes": suffixes, "becomes": becomes, "problem": problem}
        self._choose(title, choose, save=True, start=start, **options)

    def tell(self, news: str) -> None:
        """Say what was done."""
        self._say(news)

    def ask(self, question: str, **actions: Callable[[], object]) -> None:
        """Ask a question; each answer is a button, Cancel is the last."""

        def answer(action: Callable[[], object]) -> Callable[[], None]:
            def act() -> None:
                self.dismiss()
                self.attempt(action)

            return act

        answers = {title: answer(action) for title, action in actions.items()}
        self.show(w.VBox([Line(question), buttons(**answers, Cancel=self.dismiss)]))

    def show_keys(self, commands: list[Command]) -> None:
        """List the keys of the canvas."""
        grid = key_list(commands)
        title = w.Label(
            "Keys work all over the Annotator, but for its text fields. Esc leaves the picture.",
            style={"font_weight": "bold"},
        )
        self.show(w.VBox([title, grid, buttons(Close=self.dismiss)]))

    def _choose(self, title: str, choose: Callable[[Path], Any], **options: Any) -> None:
        start = options.pop("start", self._folder)
        self.show(
            FileChooser(title, start=start, on_choose=choose, on_cancel=self.dismiss, **options)
        )


def buttons(**actions: Callable[[], object]) -> w.HBox:
    """Return a row of buttons; the first one is what is meant as a rule."""
    row = [button(title, action) for title, action in actions.items()]
    row[0].button_style = "primary"  # one only: what Enter would mean
    return w.HBox(row).add_class("annotat-foot")
