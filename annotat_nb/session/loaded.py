"""A classifier or training data from a file, and what they settle in a session."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from annotat_nb.annotation import LabelClass
from annotat_nb.classify import TrainedClassifier, TrainingData
from annotat_nb.rendering.palette import class_color

if TYPE_CHECKING:
    from annotat_nb.annotation import Classes
    from annotat_nb.classify import Model, Pipeline

TITLES = {
    "features": "The filters belong",
    "superpixels": "The superpixels belong",
    "pooling": "The pooling belongs",
    "selection": "The feature selection belongs",
    "classifier": "The kind of classifier belongs",
    "seed": "The seed belongs",
}
"""Parameters that belong to what was learnt, and how a sentence about each begins."""
OF_FEATURES = ("features", "superpixels", "pooling")
"""Those that belong to training data too."""
OF_ITS_OWN = (
    "Strokes do not mend {0}, they train a classifier of their own: paint two classes at least, "
    "or undo what was painted to use {0} as it is"
)
"""Said where too little is painted to train in place of a classifier that was loaded."""
ANEW = "Apply trains anew, on the strokes of this image alone; undo them to go on with {}"


@dataclass(frozen=True, eq=False)
class Loaded:
    """What a session goes on from, and since when."""

    name: str
    """Of the file."""
    learnt: TrainedClassifier | TrainingData
    """Its class ids are those of the session."""
    position: int
    """Where the history stood when it was loaded."""
    key: str
    """Tells it from whatever else was loaded."""
    caution: str | None = None
    """Why the image may come out wrong."""
    news: str = ""
    """What is to be said once: which of its classes have another number here, and the like."""

    @property
    def kind(self) -> str:
        """What it is, in words."""
        return kind_of(self.learnt)

    @property
    def pipeline(self) -> Pipeline:
        """The parameters that came with it."""
        return self.learnt.pipeline

    @property
    def model(self) -> Model | None:
        """The classifier; None of training data."""
        return self.learnt.model if isinstance(self.learnt, TrainedClassifier) else None

    @property
    def confinement(self) -> str:
        """What happens without the mask that a classifier was trained with; empty: nothing."""
        return self.learnt.confinement if isinstance(self.learnt, TrainedClassifier) else ""

    @property
    def data(self) -> TrainingData | None:
        """The training data; None of a classifier."""
        return self.learnt if isinstance(self.learnt, TrainingData) else None

    @property
    def class_ids(self) -> tuple[int, ...]:
        """The classes that it knows."""
        if isinstance(self.learnt, TrainingData):
            return self.learnt.classes
        return tuple(self.learnt.model.classes.tolist())

    def locks(self) -> dict[str, str]:
        """Return the parameters that cannot be changed while it is loaded, and why, in words."""
        fields = OF_FEATURES if self.data is not None else tuple(TITLES)
        return {
            field: f"{TITLES[field]} to {self.name}: let go of it to change this"
            for field in fields
        }

    def settles(self, pipeline: Pipeline) -> bool:
        """Tell whether a pipeline has the parameters that cannot be changed."""
        return all(getattr(pipeline, name) == getattr(self.pipeline, name) for name in self.locks())

    def pipeline_after(self, former: Pipeline) -> Pipeline:
        """Return the parameters that came with it; where to compute and classify stay."""
        return self.pipeline.model_copy(update={"device": former.device, "mask": former.mask})


def kind_of(learnt: TrainedClassifier | TrainingData) -> str:
    """Say what was learnt, in words."""
    return "training data" if isinstance(learnt, TrainingData) else "classifier"


def moved(
    learnt: TrainedClassifier | TrainingData, ids: dict[int, int], classes: Classes
) -> TrainedClassifier | TrainingData:
    """Return what was learnt with the class ids of a session, which has `classes`."""
    if isinstance(learnt, TrainingData):
        return learnt.with_ids(ids)
    return learnt.with_ids(ids, classes)


def adopted(known: Classes, foreign: Classes) -> tuple[Classes, dict[int, int]]:
    """Find or make a place in a class table for the classes of a file.

    A class of the same name is the same class, whatever its number; Background (0) is Background
    under any name; every other class is added, under its own number where that is free.

    Parameters
    ----------
    known
        The table of the session.
    foreign
        The classes of the file.

    Returns
    -------
    classes, ids
        The table with what was added, and which number each class of the file has in it.

    Examples
    --------
    >>> def table(**names):
    ...     return tuple(
    ...         LabelClass(id=n, name=name, color="#123456") for name, n in names.items()
    ...     )
    >>> classes, ids = adopted(table(Background=0, bone=1), table(Background=0, ink=1, bone=2))
    >>> ids, [item.name for item in classes]
    ({0: 0, 2: 1, 1: 2}, ['Background', 'bone', 'ink'])
    """
    ids = _of_same_name(known, foreign)
    table = {item.id: item for item in known}
    rest = [item for item in foreign if item.id not in ids]
    for item in sorted(rest, key=lambda item: item.id in table):
        if item.id == 0 and 0 not in ids.values():
            ids[0] = 0
            continue
        free = next(n for n in (item.id, *range(len(table) + 1)) if n not in table)
        is_default = item.color == class_color(item.id)
        color = class_color(free) if is_default else item.color
        table[free], ids[item.id] = LabelClass(id=free, name=item.name, color=color), free
    return tuple(table[number] for number in sorted(table)), ids


def _of_same_name(known: Classes, foreign: Classes) -> dict[int, int]:
    places = {item.name: item.id for item in reversed(known)}
    ids: dict[int, int] = {}
    for item in foreign:
        if item.name in places:
            ids[item.id] = places.pop(item.name)
    return ids


def renumbered(foreign: Classes, ids: dict[int, int]) -> str:
    """Say which classes of a file have another number here; nothing if none has."""
    moved = [f"{item.name} is class {ids[item.id]}" for item in foreign if ids[item.id] != item.id]
    return f"{', '.join(moved)} here" if moved else ""
