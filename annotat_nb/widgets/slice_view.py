"""The slice of a session on the canvas."""

from __future__ import annotations

from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec

import numpy as np

from annotat_nb.rendering import colormap, tile_around, whole_tile
from annotat_nb.session.brushes import has_radius
from annotat_nb.volume import axis_number, plane_axes
from annotat_nb.widgets.loop import Latest, Loop
from annotat_nb.widgets.slice_layers import SliceLayers
from annotat_nb.widgets.slice_pictures import class_palette, plane_shape
from annotat_nb.widgets.uncertainty_view import UncertaintyView

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from annotat_nb.blocks import Box
    from annotat_nb.rendering import Seen
    from annotat_nb.session import Session, View
    from annotat_nb.widgets.canvas import SliceCanvas

REFINE_AFTER = 0.25
"""Seconds without a change of contrast after which a deep image is sent with its new window."""
FILL_AFTER = 0.25
"""Seconds on one slice after which what lies around the tile that is seen is sent too."""
FAR = 1024
"""Pixels a side of the coarse picture around that tile."""
Some = ParamSpec("Some")
OPACITY = {"boundaries": 0.8, "markers": 0.8}


def steady(draw: Callable[Concatenate[SliceView, Some], None]) -> Any:
    """Let `draw` see a session that stands still, and show all that it draws in one moment."""

    @wraps(draw)
    def drawn(self: SliceView, *arguments: Some.args, **named: Some.kwargs) -> None:
        if self._is_closed:
            return  # the canvas shows another session by now
        with self.session.lock, self.canvas.batch():
            draw(self, *arguments, **named)

    return drawn


