"""The slice of a session on the canvas."""

from __future__ import annotations

from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec

import numpy as np

from annotat_nb.rendering import auto_window, boundaries, colormap, rgba_table, to_grey
from annotat_nb.volume import AXES, Volume, axis_number, plane_axes, plane_of
from annotat_nb.widgets.loop import Latest, Loop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from annotat_nb.blocks import Box
    from annotat_nb.classify import Prediction
    from annotat_nb.operation import Array
    from annotat_nb.session import Session, View
    from annotat_nb.widgets.canvas import SliceCanvas

REFINE_AFTER = 0.25
"""Seconds without a change of contrast after which a deep image is sent with its new window."""
NOTHING = -1
Some = ParamSpec("Some")
OPACITY = {"boundaries": 0.8, "markers": 0.8}
FINEST, MOST_PIXELS = 3, 2048
"""Boundaries are drawn up to a third of a voxel thin, on at most so many pixels a side."""


def steady(draw: Callable[Concatenate[SliceView, Some], None]) -> Any:
    """Let `draw` see a session that stands still, and show all that it draws in one moment."""

    @wraps(draw)
    def drawn(self: SliceView, *arguments: Some.args, **named: Some.kwargs) -> None:
        with self.session.lock, self.canvas.batch():
            draw(self, *arguments, **named)

    return drawn


