"""What keeps the page in order, in the browser alone."""

from __future__ import annotations

import anywidget

from annotat_nb.widgets.bundle import bundle
from annotat_nb.widgets.menu import FRONT


class Steward(anywidget.AnyWidget):  # type: ignore[misc]  # anywidget is untyped
    """Names of controls, focus where a person expects it, and how the kernel can be reached."""

    _esm = bundle(FRONT, "element.js", "names.js", "link.js", "own_keys.js", "steward.js")
