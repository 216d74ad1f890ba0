"""The four stacked bitmaps below the pen. The only module that knows ipycanvas.

Internals of ipycanvas 0.14 that are used, each with a test: `_CanvasManager` (its caching, its
`_current_canvas`, `send_draw_command`, `flush`), `COMMANDS["putImageData"]` taking any encoded
image, `line_dash_offset` as a carrier of numbers, and in the browser the model's `new-frame`
event, `ctx`, `putImageData` and the manager's `onCommand`.
"""

from __future__ import annotations

from typing import Literal

from ipycanvas import Canvas
from ipycanvas.canvas import COMMANDS, _CanvasManager

LayerName = Literal["slice", "labels", "boundaries", "markers"]
LAYERS: tuple[LayerName, ...] = ("slice", "labels", "boundaries", "markers")


class LayerStack:
    """Canvases drawn through one queue of their own.

    The queue that ipycanvas shares between all canvases of a kernel stops for good at the first
    error of any of them, in whatever cell.
    """

    def __init__(self) -> None:
        self._manager = _CanvasManager()
        self._manager._caching = True
        self.canvases = {
            name: Canvas(width=1, height=1, _canvas_manager=self._manager) for name in LAYERS
        }

    @property
    def model_ids(self) -> list[str]:
        """Names of the canvases in the browser, bottom first."""
        return [canvas.model_id for canvas in self.canvases.values()]

    def resize(self, layer: LayerName, height: int, width: int) -> None:
        """Give a layer another shape; it is blank afterwards."""
        canvas = self.canvases[layer]
        with canvas.hold_sync():
            canvas.width, canvas.height = width, height

    def begin(self) -> None:
        """Start a batch: name the canvas again, since a reloaded page has forgotten it."""
        self._manager._current_canvas = None

    def flush(self) -> None:
        """Send what was drawn since `begin` as one message."""
        self._manager.flush()
        self.begin()

    def clear(self, layer: LayerName, y: int, x: int, height: int, width: int) -> None:
        """Make a rectangle transparent."""
        self.canvases[layer].clear_rect(x, y, width, height)

    def put(self, layer: LayerName, y: int, x: int, png: bytes) -> None:
        """Draw an encoded picture over what is there."""
        # Canvas.put_image_data would encode as JPEG, which breaks labels, or as slow PNG.
        canvas, command = self.canvases[layer], COMMANDS["putImageData"]
        self._manager.send_draw_command(canvas, command, [x, y], [png])

    def mark(self, layer: LayerName, number: int) -> None:
        """Attach a number below 2²⁴ to the picture, to be read when that picture is on screen."""
        # An attribute of the drawing context that nothing here draws with; Chromium holds float32.
        self.canvases[layer].line_dash_offset = number

    def close(self) -> None:
        """Close every widget of the stack, layouts included."""
        for canvas in self.canvases.values():
            canvas.layout.close()
            canvas.close()
        self._manager.close()
