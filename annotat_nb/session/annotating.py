"""The verbs that annotate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from annotat_nb.annotation import (
    Erase,
    EraseAll,
    EraseStroke,
    Paint,
    Scene,
    Tool,
)
from annotat_nb.session.base import SessionBase

if TYPE_CHECKING:
    from collections.abc import Sequence


class Annotating(SessionBase):
    """Strokes, and taking them back."""

    def edit(self, tool: Tool) -> None:
        """Use an annotation tool: one step to undo.

        Parameters
        ----------
        tool
            What to do and where: `annotat_nb.Paint`, `annotat_nb.Merge` and the other tools.

        Raises
        ------
        KeyError
            If the tool names a class that does not exist.
        ValueError
            If it cannot be done, for example as it names a slice that does not exist or there is
            no segmentation yet; the sentence says what to do.
        """
        with self.lock:
            self._make(tool.edit(Scene(self.annotation, self.volume, self.superpixels)))

    def paint(
        self,
        points: Sequence[tuple[int, int]],
        *,
        axis: str = "z",
        index: int = 0,
        label: int = 1,
        radius: int = 5,
    ) -> None:
        """Draw one stroke: mark the voxels under the brush with class `label`.

        Parameters
        ----------
        points
            Voxels that the brush passes, in the remaining (z, y, x) order of the slice;
            straight lines join them.
        axis, index
            The slice: its number `index` across `axis`.
        label
            Class to mark with.
        radius
            Radius of the brush, in voxels.

        Raises
        ------
        KeyError
            If there is no class `label`.
        ValueError
            If the slice does not exist.
        """
        brush = {"points": points, "axis": axis, "index": index, "radius": radius}
        self.edit(Paint(**brush, label=label))

    def erase(
        self,
        points: Sequence[tuple[int, int]],
        *,
        axis: str = "z",
        index: int = 0,
        radius: int = 5,
    ) -> None:
        """Unmark the voxels under the brush.

        Parameters
        ----------
        points, axis, index, radius
            Where the brush passes, as for `paint`.

        Raises
        ------
        ValueError
            If the slice does not exist.
        """
        brush = {"points": points, "axis": axis, "index": index, "radius": radius}
        self.edit(Erase(**brush))

    def erase_stroke(self, point: tuple[int, int], *, axis: str = "z", index: int = 0) -> None:
        """Unmark all that is left of one stroke; nothing happens where there is none.

        Parameters
        ----------
        point
            A voxel of the stroke, in the remaining (z, y, x) order of the slice.
        axis, index
            The slice: its number `index` across `axis`.

        Raises
        ------
        ValueError
            If the slice does not exist.
        """
        self.edit(EraseStroke.model_validate({"point": point, "axis": axis, "index": index}))

    def erase_all(self) -> None:
        """Unmark everything."""
        self.edit(EraseAll())

    def undo(self) -> str | None:
        """Take back the last step and return its name; None when there is none."""
        return self._step("undo", self.annotation.undo)

    def redo(self) -> str | None:
        """Repeat the last step that was taken back and return its name; None without one."""
        return self._step("redo", self.annotation.redo)
