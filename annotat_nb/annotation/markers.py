"""What the user drew: which stroke owns which voxel."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from threading import RLock
from typing import TYPE_CHECKING, Any

import numpy as np

from annotat_nb.annotation.alone import alone
from annotat_nb.annotation.runs import Flat, Runs, Values
from annotat_nb.volume import axis_number

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from contextlib import AbstractContextManager

    from numpy.typing import NDArray

    from annotat_nb.blocks import Box, Shape
    from annotat_nb.operation import Array

BLOCK: Shape = (1, 32, 32)
"""Blocks are one slice thin: most strokes are drawn on XY."""

UNMARKED = -1
Key = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Stroke:
    """One stroke of the brush: its number, from 1, and the class it marks."""

    id: int
    label: int


class Markers:
    """Sparse markers of a volume: each marked voxel knows its stroke, each stroke its class.

    Parameters
    ----------
    shape
        Shape of the volume, (z, y, x), in voxels.

    Examples
    --------
    >>> markers = Markers((1, 4, 4))
    >>> markers.strokes[1] = Stroke(1, label=2)
    >>> _ = markers.write(Runs.from_flat(np.array([5, 6])), 1)
    >>> markers.slice("z", 0)[1].tolist()
    [-1, 2, 2, -1]
    """

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self._lock: AbstractContextManager[Any] = RLock()
        self.strokes: dict[int, Stroke] = {}
        self._blocks: dict[Key, NDArray[np.int32]] = {}
        self._marked: dict[Key, tuple[Flat, NDArray[np.int32]]] = {}
        """Marked voxels of each block, and the stroke of each, as far as they were asked for."""
        self._sizes: Counter[int] = Counter()
        self._touched: defaultdict[int, set[Key]] = defaultdict(set)
        self._along: tuple[defaultdict[int, set[Key]], ...] = tuple(
            defaultdict(set) for _ in range(3)
        )

    @property
    def data(self) -> MarkersArray:
        """The markers as a lazy int16 array, (z, y, x), with -1 where nothing is marked."""
        return MarkersArray(self)

    @alone
    def stroke_count(self, label: int | None = None) -> int:
        """Count the strokes that still mark a voxel, of one class or of all."""
        alive = (self.strokes[stroke] for stroke, size in self._sizes.items() if size > 0)
        return sum(label is None or stroke.label == label for stroke in alive)

    def write(self, voxels: Runs, stroke: int) -> Values:
        """Give `voxels` to `stroke` (0 unmarks them) and return the strokes that had them."""
        return self.write_values(voxels, np.broadcast_to(np.int32(stroke), voxels.size))

    @alone
    def write_values(self, voxels: Runs, strokes: Array) -> Values:
        """Give each voxel to its own stroke and return the strokes that had them before."""
        flat, before = voxels.flat(), np.zeros(voxels.size, np.int32)
        for key, chosen, local in self._split(flat):
            block = self._block(key) if strokes[chosen].any() else self._blocks.get(key)
            if block is not None:
                before[chosen] = block[local]
                block[local] = strokes[chosen]
                self._marked.pop(key, None)
                self._note(key, strokes[chosen])
        self._count(before, -1)
        self._count(strokes, 1)
        return Values.pack(before)

    @alone
    def read(self, flat: Flat) -> NDArray[np.int32]:
        """Return the stroke of each voxel, 0 where there is none."""
        owners = np.zeros(len(flat), np.int32)
        for key, chosen, local in self._split(flat):
            if (block := self._blocks.get(key)) is not None:
                owners[chosen] = block[local]
        return owners

    def stroke_at(self, voxel: Shape) -> int:
        """Return the stroke that marks `voxel`, (z, y, x); 0 when none does."""
        return int(self.read(np.array([np.ravel_multi_index(voxel, self.shape)]))[0])

    @alone
    def voxels_of(self, stroke: int) -> Runs:
        """Return the voxels that `stroke` still marks."""
        found = [flat[owners == stroke] for flat, owners in self._walk(self._touched[stroke])]
        return Runs.from_flat(np.sort(np.concatenate([np.zeros(0, np.int64), *found])))

    @alone
    def marked(self) -> tuple[Flat, NDArray[np.int16]]:
        """Return the flat indices of all marked voxels, ascending, and the class of each."""
        parts = list(self._walk(sorted(self._blocks)))
        flat = np.concatenate([np.zeros(0, np.int64), *(f for f, _ in parts)])
        owners = np.concatenate([np.zeros(0, np.int32), *(o for _, o in parts)])
        order = np.argsort(flat, kind="stable")  # quick where much is in order already
        return flat[order], self.labels_of(owners[order])

    @alone
    def labels_of(self, strokes: Array) -> NDArray[np.int16]:
        """Return the class of each stroke number, -1 for 0."""
        return self._class_table()[strokes]

    def _class_table(self) -> NDArray[np.int16]:
        strokes = tuple(self.strokes.values())  # at once: another thread may begin one
        table = np.full(max((s.id for s in strokes), default=0) + 1, UNMARKED, np.int16)
        for stroke in strokes:
            table[stroke.id] = stroke.label
        table[0] = UNMARKED
        return table

    @alone
    def slice(self, axis: str, index: int) -> NDArray[np.int16]:
        """Return the classes marked in slice `index` across `axis`, -1 where unmarked."""
        number = axis_number(axis)
        keys = self._along[number][index // BLOCK[number]]
        box = [slice(None)] * 3
        box[number] = slice(index, index + 1)
        return self._read_box((box[0], box[1], box[2]), keys).squeeze(number)

    @alone
    def read_box(self, box: Box) -> NDArray[np.int16]:
        """Return the classes marked in `box`, -1 where unmarked."""
        return self._read_box(box, self._keys_in(box))

    @alone
    def read_coarsely(self, box: Box, step: int) -> NDArray[np.int16]:
        """Return the highest class marked in each cube of `step` voxels a side of `box`.

        Time and memory grow with what is marked, not with the box; -1 where nothing is. Thin
        strokes, which every `step`-th voxel would miss, stay.
        """
        spans = [side.indices(extent)[:2] for side, extent in zip(box, self.shape, strict=True)]
        classes = np.full([-(-(stop - start) // step) for start, stop in spans], UNMARKED, np.int16)
        table = self._class_table()
        for key in self._keys_in(box):
            source, target = _shared(key, spans)
            labels = table[self._blocks[key][source]]
            marked = np.nonzero(labels >= 0)
            place = [(p + t.start) // step for p, t in zip(marked, target, strict=True)]
            np.maximum.at(classes, tuple(place), labels[marked])
        return classes

    def _keys_in(self, box: Box) -> set[Key]:
        """Return the blocks that may meet `box`, found along the axis where it is thinnest."""
        spans = [
            range(start // b, -(-stop // b))
            for (start, stop, _), b in zip(
                (side.indices(e) for side, e in zip(box, self.shape, strict=True)),
                BLOCK,
                strict=True,
            )
        ]
        number = min(range(3), key=lambda n: len(spans[n]))
        along = self._along[number]
        return set().union(*(along[position] for position in spans[number] if position in along))

    def _read_box(self, box: Box, keys: set[Key]) -> NDArray[np.int16]:
        spans = [side.indices(extent)[:2] for side, extent in zip(box, self.shape, strict=True)]
        owners = np.zeros([stop - start for start, stop in spans], np.int32)
        for key in keys:
            source, target = _shared(key, spans)
            owners[target] = self._blocks[key][source]
        return self.labels_of(owners)

    def _split(self, flat: Flat) -> Iterator[tuple[Key, Array, tuple[Array, ...]]]:
        """Sort voxels into blocks: for each the key, which voxels, and where they lie in it."""
        if not len(flat):
            return
        position = np.unravel_index(flat, self.shape)
        parts = [np.divmod(p, b) for p, b in zip(position, BLOCK, strict=True)]
        grid = [-(-extent // b) for extent, b in zip(self.shape, BLOCK, strict=True)]
        block = np.ravel_multi_index([part[0] for part in parts], grid)
        order = np.argsort(block, kind="stable")
        edges = np.flatnonzero(np.diff(block[order])) + 1
        for chosen in np.split(order, edges):
            z, y, x = (int(part[0][chosen[0]]) for part in parts)
            yield (z, y, x), chosen, tuple(part[1][chosen] for part in parts)

    def _walk(self, keys: Iterable[Key]) -> Iterator[tuple[Flat, NDArray[np.int32]]]:
        """Yield the marked voxels of each block, as flat indices and strokes."""
        for key in keys:
            if key not in self._marked:
                inside = np.nonzero(self._blocks[key])
                position = [i + k * b for i, k, b in zip(inside, key, BLOCK, strict=True)]
                flat = np.ravel_multi_index(position, self.shape)
                self._marked[key] = flat, self._blocks[key][inside]
            yield self._marked[key]

    def _block(self, key: Key) -> NDArray[np.int32]:
        if key not in self._blocks:
            self._blocks[key] = np.zeros(BLOCK, np.int32)
            for along, position in zip(self._along, key, strict=True):
                along[position].add(key)
        return self._blocks[key]

    def _note(self, key: Key, strokes: Array) -> None:
        for stroke in np.unique(strokes).tolist():
            if stroke:
                self._touched[stroke].add(key)

    def _count(self, strokes: Array, sign: int) -> None:
        for stroke, count in zip(*np.unique(strokes, return_counts=True), strict=True):
            if stroke:
                self._sizes[int(stroke)] += sign * int(count)


def _shared(key: Key, spans: list[tuple[int, int]]) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    """Return where block `key` and the box of `spans` meet, in the block and in the box."""
    source, target = [], []
    for number, extent, (start, stop) in zip(key, BLOCK, spans, strict=True):
        begin = number * extent
        low, high = max(begin, start), max(begin, start, min(begin + extent, stop))
        source.append(slice(low - begin, high - begin))
        target.append(slice(low - start, high - start))
    return tuple(source), tuple(target)


class MarkersArray:
    """A read-only int16 array, (z, y, x), over sparse markers; -1 where nothing is marked."""

    ndim = 3

    def __init__(self, markers: Markers) -> None:
        self._markers = markers
        self.shape = markers.shape
        self.dtype = np.dtype(np.int16)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        if copy is False:
            raise ValueError("sparse markers cannot be viewed without a copy; use np.asarray")
        whole = self._markers.read_box((slice(None), slice(None), slice(None)))
        return whole if dtype is None else whole.astype(dtype)

    def __getitem__(self, key: Any) -> Any:
        keys = key if isinstance(key, tuple) else (key,)
        if len(keys) <= 3 and all(isinstance(k, int | np.integer | slice) for k in keys):
            return self._basic(keys)
        return np.asarray(self)[key]

    def _basic(self, keys: tuple[Any, ...]) -> Any:
        box: list[slice] = []
        inner: list[Any] = []
        for k, extent in zip((*keys, *[slice(None)] * (3 - len(keys))), self.shape, strict=True):
            if isinstance(k, slice):
                picked = range(extent)[k]
                low, high = (min(picked), max(picked) + 1) if picked else (0, 0)
                box.append(slice(low, high))
                inner.append(
                    np.array(picked, int) - low if k.step not in (None, 1) else slice(None)
                )
            else:
                index = range(extent)[k]
                box.append(slice(index, index + 1))
                inner.append(0)
        data = self._markers.read_box((box[0], box[1], box[2]))
        for number in (2, 1, 0):
            data = data[(slice(None),) * number + (inner[number],)]
        return data

    def __len__(self) -> int:
        return self.shape[0]

    def __eq__(self, other: object) -> Any:
        return np.asarray(self) == other

    def __ne__(self, other: object) -> Any:
        return np.asarray(self) != other

    __hash__ = None  # type: ignore[assignment]  # compares elementwise, as arrays do
