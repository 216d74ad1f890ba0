"""The slice of a session on the canvas."""

from __future__ import annotations

from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec

import numpy as np

from annotat_nb.io import ReadError
from annotat_nb.rendering import colormap, tile_around, whole_tile
from annotat_nb.volume import AXES, Volume, axis_number, plane_axes
from annotat_nb.widgets.loop import Latest, Loop
from annotat_nb.widgets.slice_pictures import (
    automatic_window,
    boundary_picture,
    class_colors,
    class_palette,
    grey_picture,
    label_picture,
    marker_picture,
    plane_shape,
)
from annotat_nb.widgets.uncertainty_view import UncertaintyView

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from annotat_nb.blocks import Box
    from annotat_nb.rendering import Seen, Tile
    from annotat_nb.session import Session, View
    from annotat_nb.widgets.canvas import SliceCanvas
    from annotat_nb.widgets.canvas.layers import LayerName
    from annotat_nb.widgets.canvas.sheet import Sheet

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
        self.session, self.canvas, self._explain = session, canvas, explain
        self._loop = loop
        self._windows: dict[int, tuple[float, float]] = {}
        self._sent_window = (0.0, 255.0)
        self._acknowledge: int | None = None
        self._is_closed = False
        self._tile = canvas.near.tile or whole_tile(plane_shape(session))
        self._refine = Latest(loop, REFINE_AFTER, self._draw_slice)
        self._fill = Latest(loop, FILL_AFTER, self._draw_far)
        self._uncertainty = UncertaintyView(session, canvas, loop)
        self._connect()
        self.redraw()

    @steady
    def redraw(self) -> None:
        """Draw every layer."""
        self._set_pen()
        if self._tile.shape != plane_shape(self.session):
            self._tile = whole_tile(plane_shape(self.session))
        self._sent_window = self._window_to_send()
        self.canvas.far.hide()  # it shows another slice by now
        self._draw(self.canvas.near, self._tile)
        self._adjust_window(refine=False)
        if not self._tile.is_whole:
            self._fill.ask()

    @property
    def image(self) -> Volume:
        """The image that is shown: the original, or the visualization image."""
        if self.session.view.image == "alternative" and self.session.visualization:
            return self.session.visualization
        return self.session.volume

    @property
    def window(self) -> tuple[float, float]:
        """The intensities shown as black and white."""
        image = self.image
        if id(image) not in self._windows:
            self._windows = {id(image): automatic_window(image)}
        return self.session.view.window or self._windows[id(image)]

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
        self._draw(self.canvas.near, wanted)
        if wanted.is_whole:
            self.canvas.far.hide()
        elif self.canvas.far.tile is None:
            self._draw_far()

    @steady
    def _follow_edit(self, box: Box | None) -> None:
        axis, index = self.session.view.axis, self.session.view.index
        side = None if box is None else box[axis_number(axis)]
        if box is None or side is None or not side.start <= index < side.stop:
            return
        rows, columns = (box[axis_number(name)] for name in plane_axes(axis))
        for sheet, tile in self._shown:
            part = tile.part(rows, columns)
            if part is not None:
                self._put_markers(sheet, part)

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
            pen.tool, pen.radius, pen.label = view.tool, view.radius, view.label
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

    @property
    def _shown(self) -> list[tuple[Sheet, Tile]]:
        """The sheets that show something, and which tile."""
        sheets = (self.canvas.near, self.canvas.far)
        return [(sheet, sheet.tile) for sheet in sheets if sheet.tile is not None]

    def _draw(self, sheet: Sheet, tile: Tile) -> None:
        self._put_slice(sheet, tile)
        self._put_labels(sheet, tile)
        self._uncertainty.put(sheet, tile)
        self._put_boundaries(sheet, tile)
        self._put_markers(sheet, tile)

    @steady
    def _draw_far(self) -> None:
        if not self._tile.is_whole:
            self._draw(self.canvas.far, whole_tile(self._tile.shape, FAR))

    @steady
    def _draw_slice(self) -> None:
        self._sent_window = self._window_to_send()
        for shown in self._shown:
            self._put_slice(*shown)
        self._adjust_window(refine=False)

    @steady
    def _draw_results(self) -> None:
        self._draw_labels()
        self._draw_uncertainty()

    @steady
    def _draw_uncertainty(self) -> None:
        for shown in self._shown:
            self._uncertainty.put(*shown)

    @steady
    def _draw_labels(self) -> None:
        for shown in self._shown:
            self._put_labels(*shown)

    @steady
    def _draw_boundaries(self) -> None:
        for shown in self._shown:
            self._put_boundaries(*shown)

    @steady
    def _draw_markers(self) -> None:
        for shown in self._shown:
            self._put_markers(*shown)

    def _put_slice(self, sheet: Sheet, tile: Tile) -> None:
        grey = grey_picture(self.image, self.session.view, tile, self._sent_window)
        show = self.canvas.show_slice if sheet is self.canvas.near else sheet.show_slice
        show(grey, slice_id=self.slice_id(self.session.view), tile=tile)

    def _put_labels(self, sheet: Sheet, tile: Tile) -> None:
        with self._clearing(sheet, "labels"):
            picture = label_picture(self.session, tile)
            if picture is None:
                sheet.clear("labels")
            else:
                sheet.show_labels(*picture)

    def _put_boundaries(self, sheet: Sheet, tile: Tile) -> None:
        if not self.session.view.show_superpixels and self.session.superpixels is not None:
            return  # drawn once they are asked for
        with self._clearing(sheet, "boundaries"):
            picture = boundary_picture(self.session, tile)
            if picture is None:
                sheet.clear("boundaries")
            else:
                sheet.show_boundaries(**picture)

    @contextmanager
    def _clearing(self, sheet: Sheet, layer: LayerName) -> Iterator[None]:
        """Clear a layer whose result on disk cannot be read any more, and say so."""
        try:
            yield
        except ReadError as error:
            sheet.clear(layer)
            self._explain(error)

    def _put_markers(self, sheet: Sheet, part: Tile) -> None:
        """Draw the markers of the whole tile of `sheet`, or of a part of it."""
        found = marker_picture(self.session, part)
        if sheet.tile == part and self._acknowledge is None and (found < 0).all():
            sheet.clear("markers")
        elif sheet.tile is not None:
            sheet.show_markers(
                found,
                class_colors(self.session),
                origin=sheet.tile.origin_of(part),
                acknowledge=self._acknowledge if sheet is self.canvas.near else None,
            )

    def _window_to_send(self) -> tuple[float, float]:
        return (0.0, 255.0) if self.image.dtype == np.uint8 else self.window

    def _adjust_window(self, *, refine: bool = True) -> None:
        black, white = self._sent_window
        scale = 255 / ((white - black) or 1)
        self.canvas.pen.window = tuple((edge - black) * scale for edge in self.window)
        if refine and self.image.dtype != np.uint8:
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
            self._acknowledge = stroke_id
            try:
                yield
            finally:
                self._acknowledge = None
                self.canvas.acknowledge(stroke_id)  # also of a stroke that changed nothing

    @staticmethod
    def slice_id(view: View) -> int:
        """Return the number that strokes on the slice of `view` carry."""
        return 1 + AXES.index(view.axis) + len(AXES) * view.index
