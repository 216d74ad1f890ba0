"""Bringing a session back from its journal."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from annotat_nb.annotation import Annotation, Classes, LabelClass, LabelImage
from annotat_nb.classify import Pipeline, TrainedClassifier, load_classifier
from annotat_nb.classify.training_file import read_training_data
from annotat_nb.io import ReadError
from annotat_nb.rendering.palette import class_color
from annotat_nb.session.engine import Superpixels, grounds_of
from annotat_nb.session.known import NO_FEATURES, known_part
from annotat_nb.session.loaded import Loaded
from annotat_nb.session.view import View
from annotat_nb.store import Entry, Workspace, WorkspaceError
from annotat_nb.store.codec import decode_edit
from annotat_nb.superpixels import SuperpixelMethod

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    import numpy as np

    from annotat_nb.room import Room
    from annotat_nb.session.engine import Grounds

    Load = Callable[[dict[str, Any]], Any | None]

MOST_NEW = 2**20
"""Numbers that one edit may skip or use: a damaged record could name any."""


@dataclass
class Resumed:
    """What a journal holds besides the annotation."""

    pipeline: Pipeline | None = None
    unknown: str = ""
    """What the journal's pipeline has that is not known here, in a sentence; empty: nothing."""
    superpixels: Superpixels | None = None
    segmented_at: int | None = None
    segmented_with: Pipeline | None = None
    segmented_from: str | None = None
    segmented_on: Grounds | None = None
    mask: LabelImage | None = None
    mask_key: str | None = None
    loaded: Loaded | None = None
    trained: TrainedClassifier | Path | None = None
    """The classifier, or where it lies."""
    gone: set[str] = field(default_factory=set)
    """Results that the journal names last, but that are damaged or missing."""
    notices: tuple[str, ...] = ()
    """What could not be brought back, in sentences."""


def replay(workspace: Workspace, annotation: Annotation, room: Room) -> Resumed:
    """Repeat the actions in the journal on `annotation`, and return what else they led to.

    Results come into memory where there is `room`.

    Raises
    ------
    WorkspaceError
        If the journal holds an action that this version does not know.
    """

    def load(facts: dict[str, Any]) -> Any | None:
        fits = tuple(facts["shape"]) == annotation.shape
        return workspace.results.load(facts, room) if fits else None

    found = Resumed()
    for entry in workspace.journal.entries:
        try:
            _repeat(entry, workspace, load, annotation, found)
        except (ValueError, KeyError, TypeError, OverflowError) as error:
            raise WorkspaceError(
                f"{workspace.path.name}: action {entry.number} ({entry.kind}) cannot be repeated "
                f"({error}); update annotat_nb, or restore the workspace from a copy"
            ) from error
    found.notices = tuple(_notices(workspace, found))
    return found


def _notices(workspace: Workspace, found: Resumed) -> Iterator[str]:
    if lost := workspace.journal.lost:
        yield f"{lost} or more actions are lost: the journal is damaged where they were"
    if found.unknown:
        yield found.unknown
    again = {
        "superpixels": "generate them again",
        "segmentation": "press Apply again",
        "mask": "lift it, or it takes the present label",
        "loaded": "load it again",
    }
    for kind in sorted(again.keys() & found.gone):
        what = "classifier or training data" if kind == "loaded" else kind
        is_waiting = kind == "loaded" and found.unknown
        when = "until then" if is_waiting else f"any more: {again[kind]}"
        yield f"The stored {what} cannot be read {when}"


def _repeat(
    entry: Entry, workspace: Workspace, load: Load, annotation: Annotation, found: Resumed
) -> None:
    match entry.kind:
        case "edit":
            _remake(entry.payload, annotation)
        case "undo":
            annotation.undo()
        case "redo":
            annotation.redo()
        case "hidden":
            annotation.classes.hide_only(frozenset(json.loads(entry.payload)["classes"]))
        case "pipeline":
            _set_pipeline(json.loads(entry.payload), found)
        case "loaded" | "classifier" as kind:
            _bring_back_file(kind, json.loads(entry.payload), workspace, found)
        case kind:
            _bring_back(kind, json.loads(entry.payload), load, annotation, found)


def _set_pipeline(stored: dict[str, Any], found: Resumed) -> None:
    pipeline, found.unknown = known_part(stored)
    found.pipeline = pipeline or found.pipeline
    if pipeline is None:
        return
    if pipeline.mask is None:
        found.mask = found.mask_key = None
    if found.loaded is not None and not found.loaded.settles(pipeline):
        found.loaded = None  # it could not be read then, and the parameters were changed


