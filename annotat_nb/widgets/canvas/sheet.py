"""One tile of a slice, with all that lies over it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from psygnal import Signal

from annotat_nb.rendering import Tile, whole_tile
from annotat_nb.widgets.canvas.layers import LAYERS, DrawQueue, LayerName, LayerStack
from annotat_nb.widgets.canvas.plane import Plane, check_inside, with_clear

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

YELLOW = (255, 221, 0, 255)


class Sheet:
    """A grey slice or a tile of it, with all that lies over it.

    Everything but the slice itself is placed in pixels of the tile's bitmap. What is drawn is
    kept, so that a page that comes later, or is reloaded, gets it too.

    Parameters
    ----------
    queue
        Where drawing goes.
    most
        Size that the bitmaps get for a slice that is larger, whatever the tile, so that other
        tiles of the slice need no other bitmaps: those would be blank for a moment.
    """

    reshaped = Signal(object)
    """Emitted with rows and columns of the slice when these change."""

    def __init__(self, queue: DrawQueue, most: int) -> None:
        self._queue, self._most = queue, most
        self.layers = LayerStack(queue)
        self.tile: Tile | None = None
        """What is shown; None while nothing is."""
        self.planes: dict[LayerName, Plane] = {}
        self._size, self._fineness = (0, 0), 1
        self._slice_id, self._marked_in = 0, -1

    def show_slice(
        self, image: NDArray[np.uint8], *, slice_id: int = 0, tile: Tile | None = None
    ) -> None:
        """Show a slice, or a tile of one; another shape or tile clears the overlays.

        Parameters
        ----------
        image
            uint8 grey values, (height, width): all of the slice, or the voxels of `tile`.
        slice_id
            Number below 2²⁴ that strokes begun on this picture carry.
        tile
            Where the image lies in the slice; None if it is all of it.
        """
        image = np.array(image)
        if image.ndim != 2 or image.dtype != np.uint8 or not image.size:
            raise ValueError(f"a slice is 2D uint8, got {image.shape} {image.dtype}")
        tile = tile or whole_tile(image.shape, max(image.shape))
        if image.shape != tile.size:
            raise ValueError(f"the tile has {tile.size} pixels, the image {image.shape}")
        with self._queue.batch():
            self._take(tile)
            self._slice_id = slice_id
            self.planes["slice"] = Plane(image)
            self._paint("slice", 0, 0, *image.shape)

    def show_labels(
        self, ids: ArrayLike, rgba: ArrayLike, *, origin: tuple[int, int] = (0, 0)
    ) -> None:
        """Show class ids; see `SliceCanvas.show_labels`."""
        self._show("labels", np.asarray(ids), np.asarray(rgba, np.uint8), origin)

    def show_uncertainty(
        self, levels: ArrayLike, rgba: ArrayLike, *, origin: tuple[int, int] = (0, 0)
    ) -> None:
        """Show levels of uncertainty; see `SliceCanvas.show_uncertainty`."""
        self._show("uncertainty", np.asarray(levels), np.asarray(rgba, np.uint8), origin)

    def show_boundaries(
        self,
        mask: ArrayLike,
        *,
        origin: tuple[int, int] = (0, 0),
        fineness: int = 1,
        rgba: tuple[int, int, int, int] = YELLOW,
    ) -> None:
        """Show superpixel boundaries; see `SliceCanvas.show_boundaries`."""
        with self._queue.batch():
            if fineness != self._fineness:
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
        """Show markers; see `SliceCanvas.show_markers`."""
        above = (np.asarray(ids) + 1).astype(np.uint16)
        with self._queue.batch():
            self._show("markers", above, with_clear(rgba), origin)
            if acknowledge is not None:
                self.acknowledge(acknowledge)

    def acknowledge(self, stroke_id: int) -> None:
        """Drop the echo of a stroke, and of those before it, without drawing."""
        with self._queue.batch():
            if self._marked_in == self._queue.flushes:
                self._queue.flush()  # one number a frame: the page must see the earlier one too
            self.layers.mark("markers", stroke_id)
            self._marked_in = self._queue.flushes

    def clear(self, layer: LayerName) -> None:
        """Empty a layer."""
        if self.planes.pop(layer, None) is None:
            return  # it is empty: a browser takes its time over large bitmaps, also over blank ones
        with self._queue.batch():
            self.layers.clear(layer, 0, 0, *self._size_of(layer, self._size))

    def hide(self) -> None:
        """Empty all layers."""
        for name in LAYERS:
            self.clear(name)
        self.tile = None

    def repaint(self) -> None:
        """Draw every layer again, on a page that has nothing."""
        with self._queue.batch():
            if self.tile is not None and (self.tile.size != self.tile.shape or self._fineness > 1):
                self._place(*LAYERS)
            for name, plane in self.planes.items():
                self._paint(name, 0, 0, *plane.ids.shape)

    def _show(
        self,
        layer: LayerName,
        ids: NDArray[Any],
        palette: NDArray[np.uint8],
        origin: tuple[int, int],
    ) -> None:
        whole = self._size_of(layer, self.tile.size if self.tile else (0, 0))
        with self._queue.batch():
            check_inside(layer, ids.shape, origin, whole)
            if not ids.size:
                return
            if layer not in self.planes:
                self.planes[layer] = Plane.empty(whole)
            self.planes[layer].update(ids, palette, origin)
            self._paint(layer, *origin, *ids.shape)

    def _paint(self, layer: LayerName, y: int, x: int, height: int, width: int) -> None:
        if not self._queue.is_awake:
            return  # no page yet: `repaint` follows when it is there
        if layer == "slice":
            self.layers.mark("slice", self._slice_id)
        else:
            self.layers.clear(layer, y, x, height, width)
        self.layers.put(layer, y, x, self.planes[layer].encode(y, x, height, width))

    def _take(self, tile: Tile) -> None:
        """Turn to another tile, if it is another one."""
        former, self.tile = self.tile, tile
        if tile == former:
            return
        is_other_slice = former is None or tile.shape != former.shape
        if is_other_slice:
            self._queue.flush()  # what was drawn before belongs to the old shape
        self.planes.clear()
        least = np.minimum(tile.shape, self._most) if is_other_slice else self._size
        self._resize(np.maximum(tile.size, least))
        self._place(*LAYERS)
        if is_other_slice:
            self.reshaped.emit(tile.shape)

    def _resize(self, size: NDArray[np.intp]) -> None:
        self._size = int(size[0]), int(size[1])
        for name in LAYERS:
            self.layers.resize(name, *self._size_of(name, self._size))

    def _place(self, *layers: LayerName) -> None:
        """Empty bitmaps and say what they show from now on."""
        tile = self.tile
        if tile is None or not self._queue.is_awake:
            return
        for name in layers:
            self.layers.clear(name, 0, 0, *self._size_of(name, self._size))
            scale = tile.step / (self._fineness if name == "boundaries" else 1)
            self.layers.place(name, tile.top, tile.left, scale)

    def _refine(self, fineness: int) -> None:
        self._queue.flush()
        self.planes.pop("boundaries", None)
        self._fineness = fineness
        self.layers.resize("boundaries", *self._size_of("boundaries", self._size))
        self._place("boundaries")

    def _size_of(self, layer: LayerName, size: tuple[int, int]) -> tuple[int, int]:
        scale = self._fineness if layer == "boundaries" else 1
        return scale * size[0], scale * size[1]
