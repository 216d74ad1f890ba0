"""The slice canvas as Python sees it: pixels go in, strokes and gestures come out."""

from __future__ import annotations

from contextlib import contextmanager
from threading import RLock
from typing import TYPE_CHECKING, Any

import ipywidgets
import numpy as np
from psygnal import Signal

from annotat_nb.widgets.canvas.layers import LAYERS, LayerName, LayerStack
from annotat_nb.widgets.canvas.pen import Pen
from annotat_nb.widgets.canvas.plane import Plane, check_inside, with_clear
from annotat_nb.widgets.canvas.stroke import Stroke

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import ArrayLike, NDArray

_EMPTY = "Open an image to begin"
_YELLOW = (255, 221, 0, 255)


class SliceCanvas(ipywidgets.Box):  # type: ignore[misc]
    """A slice with labels, superpixel boundaries and markers above it, and a pen on top.

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

    def __init__(self, *, height: str = "520px") -> None:
        self._lock = RLock()
        self._batches = 0
        self._awake = False
        self._shape = (0, 0)
        self._slice_id = 0
        self._marked: int | None = None
        self._planes: dict[LayerName, Plane] = {}
        self._layers = LayerStack()
        self.pen = Pen(layers=self._layers.model_ids, notice=_EMPTY)
        self.pen.on_msg(self._receive)
        layout = ipywidgets.Layout(width="100%", height=height)
        super().__init__([*self._layers.canvases.values(), self.pen], layout=layout)
        self.add_class("annotat-stack")

    # Drawing

    def show_slice(self, image: NDArray[np.uint8], *, slice_id: int = 0) -> None:
        """Show a slice; another shape clears the overlays and fits the view.

        Parameters
        ----------
        image
            (height, width) uint8 grey values; `pen.window` and `pen.colormap` colour them.
        slice_id
            Number below 2²⁴ that strokes begun on this picture carry. The user may paint on what
            is on screen while the kernel has already moved on: the number tells the slices apart.
        """
        image = np.array(image)
        if image.ndim != 2 or image.dtype != np.uint8 or not image.size:
            raise ValueError(f"a slice is 2D uint8, got {image.shape} {image.dtype}")
        with self.batch():
            if image.shape != self._shape:
                self._reshape(image.shape)
            self._slice_id = slice_id
            self._planes["slice"] = Plane(image)
            self._paint("slice", 0, 0, *image.shape)
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
        self._show("labels", np.asarray(ids), np.asarray(rgba, np.uint8), origin)

    def show_boundaries(
        self,
        mask: ArrayLike,
        *,
        origin: tuple[int, int] = (0, 0),
        fineness: int = 1,
        rgba: tuple[int, int, int, int] = _YELLOW,
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
        with self.batch():
            if fineness != self.pen.fineness:
                self._refine(fineness)
            ids = np.asarray(mask, bool).view(np.uint8)
            self._show("boundaries", ids, with_clear(rgba), origin)

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
        above = (np.asarray(ids) + 1).astype(np.uint16)
        with self.batch():
            self._show("markers", above, with_clear(rgba), origin)
            if acknowledge is not None:
                self.acknowledge(acknowledge)

    def acknowledge(self, stroke_id: int) -> None:
        """Drop the echo of a stroke, and of those before it, without drawing."""
        with self.batch():
            if self._marked is not None:
                self._layers.flush()  # one number a frame: the page must see the earlier one too
            self._layers.mark("markers", stroke_id)
            self._marked = stroke_id

    def clear(self, layer: LayerName) -> None:
        """Empty a layer: "slice", "labels", "boundaries" or "markers"."""
        if layer not in LAYERS:
            raise ValueError(f"a layer is one of {', '.join(LAYERS)}; got {layer!r}")
        with self.batch():
            self._planes.pop(layer, None)
            self._layers.clear(layer, 0, 0, *self._shape_of(layer))

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Send all that is drawn inside as one message, shown in one moment."""
        with self._lock:
            if not self._batches:
                self._layers.begin()
            self._batches += 1
            try:
                yield
            finally:
                self._batches -= 1
                if not self._batches:
                    self._layers.flush()
                    self._marked = None

    def repaint(self) -> None:
        """Draw every layer again."""
        with self.batch():
            for name in LAYERS:
                if name in self._planes:
                    self._paint(name, 0, 0, *self._shape_of(name))

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
        with self._lock:
            self._awake = False
            self._layers.close()
            for widget in (self.pen.layout, self.pen, self.layout):
                widget.close()
            super().close()

    # Inner workings

    def _show(
        self,
        layer: LayerName,
        ids: NDArray[Any],
        palette: NDArray[np.uint8],
        origin: tuple[int, int],
    ) -> None:
        with self.batch():
            check_inside(layer, ids.shape, origin, self._shape_of(layer))
            if not ids.size:
                return
            if layer not in self._planes:
                self._planes[layer] = Plane.empty(self._shape_of(layer))
            self._planes[layer].update(ids, palette, origin)
            self._paint(layer, *origin, *ids.shape)

    def _paint(self, layer: LayerName, y: int, x: int, height: int, width: int) -> None:
        if not self._awake:
            return  # no page yet: `ready` paints everything
        if layer == "slice":
            self._layers.mark("slice", self._slice_id)
        else:
            self._layers.clear(layer, y, x, height, width)
        self._layers.put(layer, y, x, self._planes[layer].encode(y, x, height, width))

    def _reshape(self, shape: tuple[int, int]) -> None:
        self._layers.flush()  # what was drawn before belongs to the old shape
        self._planes.clear()
        self._shape = shape
        for name in LAYERS:
            self._layers.resize(name, *self._shape_of(name))
        with self.pen.hold_sync():
            self.pen.height, self.pen.width = shape

    def _refine(self, fineness: int) -> None:
        self._layers.flush()
        self._planes.pop("boundaries", None)
        self.pen.fineness = fineness
        self._layers.resize("boundaries", *self._shape_of("boundaries"))

    def _shape_of(self, layer: LayerName) -> tuple[int, int]:
        scale = self.pen.fineness if layer == "boundaries" else 1
        return scale * self._shape[0], scale * self._shape[1]

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
        with self._lock:
            self._awake = True
            self.repaint()
        self.ready.emit()

    def _emit_stroke(self, stroke: Stroke) -> None:
        """Hand a stroke on; one that nobody takes loses its echo, so that the page stays true."""
        try:
            self.stroked.emit(stroke)
        except Exception:
            self.acknowledge(stroke.id)
            raise

    def _emit_throttled(self, kind: str, value: Any) -> None:
        """Emit what the page sends one at a time, and ask it for the next."""
        try:
            if kind == "wheel" and value:
                self.wheeled.emit(int(value))
            elif kind == "visit":
                self.visited.emit(*value)
            elif kind == "key":
                self.key_pressed.emit(str(value))
            elif kind == "hover":
                self.hovered.emit(tuple(value) if value is not None else None)
        finally:
            self.pen.send({"kind": "handled", "of": kind})
