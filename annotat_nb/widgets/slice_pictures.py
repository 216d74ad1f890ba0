"""What a tile of the shown slice looks like, layer by layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from annotat_nb.rendering import (
    auto_window,
    boundaries,
    overlap,
    rgba_table,
    to_grey,
    whole_tile,
)
from annotat_nb.volume import AXES, axis_number, plane_axes

if TYPE_CHECKING:
    from annotat_nb.classify import Prediction
    from annotat_nb.operation import Array
    from annotat_nb.rendering import Tile
    from annotat_nb.session import Session, View
    from annotat_nb.volume import Volume

NOTHING = -1
FINEST, MOST_PIXELS = 3, 2048
"""Boundaries are drawn up to a third of a voxel thin, on at most so many pixels a side."""
YELLOW = 255, 221, 0
COVERAGE = 0.25
"""Share of a coarse picture that lines cover at most, as they would were they a voxel thin."""


def grey_picture(image: Volume, view: View, tile: Tile, window: tuple[float, float]) -> Array:
    """Return the grey values of a tile, uint8; every `step`-th voxel of a coarse one."""
    data = np.asarray(image.data[tile.across(view.axis, view.index)])
    return data if data.dtype == np.uint8 else to_grey(data, *window)


def label_picture(session: Session, tile: Tile) -> tuple[Array, Array] | None:
    """Return the classes of a tile, 0 where none is known, and colours; a preview goes first.

    Row 0 of the colours is nothing at all, row 1 is Background, which does not cover the image.
    """
    view, known, preview = session.view, session.segmentation, session.previewed
    if known is None and preview is None:
        return None
    shown = np.full(tile.size, NOTHING, np.int32)
    if known is not None:
        shown[:] = known.data[tile.across(view.axis, view.index)]
    if preview is not None:
        _lay_over(shown, tile, preview, view)
    colors = class_colors(session)
    # A label may hold classes that were removed since: those are not drawn.
    table = np.zeros((max(len(colors), int(shown.max()) + 1) + 1, 4), np.uint8)
    table[1 : len(colors) + 1] = colors
    table[1, 3] = 0
    return (shown + 1).astype(np.uint16), table


def boundary_picture(session: Session, tile: Tile) -> dict[str, Any] | None:
    """Return the lines between superpixels as `SliceCanvas.show_boundaries` takes them.

    In a coarse picture a line is `step` voxels thick, so lines that lie close together get faint.
    """
    view, superpixels = session.view, session.superpixels
    if superpixels is None or session.pipeline.superpixels is None:
        return None
    ids = np.asarray(superpixels.data[tile.across(view.axis, view.index)])
    fineness = max(1, min(FINEST, MOST_PIXELS // max(tile.shape)))
    lines = boundaries(ids, fineness=fineness)
    alpha = 1.0 if tile.step == 1 else min(1.0, COVERAGE / max(lines.mean(), COVERAGE))
    return {"mask": lines, "fineness": fineness, "rgba": (*YELLOW, round(255 * alpha))}


def marker_picture(session: Session, tile: Tile) -> Array:
    """Return the classes marked in a tile, int16, -1 where none is."""
    view, markers = session.view, session.markers
    box = tile.box(view.axis, view.index)
    found = markers.read_box(box) if tile.step == 1 else markers.read_coarsely(box, tile.step)
    return found.squeeze(axis_number(view.axis))


def class_palette(session: Session) -> list[str]:
    """Return the colour of each class id as "#rrggbb"."""
    colors = {item.id: item.color for item in session.classes}
    return [colors.get(number, "#000000") for number in range(max(colors) + 1)]


def class_colors(session: Session) -> Array:
    """Return the colour of each class id, (n, 4) uint8, transparent where it is hidden."""
    palette = class_palette(session)
    shown = {item.id for item in session.classes if item.visible}
    return rgba_table(palette, visible=[number in shown for number in range(len(palette))])


def slice_id(view: View) -> int:
    """Return the number that strokes on the slice of `view` carry."""
    return 1 + AXES.index(view.axis) + len(AXES) * view.index


def plane_shape(session: Session) -> tuple[int, int]:
    """Return rows and columns of the shown slice."""
    shape = session.volume.shape
    rows, columns = (shape[axis_number(name)] for name in plane_axes(session.view.axis))
    return rows, columns


def automatic_window(image: Volume) -> tuple[float, float]:
    """Choose black and white from the middle slice of `image`; an 8-bit image is shown as it is."""
    if image.dtype == np.uint8:
        return 0.0, 255.0
    depth, *plane = image.shape
    sample = whole_tile((plane[0], plane[1])).across("z", depth // 2)
    return auto_window(np.asarray(image.data[sample]))


def _lay_over(shown: Array, tile: Tile, preview: Prediction, view: View) -> None:
    """Write the classes of `preview` over a tile, where it has any."""
    number = axis_number(view.axis)
    side = preview.box[number]
    if not side.start <= view.index < side.stop:
        return
    rows, columns = (part for n, part in enumerate(preview.box) if n != number)
    here_y, there_y = overlap(slice(tile.top, tile.bottom), tile.step, rows)
    here_x, there_x = overlap(slice(tile.left, tile.right), tile.step, columns)
    classes = preview.labels.take(view.index - side.start, number)[there_y, there_x]
    part = shown[here_y, here_x]
    part[classes != NOTHING] = classes[classes != NOTHING]
