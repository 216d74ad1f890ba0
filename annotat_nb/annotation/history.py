"""Edits, and the stacks that undo and redo them."""

from __future__ import annotations

import json
import zlib
from collections import deque
from dataclasses import dataclass, field, replace
from threading import RLock
from typing import TYPE_CHECKING, Any, Literal, Self

from annotat_nb.annotation.alone import alone

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from annotat_nb.annotation.classes import Classes
    from annotat_nb.annotation.markers import Stroke
    from annotat_nb.annotation.runs import Runs, Values

Target = Literal["markers", "labels"]
LONGEST_RECORD = 2**28
"""Characters of JSON that a tool's record may have: a few damaged bytes can stand for terabytes."""


@dataclass(frozen=True, slots=True)
class Write:
    """Voxels that get one value: a stroke in the markers (0: none), or a class in the labels."""

    target: Target
    voxels: Runs
    value: int


@dataclass(frozen=True, slots=True)
class Edit:
    """One step of the user, resolved to voxels: what is journalled, undone and replayed."""

    name: str
    """What the user did, in a word or two: shown beside Undo."""
    writes: tuple[Write, ...] = ()
    strokes: tuple[Stroke, ...] = ()
    """Strokes that this step creates."""
    classes: Classes | None = None
    """The whole class table after this step, when the step changes it."""
    record: bytes = b""
    """The tool that asked for it, as deflated JSON; empty where none did. Replay does without."""

    @property
    def voxel_count(self) -> int:
        """Number of voxels that the step writes."""
        return sum(write.voxels.size for write in self.writes)

    def of_tool(self, record: str) -> Self:
        """Return the same edit with the JSON of the tool that asked for it."""
        return replace(self, record=zlib.compress(record.encode(), 1))

    @property
    def tool(self) -> Any:
        """The JSON of the tool that asked for it; None where there is none, or none to be read."""
        inflater = zlib.decompressobj()
        try:
            text = inflater.decompress(self.record, LONGEST_RECORD)
            return json.loads(text) if inflater.eof else None
        except (zlib.error, ValueError):
            return None


@dataclass(frozen=True, slots=True)
class Step:
    """An edit that was made, with what it replaced."""

    number: int
    """Grows with each step that is made, and is never given twice."""
    edit: Edit
    before: tuple[Values, ...]
    classes_before: Classes | None
    labels_version: int
    """Which segmentation the edit wrote to: undo leaves a newer one alone."""

    @property
    def nbytes(self) -> int:
        """Memory that the step holds, in bytes."""
        writes = sum(write.voxels.nbytes for write in self.edit.writes)
        values = sum(values.nbytes for values in self.before)
        return 512 + len(self.edit.record) + writes + values

    @property
    def is_felt(self) -> bool:
        """Whether it changes markers: a name or a colour changes no result, a label is one."""
        return any(w.target == "markers" and w.voxels.size for w in self.edit.writes)


@dataclass
class History:
    """Undo and redo stacks, bounded by the memory they hold; the newest step always stays."""

    max_bytes: int = 256 * 2**20
    done: deque[Step] = field(default_factory=deque)
    undone: deque[Step] = field(default_factory=deque)
    nbytes: int = 0
    _bottom: int = 0
    """Number of the last step that can no longer be undone."""
    _settled: list[int] = field(default_factory=list)
    """Numbers of those up to there that change markers."""
    _lost: list[range] = field(default_factory=list)
    """Of each such step that can no longer be redone: the positions at which it stood."""
    _lock: AbstractContextManager[Any] = field(default_factory=RLock)

    @alone
    def push(self, step: Step) -> None:
        """Add a new step, forgetting what was undone and the oldest steps over the bound."""
        self.nbytes += step.nbytes - sum(gone.nbytes for gone in self.undone)
        self._lost += [range(gone.number, step.number) for gone in self.undone if gone.is_felt]
        self.undone.clear()
        self.done.append(step)
        while len(self.done) > 1 and self.nbytes > self.max_bytes:
            self._settle(self.done.popleft())

    def _settle(self, step: Step) -> None:
        self.nbytes -= step.nbytes
        self._bottom = step.number
        self._settled += [step.number] if step.is_felt else []

    @property
    @alone
    def position(self) -> int:
        """Number of the last step that stands; 0 when none does."""
        return self.done[-1].number if self.done else self._bottom

    @alone
    def steps_since(self, position: int) -> int:
        """Count the steps between an earlier `position` and now, made and taken back alike.

        Only those that change markers: a name or a colour changes no result, a label is one.
        """
        made = [step for step in self.done if step.number > position]
        taken_back = [step for step in self.undone if step.number <= position]
        settled = sum(number > position for number in self._settled)
        lost = sum(position in stood for stood in self._lost)
        return settled + lost + sum(step.is_felt for step in (*made, *taken_back))

    @alone
    def back(self) -> Step | None:
        """Move the last step to the undone ones and return it; None when there is none."""
        if not self.done:
            return None
        self.undone.append(self.done.pop())
        return self.undone[-1]

    @alone
    def forward(self) -> Step | None:
        """Move the last undone step back and return it; None when there is none."""
        if not self.undone:
            return None
        self.done.append(self.undone.pop())
        return self.done[-1]
