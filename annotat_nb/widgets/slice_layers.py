"""Puts the layers of the shown slice on the sheets of the canvas."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from annotat_nb.io import ReadError
from annotat_nb.widgets.slice_pictures import (
    automatic_window,
    boundary_picture,
    class_colors,
    grey_picture,
    label_picture,
    marker_picture,
    slice_id,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from annotat_nb.rendering import Tile
    from annotat_nb.session import Session
    from annotat_nb.volume import Volume
    from annotat_nb.widgets.canvas import SliceCanvas
    from annotat_nb.widgets.canvas.layers import LayerName
    from annotat_nb.widgets.canvas.sheet import Sheet
    from annotat_nb.widgets.uncertainty_view import UncertaintyView


class SliceLayers:
    """Draws any tile of the shown slice on a sheet, layer by layer.

    Parameters
    ----------
    session
        What is shown; it stands still meanwhile.
    canvas
        Whose sheets are drawn on.
    uncertainty
        Draws how sure the classifier was.
    explain
        Called with what keeps a result from being drawn.
    """

    def __init__(
        self,
        session: Session,
        canvas: SliceCanvas,
        uncertainty: UncertaintyView,
        explain: Callable[[Exception], object],
    ) -> None:
        self._session, self._canvas, self._explain = session, canvas, explain
        self._uncertainty = uncertainty
        self._automatic: tuple[Volume, tuple[float, float]] | None = None
        self.sent_window = (0.0, 255.0)
        """The intensities that are black and white in the pictures that the page has."""
        self.acknowledge: int | None = None
        """The stroke whose echo goes when its markers are drawn."""

    @property
    def image(self) -> Volume:
        """The image that is shown: the original, or the visualization image."""
        if self._session.view.image == "alternative" and self._session.visualization:
            return self._session.visualization
        return self._session.volume

    @property
    def window(self) -> tuple[float, float]:
        """The intensities shown as black and white."""
        image = self.image
        if self._automatic is None or self._automatic[0] is not image:
            self._automatic = image, automatic_window(image)
        return self._session.view.window or self._automatic[1]

    def renew_window(self) -> None:
        """Send pictures with the present window from now on; those of 8 bits need none."""
        self.sent_window = (0.0, 255.0) if self.image.dtype == np.uint8 else self.window

    @property
    def shown(self) -> list[tuple[Sheet, Tile]]:
        """The sheets that show something, and which tile."""
        sheets = (self._canvas.near, self._canvas.far)
        return [(sheet, sheet.tile) for sheet in sheets if sheet.tile is not None]

    def put(self, sheet: Sheet, tile: Tile) -> None:
        """Draw all layers."""
        self.put_slice(sheet, tile)
        self.put_labels(sheet, tile)
        self._uncertainty.put(sheet, tile)
        self.put_boundaries(sheet, tile)
        self.put_markers(sheet, tile)

    def put_slice(self, sheet: Sheet, tile: Tile) -> None:
        """Draw the image."""
        grey = grey_picture(self.image, self._session.view, tile, self.sent_window)
        show = self._canvas.show_slice if sheet is self._canvas.near else sheet.show_slice
        show(grey, slice_id=slice_id(self._session.view), tile=tile)

    def put_labels(self, sheet: Sheet, tile: Tile) -> None:
        """Draw the label, or the preview over it."""
        with self._clearing(sheet, "labels"):
            picture = label_picture(self._session, tile)
            if picture is None:
                sheet.clear("labels")
            else:
                sheet.show_labels(*picture)

    def put_boundaries(self, sheet: Sheet, tile: Tile) -> None:
        """Draw the lines between superpixels."""
        if not self._session.view.show_superpixels and self._session.superpixels is not None:
            return  # drawn once they are asked for
        with self._clearing(sheet, "boundaries"):
            picture = boundary_picture(self._session, tile)
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

    def put_markers(self, sheet: Sheet, part: Tile) -> None:
        """Draw the markers of the whole tile of `sheet`, or of a part of it."""
        found = marker_picture(self._session, part)
        if sheet.tile == part and self.acknowledge is None and (found < 0).all():
            sheet.clear("markers")
        elif sheet.tile is not None:
            sheet.show_markers(
                found,
                class_colors(self._session),
                origin=sheet.tile.origin_of(part),
                acknowledge=self.acknowledge if sheet is self._canvas.near else None,
            )
