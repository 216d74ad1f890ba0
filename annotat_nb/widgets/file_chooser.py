"""Choosing a file by its path, with completion."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ipywidgets as w

from annotat_nb.widgets.button import button
from annotat_nb.widgets.folder import (
    Item,
    Listing,
    fits,
    holds_any,
    is_folder,
    is_package,
    list_folder,
)
from annotat_nb.widgets.path_field import PathField
from annotat_nb.widgets.path_words import absolute, explain, summarize
from annotat_nb.widgets.text import Line, inert

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class FileChooser(w.VBox):  # type: ignore[misc]  # ipywidgets is untyped
    """A line for a path, and below it what would complete it.

    Typing narrows the list; a click on a folder goes into it, on a file takes its path; Enter or
    the button chooses. Every row is a button, so Tab reaches all.

    Parameters
    ----------
    title
        What is chosen, such as "Open image".
    save
        Whether the file is to be written: then it need not exist, and if it does the chooser asks
        before it is replaced.
    folders
        Endings of the files that make their folder a choice itself, such as those of slice images;
        none lets no folder be chosen.
    suffixes
        Endings of the files that are listed, such as ``.tif``; none lists every file. When saving,
        a name without one of them gets the first.
    start
        Folder or file to begin with; the current folder by default.
    problem
        What to say at first, such as why the former choice failed.
    becomes
        Tells the path that is really written for a path that is chosen, which is the one to ask
        about.
    on_choose
        Called with the absolute path.
    on_cancel
        Called when the user gives up; None offers no Cancel.
    """

    def __init__(
        self,
        title: str,
        *,
        save: bool = False,
        folders: Sequence[str] = (),
        suffixes: Sequence[str] = (),
        start: Path | str | None = None,
        problem: str = "",
        becomes: Callable[[Path], Path] = lambda path: path,
        on_choose: Callable[[Path], Any],
        on_cancel: Callable[[], Any] | None = None,
    ) -> None:
        self._save, self._folders, self._suffixes = save, tuple(folders), tuple(suffixes)
        self._on_choose, self._on_cancel, self._becomes = on_choose, on_cancel, becomes
        self._shown: tuple[str, Path] = ("", Path())
        self._items: tuple[Item, ...] = ()
        self._pool: list[w.Button] = []
        self._to_replace: Path | None = None
        self._make_controls()
        heading = w.Label(title, style={"font_weight": "bold"})
        line = w.HBox([self.path, self.up])
        super().__init__(
            [heading, line, self.rows, self._more, self.endings, self._foot()],
            layout={"width": "100%", "max_width": "60em", "padding": "0 4px"},
        )
        self._listen()
        self._point_at(Path(start or Path.cwd()).expanduser().absolute())
        self.status.value = problem

    def _make_controls(self) -> None:
        self.path = PathField(self._choose)
        title, tip = _VERBS[self._save]
        self.up = _button("Up", self._go_up, "Go to the folder above", icon="arrow-up")
        self.ok = _button(title, self._choose, tip, button_style="primary")
        self.cancel = _button("Cancel", self._leave, "Choose nothing")
        self.rows = w.VBox(layout=_LIST)
        self._more = Line()
        endings = ", ".join(self._suffixes) if self._save else ""
        self.endings = Line(f"Ending: {endings}" if endings else "")
        self.status = Line(tone="error")
        self._row_layout = w.Layout(**_ROW)
        self._row_style = w.ButtonStyle(button_color="transparent")

    def _foot(self) -> w.VBox:
        self.cancel.layout.display = "none" if self._on_cancel is None else ""
        return w.VBox([self.status, w.HBox([self.ok, self.cancel])]).add_class("annotat-foot")

    def _listen(self) -> None:
        self.path.observe(lambda _: self._follow(), "value")

    def _leave(self) -> None:
        if self._on_cancel is not None:
            self._on_cancel()

    @property
    def chosen(self) -> Path:
        """The path in the line, absolute; it need not exist."""
        text, path = self._shown
        # A name that cannot be typed is shown with escapes: the click on it is what counts.
        return path if text == self.path.value else absolute(self.path.value.strip())

    def _point_at(self, path: Path) -> None:
        text = inert(str(path))
        if self._is_place(path) and not text.endswith(os.sep):
            text += os.sep
        self._shown = (text, path)
        if self.path.value == text:
            self._follow()
        self.path.value = text

    def _follow(self) -> None:
        """List what completes the line."""
        self._to_replace = None
        self.status.value = ""
        self._name_ok()
        folder, prefix = self._folder_and_prefix()
        try:
            listing = list_folder(folder, prefix, self._suffixes)
        except (OSError, ValueError) as error:
            listing = Listing((), 0, complete=True)
            self.status.value = explain(folder, error)
        self._list(listing.items)
        self._more.value = "" if self.status.value else summarize(listing, prefix)

    def _name_ok(self) -> None:
        path = self.chosen
        verb, tip = _AS_SLICES if self._is_stack(path) else _VERBS[self._save]
        obstacle = self._obstacle(path)
        self.ok.disabled = bool(obstacle)
        self.ok.description, self.ok.tooltip = verb, obstacle or tip

    def _obstacle(self, path: Path) -> str:
        """Say why nothing can be opened yet: `path` is the folder that is listed, and no image."""
        is_listed = self._is_place(path) and self.path.value == self._shown[0]
        if self._save or not is_listed or self._is_stack(path):
            return ""
        return _NO_SLICES if self._folders else _NO_FILE

    def _folder_and_prefix(self) -> tuple[Path, str]:
        typed, path = self.path.value.strip(), self.chosen
        if self.path.value == self._shown[0] or typed in ("", "~"):
            # What was clicked, not typed: its neighbours stay in reach.
            return (path if self._is_place(path) else path.parent), ""
        # Not by way of Path, which drops a dot at the end.
        folder, slash, name = typed.rpartition(os.sep)
        return absolute(folder + slash), name

    def _list(self, items: tuple[Item, ...]) -> None:
        self._items = items
        while len(self._pool) < len(items):
            self._pool.append(self._new_row(len(self._pool)))
        rows = self._pool[: len(items)]
        for row, item in zip(rows, items, strict=True):
            name = inert(item.path.name) + (os.sep if item.is_folder else "")
            with row.hold_sync():
                row.description = row.tooltip = name
                row.icon = "folder" if item.is_folder else "file-o"
        self.rows.children = rows

    def _new_row(self, number: int) -> w.Button:
        # Rows are used again and again: a widget that is dropped would stay in the browser.
        row = w.Button(layout=self._row_layout, style=self._row_style)
        row.on_click(lambda _: self._point_at(self._items[number].path))
        return row

    def close(self) -> None:
        """Close the chooser with its rows, those included that are not shown just now."""
        for part in (*self._pool, self._row_layout, self._row_style):
            part.close()
        super().close()

    def _go_up(self) -> None:
        folder, prefix = self._folder_and_prefix()
        self._point_at(folder if prefix else folder.parent)

    def _choose(self) -> None:
        path = self.chosen
        if self.ok.disabled:
            self.status.value = self.ok.tooltip
            return
        if self._is_place(path) and not self._is_stack(path):
            self._point_at(path)
            return
        try:
            problem = self._problem_saving(path) if self._save else self._problem_opening(path)
        except (OSError, ValueError) as error:
            problem = explain(path, error)
        self.status.value = problem
        if not problem:
            self._on_choose(self._completed(path))

    def _is_place(self, path: Path) -> bool:
        """Whether to go into `path`: a folder that is no image by its name."""
        return is_folder(path) and not is_package(path.name, self._suffixes)

    def _is_stack(self, path: Path) -> bool:
        """Whether `path` is a folder that may be chosen itself."""
        return self._is_place(path) and holds_any(path, self._folders)

    def _problem_opening(self, path: Path) -> str:
        name = inert(path.name)
        if self._folders and any(path.parent.glob(path.name)):
            return ""
        if not path.exists():
            return f"{name} does not exist in {inert(str(path.parent))}; check the path"
        if not os.access(path, os.R_OK):
            return f"{name} may not be read; ask its owner for permission"
        if not (path.is_dir() or fits(path.name, self._suffixes)):
            return f"{name} cannot be opened here; choose a file ending in {self._endings()}"
        return ""

    def _problem_saving(self, typed: Path) -> str:
        path = self._completed(typed)
        folder, name = path.parent, inert(path.name)
        if not folder.is_dir():
            return f"{inert(str(folder))} is no folder; make it or choose another"
        if not os.access(folder, os.W_OK):
            return f"{inert(str(folder))} may not be written to; choose another folder"
        if not fits(path.name, self._suffixes):
            return f"{name} cannot be saved with that ending; use {self._endings()}"
        final = self._becomes(path)
        if final.exists() and final != self._to_replace:
            self._to_replace = final
            return f"{inert(final.name)} exists: save again to replace it"
        return ""

    def _completed(self, path: Path) -> Path:
        """Give a name to be saved the first ending, if it has none."""
        if not self._save or not self._suffixes or path.suffix or is_folder(path):
            return path
        return path.with_name(path.name + self._suffixes[0])

    def _endings(self) -> str:
        return " or ".join(self._suffixes)


_button = partial(button, layout={"width": "auto"})


_VERBS = {
    False: ("Open", "Open what stands in the line"),
    True: ("Save", "Save under the path in the line"),
}

_NO_FILE = "Choose a file first"
_NO_SLICES = "Choose a file first: this folder holds no slice images"
_AS_SLICES = ("Open folder as slices", "Open the images in this folder as one stack")

_LIST = {
    "height": "260px",
    "overflow": "hidden auto",
    "border": "1px solid var(--jp-border-color1)",
    "margin": "2px",
}

_ROW = {
    "width": "auto",
    "min_height": "28px",
    "margin": "0",
    "display": "flex",
    "justify_content": "flex-start",
    "align_items": "center",
}
