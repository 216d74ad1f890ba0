"""Words on the page: names that cannot act, and lines that say how things stand."""

from __future__ import annotations

from typing import Any

import ipywidgets as w

_COLOURS = {"plain": "var(--jp-ui-font-color1)", "error": "var(--jp-error-color1)"}


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


class Line(w.Label):  # type: ignore[misc]  # ipywidgets is untyped
    """One line or sentence of plain text, which takes no room while it is empty."""

    def __init__(self, value: str = "", *, tone: str = "plain") -> None:
        super().__init__(value, style={"text_color": _COLOURS[tone]})
        # JupyterLab would typeset what stands between two dollar signs.
        self.add_class("mathjax_ignore")
        self.add_class("tex2jax_ignore")
        self.layout.width = "100%"
        self.observe(self._fold, "value")
        self._fold()

    def _fold(self, _: Any = None) -> None:
        self.layout.display = "" if self.value else "none"
