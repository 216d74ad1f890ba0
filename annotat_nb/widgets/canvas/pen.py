"""The pen: the transparent top of the canvas, which lives in the browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anywidget
import numpy as np
import traitlets

from annotat_nb.widgets.bundle import bundle

_FOLDER = Path(__file__).parent
_MODULES = (
    "raster.js",
    "bitmaps.js",
    "viewport.js",
    "cursor.js",
    "echo.js",
    "keys.js",
    "gestures.js",
    "lifeline.js",
    "painter.js",
    "shortcuts.js",
    "key_brush.js",
    "speaker.js",
    "latest_view.js",
    "courier.js",
    "layers.js",
    "picture.js",
    "pen.js",
)


class LookupTable(traitlets.Bytes):
    """768 bytes, or anything that numpy turns into (256, 3) uint8; empty stands for grey."""

    def validate(self, obj: Any, value: Any) -> bytes:
        table = value if isinstance(value, bytes) else np.asarray(value, np.uint8).tobytes()
        if len(table) not in (0, 768):
            raise traitlets.TraitError(f"a colour map is (256, 3) uint8, got {len(table)} bytes")
        return table


class Pen(anywidget.AnyWidget):  # type: ignore[misc]
    """Pointer, wheel, keys, brush cursor, zoom, and the instant echo of strokes.

    Its traits are shared with the browser, so a slider linked by `ipywidgets.jslink` changes the
    brush without asking the kernel.
    """

    _esm = bundle(_FOLDER, *_MODULES)
    _css = (_FOLDER / "pen.css").read_text(encoding="utf-8")

    layers = traitlets.List(traitlets.Unicode()).tag(sync=True)
    """Model ids of the canvases below: slice, labels, uncertainty, boundaries, markers; then the
    same of the coarse picture below them."""
    width = traitlets.Int(0).tag(sync=True)
    """Columns of the slice; 0 while there is none."""
    height = traitlets.Int(0).tag(sync=True)
    """Rows of the slice."""
    aspect = traitlets.Float(1.0).tag(sync=True)
    """Height of a row over width of a column on screen, for anisotropic voxels."""
    notice = traitlets.Unicode("").tag(sync=True)
    """Why nothing can be painted now, such as "Open an image to begin"; empty when it can."""

    farewell = traitlets.Unicode(
        "The kernel is gone. What was saved is on disk: run the cells again to go on."
    ).tag(sync=True)
    """What the page says in place of `notice` when the kernel is no more."""

    tool = traitlets.Enum(("paint", "erase", "move", "center"), "paint").tag(sync=True)
    """What the left button does."""
    radius = traitlets.Int(5, min=0, max=200).tag(sync=True)
    """Brush radius in voxels."""
    label = traitlets.Int(1, min=0).tag(sync=True)
    """Class id to paint with."""
    palette = traitlets.List(traitlets.Unicode()).tag(sync=True)
    """Colours of the classes as "#rrggbb", by class id."""
    can_paint = traitlets.Bool(True).tag(sync=True)
    """Whether the keyboard can have the brush; else its keys go to the kernel, which says why."""
    erase_color = traitlets.Unicode("#ffffff").tag(sync=True)
    """Colour of the veil over voxels that are being erased."""

    window = traitlets.Tuple(traitlets.Float(), traitlets.Float(), default_value=(0.0, 255.0)).tag(
        sync=True
    )
    """Grey values of the sent slice shown as the first and the last colour."""
    colormap = LookupTable(b"").tag(sync=True)
    """Colours of the 256 grey levels, (256, 3) uint8; empty for grey."""
    opacity = traitlets.Dict({}).tag(sync=True)
    """Opacity from 0 to 1 by layer name; 1 where not given."""
    visible = traitlets.Dict({}).tag(sync=True)
    """Whether a layer is shown, by layer name; True where not given."""

    shortcuts = traitlets.List(traitlets.Unicode()).tag(sync=True)
    """Keys sent to the kernel: "ArrowUp", "ctrl+z" (Cmd on a Mac too), "shift+S", "1"."""
    key_sets = traitlets.Dict({}).tag(sync=True)
    """Keys that set traits in the browser, at once: ``{"2": {"label": 2}}``."""
    key_steps = traitlets.Dict({}).tag(sync=True)
    """Keys that add to number traits in the browser, at once: ``{"]": {"radius": 1}}``."""
    key_help = traitlets.Unicode("").tag(sync=True)
    """What the keys do, read out by a screen reader."""
