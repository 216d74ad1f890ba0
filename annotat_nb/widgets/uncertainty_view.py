"""Draws how sure the classifier was of the shown slice, in the background where that takes long."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from annotat_nb.jobs import ThreadRunner
from annotat_nb.rendering import uncertainty_table
from annotat_nb.widgets.sentences import sentence, uncertainty_missing
from annotat_nb.widgets.uncertainty_pictures import Sources, bands

if TYPE_CHECKING:
    from collections.abc import Hashable

    from annotat_nb.jobs import Job
    from annotat_nb.operation import Array
    from annotat_nb.rendering import Tile
    from annotat_nb.session import Session
    from annotat_nb.widgets.canvas import SliceCanvas
    from annotat_nb.widgets.canvas.sheet import Sheet
    from annotat_nb.widgets.loop import Loop

KEPT = 8
"""Pictures that are kept for who comes back to them."""
NOT_HERE = "This slice was not previewed: press Preview, or Apply for all slices"


@dataclass
class Picture:
    """The levels of one tile, and how many of its rows are computed.

    It outlives what they come from, which may be large.
    """

    tile: Tile
    levels: Array = field(init=False)
    rows: int = 0
    problem: str = ""
    """Why the rest cannot be computed; empty while it can."""

    def __post_init__(self) -> None:
        self.levels = np.zeros(self.tile.size, np.uint8)

    @property
    def is_complete(self) -> bool:
        """Whether nothing is left to compute."""
        return self.rows >= self.tile.size[0] or bool(self.problem)

    def told(self) -> str:
        """Say what a person has to know besides the colours; nothing when that is all."""
        if self.problem:
            return f"The uncertainty cannot be computed: {self.problem}"
        if not self.is_complete:
            return f"Computing the uncertainty of this slice · {self.rows / self.tile.size[0]:.0%}"
        return "" if self.levels.any() else NOT_HERE


class UncertaintyView:
    """Keeps the uncertainty over the shown slice in step with the session.

    Superpixels share their uncertainty, which is looked up and drawn at once. For single voxels
    it is computed on a thread, band by band; what is no longer shown is dropped.

    Parameters
    ----------
    session
        Whose results are shown.
    canvas
        Where it is drawn.
    loop
        Where drawing happens after a band.
    """

    def __init__(self, session: Session, canvas: SliceCanvas, loop: Loop) -> None:
        self._session, self._canvas, self._loop = session, canvas, loop
        self._runner = ThreadRunner()
        self._pictures: dict[Hashable, Picture] = {}
        self._shown: Picture | None = None
        self._job: Job | None = None

    def put(self, sheet: Sheet, tile: Tile) -> None:
        """Draw the whole tile of `sheet`; called with the session standing still."""
        sources = Sources.of(self._session)
        is_near = sheet is self._canvas.near
        if not self._session.view.show_uncertainty or not sources.exist:
            sheet.clear("uncertainty")
            if is_near:
                self._rest()
        elif sources.are_stored or is_near:
            picture = self._picture(sources, tile)
            sheet.show_uncertainty(picture.levels, uncertainty_table())
            if is_near:
                self._turn_to(picture, sources)
        else:
            sheet.clear("uncertainty")  # what is not looked at is not worth the time

    def close(self) -> None:
        """Compute nothing more."""
        self._shown = None
        self._runner.close()
        self._pictures.clear()
        self._canvas.legend.hide()

    def _picture(self, sources: Sources, tile: Tile) -> Picture:
        """Return the picture of `tile`, computed as far as it was before, or at once if it can."""
        key = sources.key, tile
        picture = self._pictures.pop(key, None) or Picture(tile)
        self._pictures[key] = picture
        for oldest in list(self._pictures)[:-KEPT]:
            del self._pictures[oldest]
        if sources.are_stored and not picture.is_complete:
            picture.levels, picture.rows = sources.levels(tile), tile.size[0]
        return picture

    def _turn_to(self, picture: Picture, sources: Sources) -> None:
        """Show the legend of `picture`, and compute what it lacks instead of any other."""
        self._canvas.legend.show(picture.told())
        if picture is self._shown and self._job is not None and not self._job.is_over:
            return
        self._stop()
        self._shown = picture
        if not picture.is_complete:
            self._job = self._runner.submit("Uncertainty", partial(self._compute, picture, sources))

    def _rest(self) -> None:
        self._stop()
        if self._session.view.show_uncertainty:
            self._canvas.legend.show(uncertainty_missing(self._session) or NOT_HERE)
        else:
            self._canvas.legend.hide()

    def _stop(self) -> None:
        self._shown = None
        if self._job is not None:
            self._job.cancel()

    def _compute(self, picture: Picture, sources: Sources, job: Job) -> None:
        try:
            for rows, part in bands(picture.tile, picture.rows):
                job.report("Computing", picture.rows / picture.tile.size[0])
                picture.levels[rows] = sources.levels(part)
                picture.rows = rows.stop
                self._loop.call(partial(self._show_band, picture, rows))
        except (MemoryError, OSError, ValueError) as error:
            picture.problem = sentence(error)
            self._loop.call(lambda: self._canvas.legend.show(picture.told()))

    def _show_band(self, picture: Picture, rows: slice) -> None:
        with self._session.lock, self._canvas.batch():
            if picture is not self._shown or self._canvas.near.tile != picture.tile:
                return
            band = picture.levels[rows]
            self._canvas.near.show_uncertainty(band, uncertainty_table(), origin=(rows.start, 0))
            self._canvas.legend.show(picture.told())
