"""What keeps the page in order, in the browser alone."""

from __future__ import annotations

import anywidget
import traitlets

from annotat_nb.widgets.bundle import bundle
from annotat_nb.widgets.menu import FRONT


class Steward(anywidget.AnyWidget):  # type: ignore[misc]  # anywidget is untyped
    """Names and tips of controls, focus where a person expects it, and the way to the kernel."""

    _esm = bundle(
        FRONT, "element.js", "names.js", "link.js", "own_keys.js", "tips.js", "steward.js"
    )

    top = traitlets.Unicode(help="Id of the widget that holds them all.").tag(sync=True)
