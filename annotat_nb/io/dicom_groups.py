"""What an enhanced DICOM file says of all its frames together and of each by itself.

Source: DICOM PS3.3, C.7.6.16 (multi-frame functional groups).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from annotat_nb.io.errors import cannot_read

if TYPE_CHECKING:
    from pathlib import Path

SHARED, PER_FRAME = "SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"


def described_frames(file: Path, said: Any, frames: int) -> int:
    """Return how many frames the file describes one by one: all of them, or none."""
    count = len(said.get(PER_FRAME) or ())
    if count not in (0, frames):
        cause = f"describes {count} frames but holds {frames}"
        raise cannot_read(file, cause, "copy or export it again")
    return count


def group_of(said: Any, frame: int, name: str) -> Any:
    """Return where the attributes of group `name` are: of the frame, of all, or of the file."""
    own, shared = said.get(PER_FRAME), said.get(SHARED)
    for groups in (own[frame] if own else None, shared[0] if shared else None):
        if groups is not None and groups.get(name):
            return groups.get(name)[0]
    return said