def _bring_back(
    kind: str, facts: dict[str, Any], load: Load, annotation: Annotation, found: Resumed
) -> None:
    """Bring back a result that is an array."""
    match kind:
        case "superpixels":
            loaded = _superpixels(facts, load)
            # Killed before the new ones were written: the former ones are still there.
            found.superpixels = loaded or found.superpixels
            _note(found, kind, loaded is None)
        case "segmentation":
            is_there = _segmentation(facts, load, annotation, found)
            _note(found, kind, not is_there)
        case "mask":
            data = load(facts)
            found.mask = None if data is None else LabelImage(data, origin=str(facts["origin"]))
            found.mask_key = None if data is None else facts.get("key")
            _note(found, kind, data is None)
        case _:
            raise ValueError(f"no action is called {kind!r}")


def _bring_back_file(
    kind: str, facts: dict[str, Any], workspace: Workspace, found: Resumed
) -> None:
    """Bring back a result that is one file."""
    match kind:
        case "loaded":
            found.loaded = _loaded(facts, workspace) if facts else None
            if found.loaded is not None:
                _go_on_from(found.loaded, found)
            _note(found, kind, bool(facts) and found.loaded is None)
        case "classifier":
            path = workspace.results.path_of(facts)
            found.trained = path if path.exists() else None


def _go_on_from(loaded: Loaded, found: Resumed) -> None:
    found.pipeline = loaded.pipeline_after(found.pipeline or Pipeline())
    if isinstance(loaded.learnt, TrainedClassifier):
        found.trained = loaded.learnt


def _note(found: Resumed, kind: str, is_gone: bool) -> None:
    (found.gone.add if is_gone else found.gone.discard)(kind)


def _remake(payload: bytes, annotation: Annotation) -> None:
    edit = decode_edit(payload)
    if not all(write.voxels.inside(annotation.shape) for write in edit.writes):
        raise ValueError("it writes outside the volume")
    if not all(0 <= write.value < 2**16 for write in edit.writes if write.target == "labels"):
        raise ValueError("it writes classes that cannot be")
    first = annotation.new_stroke()
    for stroke in edit.strokes:
        if not first <= stroke.id < first + MOST_NEW or not 0 <= stroke.label < 2**15:
            raise ValueError("its strokes are numbered out of order")
    annotation.make(edit)


def _superpixels(facts: dict[str, Any], load: Load) -> Superpixels | None:
    data = load(facts)
    if data is None:
        return None
    stored = facts["method"]
    method = stored and SuperpixelMethod.model_validate(stored)
    image = LabelImage(data, origin=str(facts["origin"]))
    # Earlier versions did not note how many there are.
    count = int(facts.get("count") or image.values.size)
    return Superpixels(image, method, count, token=str(facts.get("key", "")))


def _segmentation(
    facts: dict[str, Any], load: Load, annotation: Annotation, found: Resumed
) -> bool:
    """Load a segmentation and tell whether it is there; if not, the former one stays."""
    data = load(facts)
    if data is None:
        return False
    counts = {int(number): int(count) for number, count in facts.get("counts", ())}
    annotation.set_labels(LabelImage(data, origin=str(facts["origin"]), counts=counts or None))
    used = facts["pipeline"]
    found.segmented_at = int(facts["position"])
    found.segmented_from = facts.get("from")
    whole, missing = known_part(used) if used else (None, "")
    found.segmented_with = NO_FEATURES if missing else whole
    found.segmented_on = _grounds(facts, found)
    return True


def _grounds(facts: dict[str, Any], found: Resumed) -> Grounds | None:
    if found.segmented_with is None:
        return None
    if "on" not in facts:  # earlier versions did not note it
        return grounds_of(found.segmented_with, found.superpixels, found.mask_key)
    superpixels, mask = facts["on"]
    return superpixels, mask


def _loaded(facts: dict[str, Any], workspace: Workspace) -> Loaded | None:
    """Load what the session went on from; None if it cannot be read."""
    path = workspace.results.path_of(facts)
    try:
        is_data = facts["kind"] == "training data"
        learnt = read_training_data(path)[0] if is_data else load_classifier(path)
    except ReadError:
        return None
    known = {name: facts[name] for name in ("name", "position", "key", "caution", "news")}
    return Loaded(learnt=learnt, **known)


def stored_view(workspace: Workspace) -> View | None:
    """Return the view that the workspace was left with; None when there is none."""
    view = workspace.load_view()
    try:
        return None if view is None else View.model_validate(view)
    except ValidationError:
        return None


def merged_classes(
    known: Classes, loaded: Sequence[dict[str, Any]], used: Iterable[int | np.integer[Any]]
) -> Classes:
    """Return the class table for a loaded label: its own classes, then those it did not name."""
    table = {item.id: item for item in known}
    named = {int(entry["id"]): entry for entry in loaded}
    for number in {*named, *map(int, used)} - (set(table) - set(named)):
        entry = named.get(number, {})
        table[number] = LabelClass(
            id=number,
            name=str(entry.get("name", "")).strip()[:200] or f"Class {number}",
            color=entry.get("color", class_color(number)),
        )
    return tuple(table[number] for number in sorted(table))
