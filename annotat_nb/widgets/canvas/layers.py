"""The stacked bitmaps below the pen. The only module that knows ipycanvas.

Internals of ipycanvas 0.14 that are used, each with a test: `_CanvasManager` (its caching, its
`_current_canvas`, `send_draw_command`, `flush`), `COMMANDS["putImageData"]` taking any encoded
image, `line_dash_offset` and the shadow's offset and blur as carriers of numbers, and in the
browser the model's `new-frame` event, `ctx`, `putImageData` and the manager's `onCommand`.
"""

from __future__ import annotations

from contextlib import contextmanager
from threading import RLock
from typing import TYPE_CHECKING, Literal

from ipycanvas import Canvas
from ipycanvas.canvas import COMMANDS, _CanvasManager

if TYPE_CHECKING:
    from collections.abc import Iterator

LayerName = Literal["slice", "labels", "uncertainty", "boundaries", "markers"]
LAYERS: tuple[LayerName, ...] = ("slice", "labels", "uncertainty", "boundaries", "markers")


class DrawQueue:
    """What is drawn on the canvases of one widget, from whatever thread, in order.

    The queue that ipycanvas shares between all canvases of a kernel stops for good at the first
    error of any of them, in whatever cell.
    """

    def __init__(self) -> None:
        self.lock = RLock()
        self.manager = _CanvasManager()
        self.manager._caching = True
        self.is_awake = False
        """Whether a page is there to draw on."""
        self.flushes = 0
        """How many messages were sent."""
        self._batches = 0

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Send all that is drawn inside as one message, shown in one moment."""
        with self.lock:
            if not self._batches:
                self._begin()
            self._batches += 1
            try:
                yield
            finally:
                self._batches -= 1
                if not self._batches:
                    self.flush()

    def flush(self) -> None:
        """Send what was drawn so far as one message."""
        self.manager.flush()
        self.flushes += 1
        self._begin()

    def close(self) -> None:
        """Close the queue's widget."""
        self.manager.close()

    def _begin(self) -> None:
        """Let each message name its canvas, since a reloaded page has forgotten it."""
        self.manager._current_canvas = None


class LayerStack:
    """The bitmaps of one tile, one a layer."""

    def __init__(self, queue: DrawQueue) -> None:
        self._manager = queue.manager
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

    def clear(self, layer: LayerName, y: int, x: int, height: int, width: int) -> None:
        """Make a rectangle transparent."""
        self.canvases[layer].clear_rect(x, y, width, height)

    def put(self, layer: LayerName, y: int, x: int, png: bytes) -> None:
        """Draw an encoded picture over what is there."""
        # Canvas.put_image_data would encode as JPEG, which breaks labels, or as slow PNG.
        canvas, command = self.canvases[layer], COMMANDS["putImageData"]
        self._manager.send_draw_command(canvas, command, [x, y], [png])

    # Numbers travel as attributes of the drawing context that nothing here draws with, so that
    # they are read in the moment when the picture is on screen. Chromium holds float32.

    def mark(self, layer: LayerName, number: int) -> None:
        """Attach a number below 2²⁴ to the picture."""
        self.canvases[layer].line_dash_offset = number

    def place(self, layer: LayerName, y: int, x: int, scale: float) -> None:
        """Say which voxel the first pixel of a layer shows, and how many voxels wide it is."""
        canvas = self.canvases[layer]
        canvas.shadow_offset_x, canvas.shadow_offset_y, canvas.shadow_blur = x, y, scale

    def close(self) -> None:
        """Close every widget of the stack, layouts included."""
        for canvas in self.canvases.values():
            canvas.layout.close()
            canvas.close()
