"""How tools put together the edits they resolve to."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

import numpy as np

from annotat_nb.annotation.history import Edit, Write
from annotat_nb.annotation.markers import Stroke
from annotat_nb.annotation.places import flat_of
from annotat_nb.annotation.runs import Runs
from annotat_nb.annotation.tools.tool import LARGEST_MARKED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from annotat_nb.annotation.classes import Classes
    from annotat_nb.annotation.document import Annotation
    from annotat_nb.annotation.runs import Flat
    from annotat_nb.blocks import Box, Shape
    from annotat_nb.operation import Array


def marking(
    annotation: Annotation,
    step: str,
    parts: Iterable[tuple[int, Flat]],
    classes: Classes | None = None,
) -> Edit:
    """Return the edit that marks voxels, ascending, with classes: one new stroke for each part."""
    writes, strokes = [], []
    numbers = count(annotation.new_stroke())
    for label, flat in parts:
        check_markable(label)
        if len(flat):
            strokes.append(Stroke(next(numbers), label))
            writes.append(Write("markers", Runs.from_flat(flat), strokes[-1].id))
    return Edit(step, tuple(writes), tuple(strokes), classes)


def check_markable(label: int) -> None:
    """Refuse a class whose number markers cannot hold."""
    if label > LARGEST_MARKED:
        raise ValueError(
            f"class {label} cannot be marked: markers hold classes up to {LARGEST_MARKED}; "
            "merge or remove classes first"
        )


def unmarked(annotation: Annotation, flat: Flat) -> Flat:
    """Return those of the voxels `flat` that nothing marks."""
    free: Flat = flat[annotation.markers.read(flat) == 0]
    return free


def marked_with(annotation: Annotation, flat: Flat, label: int) -> Flat:
    """Return those of the voxels `flat` that are marked with class `label`."""
    found: Flat = flat[annotation.markers.labels_of(annotation.markers.read(flat)) == label]
    return found


def unmarking(step: str, flat: Flat) -> Edit:
    """Return the edit that unmarks voxels, ascending."""
    return Edit(step, (Write("markers", Runs.from_flat(flat), 0),))


def label_writes(old: Array, new: Array, box: Box, shape: Shape) -> Iterator[Write]:
    """Yield what turns the classes `old` of the segmentation in `box` into `new`."""
    changed = old != new
    values, flat = new[changed], flat_of(changed, box, shape)
    order = np.argsort(values, kind="stable")
    kinds, first = np.unique(values[order], return_index=True)
    for value, voxels in zip(kinds.tolist(), np.split(flat[order], first[1:]), strict=False):
        yield Write("labels", Runs.from_flat(voxels), value)
