"""Where features are computed, and what becomes of it when there is too little memory."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from math import prod
from traceback import clear_frames
from typing import TYPE_CHECKING, Any

from annotat_nb.blocks import shape_of
from annotat_nb.classify.windows import compute
from annotat_nb.features.bank import device_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from annotat_nb.blocks import Box
    from annotat_nb.features import Feature
    from annotat_nb.progress import Progress
    from annotat_nb.volume import Volume

    Use = Callable[[Feature, list[Any]], object]
    Begin = Callable[[Box], Use]

COMPUTING = "Computing features"
"""What this step of the work is called."""
SMALLEST = 2**18
"""Boxes of up to so many voxels are not halved: their context outweighs them, and the processor
is as fast."""
SMALLER = (
    " in smaller blocks: the graphics card is short of memory",
    "The graphics card ran out of memory, so this was computed in smaller blocks, which takes "
    "longer",
)
"""How a step of the work is then called, and the notice."""
PROCESSOR = (
    " on the processor: the graphics card {}",
    "The graphics card {}, so the processor computed the rest",
)


@contextmanager
def lending(name: str) -> Iterator[str]:
    """Return the device that `name` means; in the end, its memory is for other programs again.

    That end may be an error, or that somebody cancels.

    Parameters
    ----------
    name
        As in a pipeline: ``auto``, ``cpu`` or ``cuda:N``.

    Raises
    ------
    ValueError
        If the device is not there.

    Examples
    --------
    >>> with lending("cpu") as device:
    ...     print(device)
    cpu
    """
    device = device_of(name)
    try:
        yield device
    except BaseException as error:
        if device != "cpu":
            # They would keep alive what lies in the memory of the card.
            clear_frames(error.__traceback__)
        raise
    finally:
        _release(device)


class Device:
    """Computes features on the device that was asked for, as long as its memory suffices.

    When a graphics card runs out of memory, what is left is computed in smaller boxes, and in the
    end on the processor; `notice` tells. The results are the same, but for rounding.

    Parameters
    ----------
    name
        As in a pipeline: ``auto``, ``cpu`` or ``cuda:N``.

    Raises
    ------
    ValueError
        If the device is not there.

    Examples
    --------
    >>> Device("cpu").name
    'cpu'
    """

    def __init__(self, name: str = "cpu") -> None:
        self.asked = name
        self.name = device_of(name)
        """Where features are computed now: ``cpu`` or ``cuda:N``."""
        self.notice = ""
        """What came out otherwise than was asked for, in a sentence; empty: nothing."""
        self._most: int | None = None
        self._how = ""

    def compute(
        self,
        features: Sequence[Feature],
        volume: Volume,
        box: Box,
        begin: Begin,
        progress: Progress,
    ) -> None:
        """Compute `features` in `box` of `volume`, as if they had been for the whole volume.

        Parameters
        ----------
        features, volume, box
            What to compute of what, and where.
        begin
            Called with a part of the box, or all of it, returns what is called with each feature
            and its channels there, each float32, (z, y, x), on the device. Every voxel of the box
            comes once for each feature; what fails for lack of memory is done anew, with parts of
            the same box.
        progress
            Receives how it is done, and the share of the box that is.
        """
        total, done = _voxels(box) * len(features), 0

        def tell(voxels: int) -> None:
            nonlocal done
            done += voxels
            progress(f"{COMPUTING}{self._how}", done / total)

        waiting = [(box, tuple(features))]
        while waiting:
            part, left = waiting.pop()
            if self._most is not None and _voxels(part) > self._most:
                waiting += [(half, left) for half in reversed(_halves(part))]
                continue
            left, problem = self._attempt(left, volume, part, begin, tell)
            if problem is not None:
                self._give_way(problem, _voxels(part))
                waiting.append((part, left))

    def _attempt(
        self,
        features: tuple[Feature, ...],
        volume: Volume,
        box: Box,
        begin: Begin,
        tell: Callable[[int], object],
    ) -> tuple[tuple[Feature, ...], Problem | None]:
        """Return the features that are left when a graphics card fails, and why it did."""
        left = features
        try:
            use = begin(box)
            for feature, channels in compute(features, volume, box, self.name):
                use(feature, channels)
                del channels  # the next ones lie where these were
                left = left[1:]
                tell(_voxels(box))
        except RuntimeError as error:
            if self.name == "cpu":
                raise
            # The error itself would keep alive what lies in the memory of the card.
            return left, Problem.of(error)
        return left, None

    def _give_way(self, problem: Problem, voxels: int) -> None:
        """Be content with smaller boxes from now on, or with the processor."""
        if problem.is_full:
            _release(self.name)
        if problem.is_full and voxels > SMALLEST:
            self._most = voxels // 2 + voxels % 2
            self._how, self.notice = SMALLER
            return
        self.name, self._most = "cpu", None
        self._how, self.notice = (text.format(problem.cause) for text in PROCESSOR)


@dataclass(frozen=True)
class Problem:
    """Why a graphics card could not compute something."""

    is_full: bool
    cause: str

    @classmethod
    def of(cls, error: RuntimeError) -> Problem:
        """Tell what `error` says."""
        from annotat_nb.kernels.cuda import devices

        return cls(devices.is_full(error), devices.cause_of(error))


def _release(device: str) -> None:
    """Give memory of a graphics card back to other programs, until it is needed again."""
    if device != "cpu":
        from annotat_nb.kernels.cuda import devices

        devices.release()


def _voxels(box: Box) -> int:
    return prod(shape_of(box))


def _halves(box: Box) -> tuple[Box, Box]:
    """Cut `box` in two across its longest side."""
    sides = [side.stop - side.start for side in box]
    axis = sides.index(max(sides))
    cut = (box[axis].start + box[axis].stop) // 2
    low, high = list(box), list(box)
    low[axis], high[axis] = slice(box[axis].start, cut), slice(cut, box[axis].stop)
    return (low[0], low[1], low[2]), (high[0], high[1], high[2])
