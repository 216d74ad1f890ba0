"""One stroke of the pen, as the browser sent it."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

Action = Literal["paint", "erase", "erase stroke"]


@dataclass(frozen=True, eq=False, slots=True)
class Stroke:
    """What the user drew with one press of the pen."""

    id: int
    """Number by which to acknowledge the stroke."""
    points: NDArray[np.int32]
    """(n, 2) voxels, (y, x), in the order drawn; some may lie outside the slice."""
    radius: int
    """Brush radius in voxels."""
    label: int
    """Class id that was selected."""
    action: Action
    """Paint; erase marked voxels; or erase the whole strokes that are touched."""
    slice_id: int
    """The slice that was *on screen* when the pen went down: see `SliceCanvas.show_slice`."""

    @classmethod
    def from_message(cls, content: Mapping[str, Any], points: memoryview | bytes) -> Stroke:
        """Build a stroke from the message of the pen, its points as little-endian int32."""
        action = content["action"]
        if action not in get_args(Action):
            raise ValueError(f"a stroke paints or erases, got action {action!r}")
        pairs = np.frombuffer(points, "<i4").reshape(-1, 2).copy()
        radius, label = int(content["radius"]), int(content["label"])
        return cls(int(content["id"]), pairs, radius, label, action, int(content["slice_id"]))


class Received:
    """The last strokes that came: a page whose connection broke sends some of them again."""

    def __init__(self) -> None:
        self._known: deque[tuple[int, int]] = deque(maxlen=4096)

    def is_new(self, stroke: Stroke) -> bool:
        """Return whether `stroke` comes for the first time."""
        # Two pages may hit upon one number; they hardly draw the same with it.
        key = stroke.id, hash(stroke.points.tobytes())
        if key in self._known:
            return False
        self._known.append(key)
        return True
