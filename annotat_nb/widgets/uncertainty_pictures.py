"""How sure the classifier was of the shown slice, as a picture."""

from __future__ import annotations

import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from annotat_nb.rendering import overlap, uncertainty_levels
from annotat_nb.volume import axis_number

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

    from annotat_nb.classify import Prediction
    from annotat_nb.operation import Array
    from annotat_nb.rendering import Tile
    from annotat_nb.session import Session, View

BAND = 2**17
"""About how many voxels are computed between two looks whether they are still wanted."""


@dataclass(frozen=True)
class Sources:
    """Where the uncertainty of one slice comes from; a preview goes first."""

    known: Prediction | None
    preview: Prediction | None
    axis: str
    index: int

    @classmethod
    def of(cls, session: Session) -> Sources:
        """Return what there is for the shown slice."""
        view = session.view
        return cls(session.results.prediction, _reaching(session), view.axis, view.index)

    @property
    def key(self) -> Hashable:
        """What tells them from any others; it keeps no result in memory."""
        return _weak(self.known), _weak(self.preview), self.axis, self.index

    @property
    def exist(self) -> bool:
        """Whether something is known of the slice."""
        return self.known is not None or self.preview is not None

    @property
    def are_stored(self) -> bool:
        """Whether reading takes no time to speak of."""
        found = [source for source in (self.known, self.preview) if source is not None]
        return all(source.probabilities.is_stored for source in found)

    def levels(self, tile: Tile) -> Array:
        """Return levels as `annotat_nb.rendering.uncertainty_levels` does, of all of `tile`."""
        values = np.full(tile.size, np.nan, np.float32)
        if self.preview is not None:
            self._lay_over(values, tile, self.preview)
        missing = np.isnan(values)
        if self.known is not None and missing.any():
            found = self.known.probabilities.uncertainty[tile.across(self.axis, self.index)]
            np.copyto(values, found, where=missing)
        return uncertainty_levels(values)

    def _lay_over(self, values: Array, tile: Tile, preview: Prediction) -> None:
        """Write the uncertainty of `preview` where it has any."""
        number = axis_number(self.axis)
        rows, columns = (side for n, side in enumerate(preview.box) if n != number)
        here_y, there_y = overlap(slice(tile.top, tile.bottom), tile.step, rows)
        here_x, there_x = overlap(slice(tile.left, tile.right), tile.step, columns)
        if here_y.start >= here_y.stop or here_x.start >= here_x.stop:
            return
        place: list[int | slice] = [_from(rows.start, there_y), _from(columns.start, there_x)]
        place.insert(number, self.index)
        values[here_y, here_x] = preview.probabilities.uncertainty[tuple(place)]


def bands(tile: Tile, done: int = 0) -> Iterator[tuple[slice, Tile]]:
    """Cut what is left of `tile` after `done` rows into bands, each with its rows of the picture.

    Examples
    --------
    >>> from annotat_nb.rendering import Tile
    >>> [rows for rows, _ in bands(Tile((300, 1000), 0, 0, 300, 1000), 100)]
    [slice(100, 231, None), slice(231, 300, None)]
    """
    step = max(1, BAND // ((tile.right - tile.left) * tile.step))
    for start in range(done, tile.size[0], step):
        rows = slice(start, min(start + step, tile.size[0]))
        edges = slice(tile.top + rows.start * tile.step, tile.top + rows.stop * tile.step)
        part = tile.part(edges, slice(tile.left, tile.right))
        if part is not None:
            yield rows, part


def _reaching(session: Session) -> Prediction | None:
    """Return the preview, if it reaches into the shown slice."""
    view: View = session.view
    preview = session.previewed
    if preview is None:
        return None
    side = preview.box[axis_number(view.axis)]
    return preview if side.start <= view.index < side.stop else None


def _weak(found: Prediction | None) -> weakref.ref[Prediction] | None:
    return None if found is None else weakref.ref(found)


def _from(start: int, side: slice) -> slice:
    return slice(start + side.start, start + side.stop, side.step)
