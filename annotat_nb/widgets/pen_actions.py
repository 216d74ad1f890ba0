"""What the pen on the canvas asks for, as verbs of the session."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from annotat_nb.annotation import Erase, EraseStroke, Tool
from annotat_nb.session.brushes import BRUSHES, Drawn, has_radius, tool_for
from annotat_nb.volume import AXES, axis_number, plane_axes

if TYPE_CHECKING:
    from collections.abc import Callable

    from annotat_nb.annotation.history import Step
    from annotat_nb.session import Session
    from annotat_nb.widgets.canvas import Stroke
    from annotat_nb.widgets.slice_view import SliceView

BRUSH = ["tool", "radius", "label"]


class PenActions:
    """Carries out strokes, clicks and changes of the brush.

    Parameters
    ----------
    view
        The slice that is drawn on.
    attempt
        Called with what the pen asks for; shows what goes wrong instead of raising.
    """

    def __init__(self, view: SliceView, attempt: Callable[..., object]) -> None:
        self._view, self._session, self._pen = view, view.session, view.canvas.pen
        canvas = view.canvas
        self._connections: list[tuple[Any, Any]] = [
            (canvas.stroked, lambda stroke: attempt(self._draw, stroke)),
            (canvas.centred, lambda *place: attempt(self._center, *place)),
            (canvas.picked, lambda *place: attempt(self._pick, *place)),
        ]
        for signal, slot in self._connections:
            signal.connect(slot)
        self._pen.observe(self._change_brush, BRUSH)

    def close(self) -> None:
        """Carry out nothing more."""
        for signal, slot in self._connections:
            signal.disconnect(slot, missing_ok=True)
        self._pen.unobserve(self._change_brush, BRUSH)

    def _draw(self, stroke: Stroke) -> None:
        index, axis = divmod(stroke.slice_id - 1, len(AXES))
        former = self._newest_step()
        with self._view.acknowledging(stroke.id):
            self._session.edit(tool_of(stroke, AXES[axis], index, self._session))
        step = self._newest_step()
        voxels = 0 if step is None or step is former else step.edit.voxel_count
        self._view.canvas.say(self._told(stroke, voxels))

    def _newest_step(self) -> Step | None:
        done = self._session.annotation.history.done
        return done[-1] if done else None

    def _told(self, stroke: Stroke, voxels: int) -> str:
        """Say what a stroke did, for those who do not see it."""
        count = f"{voxels:,} voxel{'' if voxels == 1 else 's'}"
        if stroke.action != "paint":
            return f"Erased {count}"
        if self._session.view.brush != "Paint":
            return f"{BRUSHES[self._session.view.brush].title}, {count}"
        return f"Stroke of {self._session.classes[stroke.label].name}, {count}"

    def _change_brush(self, change: dict[str, Any]) -> None:
        if change["name"] == "radius" and not has_radius(self._session.view.brush):
            return  # the pen draws a thin line then
        self._session.show(**{change["name"]: change["new"]})

    def _center(self, row: int, column: int) -> None:
        axes = plane_axes(self._session.view.axis)
        self._session.show(**dict(zip(axes, (row, column), strict=True)))

    def _pick(self, row: int, column: int, shift: bool) -> None:
        view, labels = self._session.view, self._session.segmentation
        shape = self._session.volume.shape
        height, width = (shape[axis_number(name)] for name in plane_axes(view.axis))
        if labels is None or row >= height or column >= width:
            return  # nothing is there, or the plane has changed since the click
        label = int(labels.slice(view.axis, view.index)[row, column])
        act = self._session.center_on if shift else self._session.classes.isolate
        act(label)


def tool_of(stroke: Stroke, axis: str, index: int, session: Session) -> Tool:
    """Return the tool that a stroke of the pen stands for."""
    points, view = stroke.points.tolist(), session.view
    where = {"axis": axis, "index": index}
    if stroke.action == "erase stroke":
        return EraseStroke.model_validate({"point": points[0], **where})
    brush = {"points": points, "radius": stroke.radius, **where}
    if stroke.action == "erase":
        return Erase.model_validate(brush)
    drawn = Drawn(points, axis, index, stroke.radius, stroke.label)
    return tool_for(view.brush, drawn, view.brush_options.get(view.brush, {}), session.volume)
