"""The last line: which image, where the pointer is, and what went wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ipywidgets as w

from annotat_nb.volume import AXES, Volume
from annotat_nb.widgets.text import inert

if TYPE_CHECKING:
    from annotat_nb.session import Session


class StatusBar(w.HBox):  # type: ignore[misc]  # ipywidgets is untyped
    """The image in a few words, and what lies under the pointer."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.image = w.Label(describe(session.volume))
        self.pointer = w.Label()
        super().__init__([self.image, self.pointer])
        self.add_class("annotat-status")

    def point(self, place: tuple[int, int] | None) -> None:
        """Say what is at row and column `place` of the shown slice."""
        self.pointer.value = "" if place is None else self._at(*place)

    def _at(self, row: int, column: int) -> str:
        view = self._session.view
        names = [name for name in AXES if name != view.axis]
        position = {view.axis: view.index, names[0]: row, names[1]: column}
        found = self._session.probe((position["z"], position["y"], position["x"]))
        words = [f"{name} {position[name]}" for name in AXES] + [f"= {found.value:g}"]
        if found.label is not None and found.label in self._session.classes:
            name = inert(self._session.classes[found.label].name)
            sure = "" if found.probability is None else f" ({found.probability:.2f})"
            words.append(f"· {name}{sure}")
        return "  ".join(words)


def describe(volume: Volume) -> str:
    """Describe `volume` in one line.

    Examples
    --------
    >>> import numpy as np
    >>> describe(Volume(np.zeros((2, 3, 4), "uint8"), (5, 1, 1), "µm", "bone.tif"))
    'bone.tif · 2×3×4 uint8 · 5×1×1 µm'
    """
    shape = "×".join(str(extent) for extent in volume.shape)
    sizes = volume.voxel_size
    voxel = f"{sizes[0]:g}" if len(set(sizes)) == 1 else "×".join(f"{size:g}" for size in sizes)
    return f"{inert(volume.name) or 'unnamed'} · {shape} {volume.dtype} · {voxel} {volume.unit}"
