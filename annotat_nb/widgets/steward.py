"""What keeps the page in order, in the browser alone."""

from __future__ import annotations

import anywidget

from annotat_nb.widgets.bundle import bundle
from annotat_nb.widgets.menu import FRONT


class Steward(anywidget.AnyWidget):  # type: ignore[misc]  # anywidget is untyped
    """Names of controls, focus where a person expects it, Esc that leaves a dialog."""

    _esm = bundle(FRONT, "names.js", "steward.js")