class SliceView:
    """Draws the shown slice of `session` on `canvas`, and follows its changes.

    A slice that is too large for one bitmap is shown as the tile that is seen, and coarsely below.

    Parameters
    ----------
    session
        What is shown.
    canvas
        Where it is drawn.
    loop
        Where drawing happens after a job.
    explain
        Called with what keeps a result from being drawn.
    """

    def __init__(
        self,
        session: Session,
        canvas: SliceCanvas,
        loop: Loop,
        explain: Callable[[Exception], object] = lambda error: None,
    ) -> None:
        self.session, self.canvas, self._loop = session, canvas, loop
        self._uncertainty = UncertaintyView(session, canvas, loop)
        self._layers = SliceLayers(session, canvas, self._uncertainty, explain)
        self._is_closed = False
        self._labels_drawn = session.annotation.labels_revision
        self._tile = canvas.near.tile or whole_tile(plane_shape(session))
        self._refine = Latest(loop, REFINE_AFTER, self._draw_slice)
        self._fill = Latest(loop, FILL_AFTER, self._draw_far)
        self._connect()
        self.redraw()

    @steady
    def redraw(self) -> None:
        """Draw every layer."""
        self._set_pen()
        if self._tile.shape != plane_shape(self.session):
            self._tile = whole_tile(plane_shape(self.session))
        self._layers.renew_window()
        self.canvas.far.hide()  # it shows another slice by now
        self._layers.put(self.canvas.near, self._tile)
        self._adjust_window(refine=False)
        if not self._tile.is_whole:
            self._fill.ask()

    def close(self) -> None:
        """Stop following session and canvas."""
        self._is_closed = True
        for signal, slot in self._connections:
            signal.disconnect(slot, missing_ok=True)
        self._uncertainty.close()

    def _connect(self) -> None:
        session, on_loop = self.session, self._loop.call
        self._connections: list[tuple[Any, Any]] = [
            (session.view_changed, self._follow_view),
            (session.annotation.changed, self._follow_edit),
            (session.classes.changed, self._follow_classes),
            (session.results.superpixels_changed, lambda: on_loop(self._draw_boundaries)),
            (session.results.segmentation_changed, lambda: on_loop(self._draw_results)),
            (session.results.preview_changed, lambda: on_loop(self._draw_results)),
            (session.visualization_changed, self._draw_slice),
            (session.pipeline_changed, lambda: on_loop(self._draw_boundaries)),
            (self.canvas.looked, self._follow_eye),
        ]
        for signal, slot in self._connections:
            signal.connect(slot)

    def _follow_view(self, view: View, former: View) -> None:
        self._set_pen()
        if (view.axis, view.index) != (former.axis, former.index):
            self.redraw()
        elif view.image != former.image:
            self._draw_slice()
        elif view.window != former.window:
            self._adjust_window()
        if view.show_superpixels and not former.show_superpixels:
            self._draw_boundaries()
        if view.show_uncertainty != former.show_uncertainty:
            self._draw_uncertainty()

    @steady
    def _follow_eye(self, shape: tuple[int, int], seen: Seen) -> None:
        """Show the tile that a person looks at."""
        if shape != self._tile.shape:
            return  # the eye was on a slice that is gone
        wanted = tile_around(shape, seen)
        if self._tile.serves(seen, wanted):
            return
        self._tile = wanted
        self._layers.put(self.canvas.near, wanted)
        if wanted.is_whole:
            self.canvas.far.hide()
        elif self.canvas.far.tile is None:
            self._draw_far()

    @steady
    def _follow_edit(self, box: Box | None) -> None:
        if self._labels_drawn != (revision := self.session.annotation.labels_revision):
            self._labels_drawn = revision
            self._draw_labels()
        axis, index = self.session.view.axis, self.session.view.index
        side = None if box is None else box[axis_number(axis)]
        if box is None or side is None or not side.start <= index < side.stop:
            return
        rows, columns = (box[axis_number(name)] for name in plane_axes(axis))
        for sheet, tile in self._layers.shown:
            part = tile.part(rows, columns)
            if part is not None:
                self._layers.put_markers(sheet, part)

    def _follow_classes(self) -> None:
        self._loop.call(self._recolor)

    @steady
    def _recolor(self) -> None:
        self._set_pen()
        self._draw_labels()
        self._draw_markers()

    def _set_pen(self) -> None:
        view, pen = self.session.view, self.canvas.pen
        with pen.hold_sync():
            pen.tool, pen.label = view.tool, view.label
            pen.radius = view.radius if has_radius(view.brush) else 0
            pen.palette = class_palette(self.session)
            pen.colormap = colormap(view.colormap).tobytes()
            pen.aspect = self._aspect()
            overlays = {"labels": view.label_opacity, "uncertainty": view.uncertainty_opacity}
            pen.opacity = {**pen.opacity, **overlays, **OPACITY}
            pen.visible = {
                "labels": view.show_labels,
                "uncertainty": view.show_uncertainty,
                "boundaries": view.show_superpixels,
                "markers": view.show_markers,
            }

    @steady
    def _draw_far(self) -> None:
        if not self._tile.is_whole:
            self._layers.put(self.canvas.far, whole_tile(self._tile.shape, FAR))

    @steady
    def _draw_slice(self) -> None:
        self._layers.renew_window()
        for shown in self._layers.shown:
            self._layers.put_slice(*shown)
        self._adjust_window(refine=False)

    @steady
    def _draw_results(self) -> None:
        self._draw_labels()
        self._draw_uncertainty()

    @steady
    def _draw_uncertainty(self) -> None:
        for shown in self._layers.shown:
            self._uncertainty.put(*shown)

    @steady
    def _draw_labels(self) -> None:
        for shown in self._layers.shown:
            self._layers.put_labels(*shown)

    @steady
    def _draw_boundaries(self) -> None:
        for shown in self._layers.shown:
            self._layers.put_boundaries(*shown)

    @steady
    def _draw_markers(self) -> None:
        for shown in self._layers.shown:
            self._layers.put_markers(*shown)

    def _adjust_window(self, *, refine: bool = True) -> None:
        black, white = self._layers.sent_window
        scale = 255 / ((white - black) or 1)
        self.canvas.pen.window = tuple((edge - black) * scale for edge in self._layers.window)
        if refine and self._layers.image.dtype != np.uint8:
            self._refine.ask()

    def _aspect(self) -> float:
        axis = self.session.view.axis
        sizes = self.session.volume.voxel_size
        height, width = (sizes[axis_number(name)] for name in plane_axes(axis))
        return height / width

    @contextmanager
    def acknowledging(self, stroke_id: int) -> Iterator[None]:
        """Let what is drawn meanwhile replace the echo of a stroke in the browser."""
        with self.session.lock:
            self._layers.acknowledge = stroke_id
            try:
                yield
            finally:
                self._layers.acknowledge = None
                self.canvas.acknowledge(stroke_id)  # also of a stroke that changed nothing
