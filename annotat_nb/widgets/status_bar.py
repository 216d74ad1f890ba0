"""The last line: which image, where the pointer is, and what went wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ipywidgets as w

from annotat_nb.volume import AXES, Volume, plane_axes
from annotat_nb.widgets.loop import Latest, Loop
from annotat_nb.widgets.naming import title_of
from annotat_nb.widgets.text import Line, inert

if TYPE_CHECKING:
    from annotat_nb.session import Session
    from annotat_nb.session.probing import Probe


REST = 0.3
"""Seconds after which the pointer counts as resting."""


class StatusBar(w.HBox):  # type: ignore[misc]  # ipywidgets is untyped
    """The image in a few words, and what lies under the pointer."""

    def __init__(self, session: Session, loop: Loop) -> None:
        self._session = session
        self._place: tuple[int, int] | None = None
        self._rested = Latest(loop, REST, self._show_probability)
        self.image = Line(describe(session.volume), tone="silent")
        self.pointer = Line(tone="silent")
        super().__init__([self.image, self.pointer])
        self.add_class("annotat-status")

    def point(self, place: tuple[int, int] | None) -> None:
        """Say what is at row and column `place` of the shown slice."""
        self._place = place
        self.pointer.value = "" if place is None else self._at(*place)
        if self._session.probabilities is not None:
            self._rested.ask()

    def refresh(self) -> None:
        """Say again what is under the pointer: the slice below it may be another one."""
        self.point(self._place)

    def close_timer(self) -> None:
        """Say nothing more."""
        self._place = None

    def _show_probability(self) -> None:
        # It may have to be computed, so only where the pointer rests.
        if self._place is not None:
            self.pointer.value = self._at(*self._place, probability=True)

    def _at(self, row: int, column: int, *, probability: bool = False) -> str:
        view, session = self._session.view, self._session
        rows, columns = plane_axes(view.axis)
        position = {view.axis: view.index, rows: row, columns: column}
        voxel = position["z"], position["y"], position["x"]
        if any(p >= extent for p, extent in zip(voxel, session.volume.shape, strict=True)):
            return ""  # the plane has changed since the pointer moved
        found = session.probe(voxel, probability=probability)
        words = [f"{name} {position[name]}" for name in AXES] + [f"= {found.value:g}"]
        if found.label is not None and found.label in session.classes:
            name = inert(session.classes[found.label].name)
            words.append(f"· {name}{self._certainty(found)}")
        return "  ".join(words)

    def _certainty(self, found: Probe) -> str:
        """Say how probable the class is, and how unsure where that is shown."""
        if found.probability is None:
            return ""
        unsure = f", uncertainty {found.uncertainty:.2f}"
        return f" ({found.probability:.2f}{unsure if self._session.view.show_uncertainty else ''})"


def describe(volume: Volume) -> str:
    """Describe `volume` in one line.

    Examples
    --------
    >>> import numpy as np
    >>> describe(Volume(np.zeros((2, 3, 4), "uint8"), (5, 1, 1), "µm", "bone.tif"))
    'bone.tif · 2×3×4 uint8 · 5×1×1 µm'
    >>> describe(Volume(np.zeros((2, 3, 4), "uint8"), (5, 1, 1), name="b.h5", how={"channel": 1}))
    'b.h5 › channel 1 · 2×3×4 uint8 · 5×1×1 (no unit)'
    """
    shape = "×".join(str(extent) for extent in volume.shape)
    return f"{title_of(volume)} · {shape} {volume.dtype} · {_voxel(volume)}"


def _voxel(volume: Volume) -> str:
    sizes = volume.voxel_size
    edges = f"{sizes[0]:g}" if len(set(sizes)) == 1 else "×".join(f"{size:g}" for size in sizes)
    # A voxel is one pixel by definition: other edges have a unit that the file does not say.
    is_unknown = volume.unit == "px" and set(sizes) != {1.0}
    return f"{edges} (no unit)" if is_unknown else f"{edges} {volume.unit}"