class SliceView:
    """Draws the shown slice of `session` on `canvas`, and follows its changes.

    Parameters
    ----------
    session
        What is shown.
    canvas
        Where it is drawn.
    loop
        Where drawing happens after a job.
    """

    def __init__(self, session: Session, canvas: SliceCanvas, loop: Loop) -> None:
        self.session, self.canvas = session, canvas
        self._loop = loop
        self._windows: dict[int, tuple[float, float]] = {}
        self._sent_window = (0.0, 255.0)
        self._acknowledge: int | None = None
        self._refine = Latest(loop, REFINE_AFTER, self._draw_slice)
        self._connect()
        self.redraw()

    @steady
    def redraw(self) -> None:
        """Draw every layer."""
        self._set_pen()
        self._draw_slice()
        self._draw_labels()
        self._draw_boundaries()
        self._draw_markers()

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
        for signal, slot in self._connections:
            signal.disconnect(slot, missing_ok=True)

    def _connect(self) -> None:
        session, on_loop = self.session, self._loop.call
        self._connections: list[tuple[Any, Any]] = [
            (session.view_changed, self._follow_view),
            (session.annotation.changed, self._follow_edit),
            (session.classes.changed, self._follow_classes),
            (session.results.superpixels_changed, lambda: on_loop(self._draw_boundaries)),
            (session.results.segmentation_changed, lambda: on_loop(self._draw_labels)),
            (session.results.preview_changed, lambda: on_loop(self._draw_labels)),
            (session.visualization_changed, self._draw_slice),
            (session.pipeline_changed, lambda: on_loop(self._draw_boundaries)),
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

    def _follow_edit(self, box: Box | None) -> None:
        axis, index = self.session.view.axis, self.session.view.index
        side = None if box is None else box[axis_number(axis)]
        if box is None or side is None or not side.start <= index < side.stop:
            return
        rows, columns = (box[axis_number(name)] for name in plane_axes(axis))
        self._draw_markers((rows, columns))

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
            pen.palette = self._colors()
            pen.colormap = colormap(view.colormap).tobytes()
            pen.aspect = self._aspect()
            pen.opacity = {**pen.opacity, "labels": view.label_opacity, **OPACITY}
            pen.visible = {
                "labels": view.show_labels,
                "boundaries": view.show_superpixels,
                "markers": view.show_markers,
            }

    @steady
    def _draw_slice(self) -> None:
        view, image = self.session.view, self.image
        data = image.slice(view.axis, view.index)
        if data.dtype == np.uint8:
            self._sent_window, grey = (0.0, 255.0), data
        else:
            self._sent_window = self.window
            grey = to_grey(data, *self._sent_window)
        self.canvas.show_slice(grey, slice_id=self.slice_id(view))
        self._adjust_window(refine=False)

    def _adjust_window(self, *, refine: bool = True) -> None:
        black, white = self._sent_window
        scale = 255 / ((white - black) or 1)
        self.canvas.pen.window = tuple((edge - black) * scale for edge in self.window)
        if refine and self.image.dtype != np.uint8:
            self._refine.ask()

    @steady
    def _draw_labels(self) -> None:
        shown = self._labels()
        if shown is None:
            self.canvas.clear("labels")
        else:
            # Row 0 is nothing at all, row 1 is Background, which does not cover the image.
            known = rgba_table(self._colors(), visible=self._visible())
            # A label may hold classes that were removed since: those are not drawn.
            table = np.zeros((max(len(known), int(shown.max())) + 1, 4), np.uint8)
            table[1 : len(known) + 1] = known
            table[1, 3] = 0
            self.canvas.show_labels(shown, table)

    def _labels(self) -> Array | None:
        """Return the classes of the slice plus one, 0 where none is known; a preview first."""
        view, session = self.session.view, self.session
        known, preview = session.segmentation, session.previewed
        if known is None and preview is None:
            return None
        shown = np.full(self._plane_shape(), NOTHING, np.int32)
        if known is not None:
            shown[:] = known.slice(view.axis, view.index)
        if preview is not None:
            _lay_over(shown, preview, view)
        return (shown + 1).astype(np.uint16)

    def _plane_shape(self) -> tuple[int, int]:
        axis, shape = self.session.view.axis, self.session.volume.shape
        rows, columns = (shape[axis_number(name)] for name in plane_axes(axis))
        return rows, columns

    @steady
    def _draw_boundaries(self) -> None:
        view, superpixels = self.session.view, self.session.superpixels
        if superpixels is None or self.session.pipeline.superpixels is None:
            self.canvas.clear("boundaries")
        elif view.show_superpixels:
            fineness = max(1, min(FINEST, MOST_PIXELS // max(self._plane_shape())))
            lines = boundaries(superpixels.slice(view.axis, view.index), fineness=fineness)
            self.canvas.show_boundaries(lines, fineness=fineness)

    @steady
    def _draw_markers(self, plane: tuple[slice, slice] | None = None) -> None:
        view, markers = self.session.view, self.session.markers
        if plane is None:
            found = markers.slice(view.axis, view.index)
            if (found < 0).all() and self._acknowledge is None:
                self.canvas.clear("markers")
                return
            plane = slice(0, found.shape[0]), slice(0, found.shape[1])
        rows, columns = plane
        box = [rows, columns]
        box.insert(axis_number(view.axis), slice(view.index, view.index + 1))
        found = markers.read_box((box[0], box[1], box[2])).squeeze(axis_number(view.axis))
        self.canvas.show_markers(
            found,
            rgba_table(self._colors(), visible=self._visible()),
            origin=(rows.start, columns.start),
            acknowledge=self._acknowledge,
        )

    def _colors(self) -> list[str]:
        colors = {item.id: item.color for item in self.session.classes}
        return [colors.get(number, "#000000") for number in range(max(colors) + 1)]

    def _visible(self) -> list[bool]:
        shown = {item.id for item in self.session.classes if item.visible}
        return [number in shown for number in range(len(self._colors()))]

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


def _lay_over(shown: Array, preview: Prediction, view: View) -> None:
    """Write the classes of `preview` over a slice, where it has any."""
    number = axis_number(view.axis)
    side = preview.box[number]
    if not side.start <= view.index < side.stop:
        return
    classes = preview.labels.take(view.index - side.start, number)
    rows, columns = (part for n, part in enumerate(preview.box) if n != number)
    part = shown[rows, columns]
    part[classes != NOTHING] = classes[classes != NOTHING]


def automatic_window(image: Volume) -> tuple[float, float]:
    """Choose black and white from the middle slice of `image`; an 8-bit image is shown as it is."""
    if image.dtype == np.uint8:
        return 0.0, 255.0
    return auto_window(image.data[plane_of("z", image.shape[0] // 2)])
