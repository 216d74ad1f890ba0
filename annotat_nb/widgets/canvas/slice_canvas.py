"""The slice canvas as Python sees it: pixels go in, strokes and gestures come out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets
from psygnal import Signal

from annotat_nb.rendering import Seen
from annotat_nb.rendering.tiles import MOST
from annotat_nb.widgets.canvas.layers import LAYERS, DrawQueue, LayerName
from annotat_nb.widgets.canvas.pen import Pen
from annotat_nb.widgets.canvas.sheet import YELLOW, Sheet
from annotat_nb.widgets.canvas.stroke import Received, Stroke
from annotat_nb.widgets.housekeeping import close_tree
from annotat_nb.widgets.legend import Legend

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    from annotat_nb.rendering import Tile

_EMPTY = "Open an image to begin"


class SliceCanvas(ipywidgets.Box):  # type: ignore[misc]
    """A slice, above it labels, uncertainty, superpixel boundaries and markers, and a pen on top.

    It knows pixels and strokes, nothing of sessions. Settings of the brush and of the display are
    traits of `pen`. Drawing may come from any thread. What is drawn before a page is open, or
    before it is reloaded, is painted when the page is ready.

    Parameters
    ----------
    height
        Height of the canvas as a CSS length; the width is that of its container.
    """

    stroked = Signal(Stroke)
    """A finished stroke. Answer with `show_markers(…, acknowledge=stroke.id)` or `acknowledge`."""
    wheeled = Signal(int)
    """Steps of the wheel, positive towards the user."""
    key_pressed = Signal(str)
    """A key of `pen.shortcuts`, as written there."""
    centred = Signal(int, int)
    """Voxel (y, x) clicked with the tool "center"."""
    picked = Signal(int, int, bool)
    """Voxel (y, x) clicked with Ctrl or Cmd, and whether Shift was held."""
    hovered = Signal(object)
    """Voxel (y, x) under the pointer, None when it left the slice; at most ten times a second."""
    visited = Signal(int, int)
    """Voxel (y, x) that the keyboard moved the brush to. Answer with `say_place`."""
    ready = Signal()
    """A page shows the canvas for the first time, or again after a reload."""

    looked = Signal(tuple, Seen)
    """Shape of a slice that is too large for one bitmap, and what a person sees of it."""

    def __init__(self, *, height: str = "520px") -> None:
        self._received = Received()
        self._queue = DrawQueue()
        self.near = Sheet(self._queue, MOST)
        """What is shown: the slice, or of a large one the tile that is seen."""
        self.far = Sheet(self._queue, 0)
        """The whole of a large slice, coarsely, below the tile: seen while another tile comes."""
        self.near.reshaped.connect(self._take_shape)
        layers = [*self.near.layers.model_ids, *self.far.layers.model_ids]
        self.pen = Pen(layers=layers, notice=_EMPTY)
        self.pen.on_msg(self._receive)
        bitmaps = [c for sheet in self._sheets for c in sheet.layers.canvases.values()]
        self.legend = Legend()
        """What the colours of the uncertainty mean, in a corner below the pen."""
        layout = ipywidgets.Layout(width="100%", height=height)
        super().__init__([*bitmaps, self.legend, self.pen], layout=layout)
        self.add_class("annotat-stack")

    # Drawing

    def show_slice(
        self, image: NDArray[np.uint8], *, slice_id: int = 0, tile: Tile | None = None
    ) -> None:
        """Show a slice; another shape clears the overlays and fits the view.

        Parameters
        ----------
        image
            (height, width) uint8 grey values; `pen.window` and `pen.colormap` colour them.
        slice_id
            Number below 2²⁴ that strokes begun on this picture carry. The user may paint on what
            is on screen while the kernel has already moved on: the number tells the slices apart.
        tile
            Where the image lies in a slice that is too large for one bitmap: the overlays are
            then placed in pixels of the tile. None if it is all of the slice.
        """
        with self.batch():
            self.near.show_slice(image, slice_id=slice_id, tile=tile)
            if self.pen.notice == _EMPTY:
                self.pen.notice = ""

    def show_labels(
        self, ids: ArrayLike, rgba: ArrayLike, *, origin: tuple[int, int] = (0, 0)
    ) -> None:
        """Show class ids in the rectangle at `origin` (y, x).

        Parameters
        ----------
        ids
            (height, width) uint8 or uint16.
        rgba
            (n, 4) uint8, the colour of each id, 0 included. It holds for the whole layer: after a
            change of colours show the whole plane.
        """
        self.near.show_labels(ids, rgba, origin=origin)

    def show_uncertainty(
        self, levels: ArrayLike, rgba: ArrayLike, *, origin: tuple[int, int] = (0, 0)
    ) -> None:
        """Show how hard voxels were to classify in the rectangle at `origin` (y, x).

        Parameters
        ----------
        levels
            (height, width) uint8.
        rgba
            (n, 4) uint8, the colour of each level, 0 included.
        """
        self.near.show_uncertainty(levels, rgba, origin=origin)

    def show_boundaries(
        self,
        mask: ArrayLike,
        *,
        origin: tuple[int, int] = (0, 0),
        fineness: int = 1,
        rgba: tuple[int, int, int, int] = YELLOW,
    ) -> None:
        """Show superpixel boundaries in the rectangle at `origin` (y, x).

        Parameters
        ----------
        mask
            bool, (height, width): `fineness` pixels for each voxel, in both directions.
        origin
            In pixels of the mask.
        fineness
            Above 1, lines can be thinner than a voxel.
        rgba
            Colour of the lines.
        """
        self.near.show_boundaries(mask, origin=origin, fineness=fineness, rgba=rgba)

    def show_markers(
        self,
        ids: ArrayLike,
        rgba: ArrayLike,
        *,
        origin: tuple[int, int] = (0, 0),
        acknowledge: int | None = None,
    ) -> None:
        """Show markers in the rectangle at `origin` (y, x).

        Parameters
        ----------
        ids
            (height, width) int16 class ids, -1 where nothing is marked; may be empty.
        rgba
            (n, 4) uint8, the colour of each class.
        acknowledge
            Id of the stroke that this picture contains: its echo goes in the same moment, and
            with it those of earlier strokes.
        """
        self.near.show_markers(ids, rgba, origin=origin, acknowledge=acknowledge)

    def acknowledge(self, stroke_id: int) -> None:
        """Drop the echo of a stroke, and of those before it, without drawing."""
        self.near.acknowledge(stroke_id)

    def clear(self, layer: LayerName) -> None:
        """Empty a layer, such as "labels" or "markers"."""
        if layer not in LAYERS:
            raise ValueError(f"a layer is one of {', '.join(LAYERS)}; got {layer!r}")
        with self.batch():
            for sheet in self._sheets:
                sheet.clear(layer)

    def batch(self) -> AbstractContextManager[None]:
        """Send all that is drawn inside as one message, shown in one moment."""
        return self._queue.batch()

    def repaint(self) -> None:
        """Draw every layer again."""
        with self.batch():
            for sheet in self._sheets:
                sheet.repaint()

    # The view

    def fit(self) -> None:
        """Show the whole slice."""
        self.pen.send({"kind": "fit"})

    def actual_size(self) -> None:
        """Show one voxel as one pixel of the screen."""
        self.pen.send({"kind": "actual size"})

    def zoom_by(self, factor: float) -> None:
        """Enlarge the picture about its middle."""
        self.pen.send({"kind": "zoom", "factor": float(factor)})

    def brush_by_keyboard(self) -> None:
        """Put the brush under the control of the keyboard, or take it away."""
        self.pen.send({"kind": "brush by keyboard"})

    def say(self, news: str) -> None:
        """Tell who paints by keyboard, through a screen reader, what was done."""
        self.pen.send({"kind": "say", "news": news})

    def say_place(self, place: str) -> None:
        """Tell who paints by keyboard, through a screen reader, what is under the brush."""
        self.pen.send({"kind": "say", "place": place})

    def close(self) -> None:
        """Close the canvas and every widget that it is made of."""
        with self._queue.lock:
            self._queue.is_awake = False
            for sheet in self._sheets:
                sheet.layers.close()
            self._queue.close()
            close_tree(self.legend)
            for widget in (self.pen.layout, self.pen, self.layout):
                widget.close()
            super().close()

    # Inner workings

    @property
    def _sheets(self) -> tuple[Sheet, Sheet]:
        return self.near, self.far

    def _take_shape(self, shape: tuple[int, int]) -> None:
        self.far.hide()
        with self.pen.hold_sync():
            self.pen.height, self.pen.width = shape

    def _receive(self, _: Any, content: dict[str, Any], buffers: list[memoryview]) -> None:
        kind = content["kind"]
        if kind == "ready":
            self._wake()
        elif kind == "stroke":
            self._emit_stroke(Stroke.from_message(content, buffers[0]))
        elif kind == "center":
            self.centred.emit(*content["voxel"])
        elif kind == "pick":
            self.picked.emit(*content["voxel"], content["shift"])
        else:
            self._emit_throttled(kind, content["value"])

    def _wake(self) -> None:
        with self._queue.lock:
            self._queue.is_awake = True
            self.repaint()
        self.ready.emit()

    def _emit_stroke(self, stroke: Stroke) -> None:
        """Hand a stroke on; one that nobody takes loses its echo, so that the page stays true."""
        if not self._received.is_new(stroke):
            self.acknowledge(stroke.id)
            return
        try:
            self.stroked.emit(stroke)
        except Exception:
            self.acknowledge(stroke.id)
            raise

    def _emit_throttled(self, kind: str, value: Any) -> None:
        """Emit what the page sends one at a time, and ask it for the next."""
        try:
            self._emit(kind, value)
        finally:
            self.pen.send({"kind": "handled", "of": kind})

    def _emit(self, kind: str, value: Any) -> None:
        if kind == "wheel" and value:
            self.wheeled.emit(int(value))
        elif kind == "visit":
            self.visited.emit(*value)
        elif kind == "look":
            self.looked.emit(tuple(value["shape"]), Seen(*value["seen"]))
        elif kind == "key":
            self.key_pressed.emit(str(value))
        elif kind == "hover":
            self.hovered.emit(tuple(value) if value is not None else None)
