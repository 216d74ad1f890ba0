"""Words on the page: names that cannot act, and lines that say how things stand."""

from __future__ import annotations

import html
from typing import Any, Literal

import ipywidgets as w
from traitlets import Unicode, observe

Tone = Literal["plain", "error", "silent"]
_TEXT = "var(--jp-ui-font-color1)"
_COLOURS = {"plain": _TEXT, "error": "var(--jp-error-color1)", "silent": _TEXT}
_ROLES = {"plain": "status", "error": "alert", "silent": "none"}


def inert(name: str) -> str:
    r"""Return `name` on one line, with whatever could mislead a reader written out.

    Control characters, line ends, marks that turn the reading direction, and bytes that are no
    text are shown as escapes; letters of every script stay.

    Examples
    --------
    >>> inert("labels\n.tif")
    'labels\\n.tif'
    """
    return "".join(c if c.isprintable() else _escape(c) for c in name)


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


class Line(w.VBox):  # type: ignore[misc]  # ipywidgets is untyped
    """A sentence of plain text that wraps, and takes no room while it is empty.

    Parameters
    ----------
    value
        The sentence; whatever it contains is shown as text.
    tone
        "plain", or "error", which screen readers announce at once; "silent" for what changes too
        often to be announced at all.
    """

    # A Label neither wraps nor leaves alone what stands between two dollar signs: as a formula,
    # a name could even become a link.
    value = Unicode(help="The sentence.")
    tip = Unicode(help="What the mouse over it tells.")  # a box shows no tooltip of its own

    def __init__(self, value: str = "", *, tone: Tone = "plain") -> None:
        self._tone = tone
        self._sentence: w.HTML | None = None  # most lines never say anything
        super().__init__(value=value)
        self._show()

    @observe("value", "tip")
    def _follow(self, _: Any) -> None:
        self._show()

    def _show(self) -> None:
        self.layout.display = "" if self.value else "none"
        if self._sentence is None and self.value:
            style = {"text_color": _COLOURS[self._tone]}
            self._sentence = w.HTML(style=style, layout={"width": "auto"})
            self.children = (self._sentence,)
        if self._sentence is not None:
            self._sentence.value = self._html()

    def _html(self) -> str:
        tip = f' title="{html.escape(self.tip)}"' if self.tip else ""
        role = f'role="{_ROLES[self._tone]}"'
        return f'<div {role}{tip} style="line-height:1.4">{html.escape(self.value)}</div>'
