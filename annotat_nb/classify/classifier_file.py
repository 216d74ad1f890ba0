"""Classifiers as files: what was learnt, to apply to other images."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from annotat_nb.classify.accuracy import Accuracy
from annotat_nb.classify.arrays import ascends
from annotat_nb.classify.intensities import intensities_in
from annotat_nb.classify.model import Model, needed_for
from annotat_nb.classify.saved import (
    LARGEST_CLASS,
    array_in,
    broken,
    classes_in,
    head_of,
    pipeline_in,
)
from annotat_nb.classify.trained import Reordered, TrainedClassifier, named
from annotat_nb.io.array_file import read_arrays, write_arrays
from annotat_nb.io.errors import printable

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from annotat_nb.classify.classifier import Predictor
    from annotat_nb.classify.pipeline import Pipeline
    from annotat_nb.operation import Array

SUFFIX = ".classifier"
KIND = "classifier"
SCHEMA = 1
MOST_SAMPLES = 2**40
"""Far more than anybody paints, and few enough to add up."""
LEARNT = "learnt."
"""Before the names of the arrays that belong to the kind of classifier."""
MEANINGS = {
    "classes": "class id of each probability, int16, (classes,)",
    "chosen": "which of the channels in names are used, int64, ascending, (chosen,)",
    "mean": "what is subtracted from each of these, float32, (chosen,)",
    "scale": "what it is then divided by, float32, (chosen,)",
    "confusion": "samples kept apart, by painted class (rows) and found class, int64, (classes, "
    "classes); only where that is known",
    "importances": "what the selection found each channel in names to be worth, float64, "
    "(channels,); only after a selection",
    f"{LEARNT}*": "what the classifier of the pipeline has learnt, as its class documents",
}
"""What each array is, for who reads the file with other programs."""


def write_classifier(path: str | os.PathLike[str], trained: TrainedClassifier) -> Path:
    """Write a classifier wholly or not at all, and return the path.

    Parameters
    ----------
    path
        Where to write.
    trained
        What was learnt, and the names of the classes.

    Raises
    ------
    WriteError
        If the file cannot be written; an older file of that name is then unchanged.
    """
    model = _in_own_order(trained.model)
    head = {
        "schema": SCHEMA,
        "arrays": MEANINGS,
        "accuracy": model.accuracy and model.accuracy.how,
        "image": trained.intensities and trained.intensities.model_dump(),
        "inside": list(trained.inside),
        **head_of(model.pipeline, model.names, trained.classes),
    }
    learnt = {f"{LEARNT}{name}": array for name, array in model.predictor.arrays().items()}
    arrays: dict[str, Array] = {
        "classes": model.classes.astype(np.int16),
        "chosen": model.chosen.astype(np.int64),
        "mean": model.mean.astype(np.float32),
        "scale": model.scale.astype(np.float32),
    }
    return write_arrays(path, KIND, head, {**arrays, **_known_of(model), **learnt})


def _known_of(model: Model) -> dict[str, Array]:
    """Return what is known of how well it learnt."""
    known: dict[str, Array] = {}
    if model.accuracy is not None and model.accuracy.confusion:
        known["confusion"] = np.array(model.accuracy.confusion, np.int64)
    if model.importances:
        known["importances"] = np.array(model.importances, np.float64)
    return known


def load_classifier(path: str | os.PathLike[str]) -> TrainedClassifier:
    """Load a classifier that a session saved, to apply it to any image.

    Nothing in the file is run: it holds parameters and arrays of numbers, which are checked down
    to each node of each tree.

    Parameters
    ----------
    path
        What `Session.save_classifier` wrote.

    Raises
    ------
    ReadError
        If the file holds anything else, is damaged, or was made with features that are not those
        of this version; the message then lists both.
    """
    source = Path(path).absolute()
    head, arrays = read_arrays(source, KIND, SCHEMA)
    pipeline, table = pipeline_in(source, head), classes_in(source, head)
    ids = array_in(source, arrays, "classes", "int16", (len(table),))
    if sorted(ids.tolist()) != sorted(item.id for item in table):
        raise broken(source, "its class table does not list the classes that it tells apart")
    model = _model(source, pipeline, ids, arrays)
    model = replace(model, accuracy=_accuracy(source, head, arrays))
    found = TrainedClassifier(model, named(table, ids), intensities_in(head), _inside(source, head))
    return found.with_ids({item.id: item.id for item in table}, table)


def _model(source: Path, pipeline: Pipeline, ids: Array, arrays: Mapping[str, Array]) -> Model:
    names = pipeline.channels()
    listed = tuple(name for own in names.values() for name in own)
    chosen = _chosen(source, arrays, len(listed))
    mean, scale = (array_in(source, arrays, n, "float32", chosen.shape) for n in ("mean", "scale"))
    if scale.min() <= 0:
        raise broken(source, "a scale is not above 0")
    features, columns = needed_for(names, chosen)
    return Model(
        pipeline,
        ids,
        listed,
        chosen,
        features,
        columns,
        mean,
        scale,
        _predictor(source, pipeline, arrays, n_features=chosen.size, n_classes=ids.size),
        importances=_importances(source, arrays, len(listed)),
    )


def _chosen(source: Path, arrays: Mapping[str, Array], count: int) -> Array:
    """Return which of `count` channels are used."""
    chosen = array_in(source, arrays, "chosen", "int64", (None,))
    if not chosen.size or chosen[0] < 0 or chosen[-1] >= count or not ascends(chosen):
        raise broken(source, f"it chooses other than some of its {count} channels, in order")
    return chosen


def _predictor(
    source: Path, pipeline: Pipeline, arrays: Mapping[str, Array], **counts: int
) -> Predictor:
    learnt = {n.removeprefix(LEARNT): a for n, a in arrays.items() if n.startswith(LEARNT)}
    try:
        return pipeline.classifier.restore(learnt, **counts)
    except ValueError as error:
        raise broken(source, str(error)) from None


def _importances(source: Path, arrays: Mapping[str, Array], count: int) -> tuple[float, ...]:
    """Return what the selection found each channel to be worth; nothing where there was none."""
    if "importances" not in arrays:
        return ()
    return tuple(array_in(source, arrays, "importances", "float64", (count,)).tolist())


def _accuracy(
    source: Path, head: Mapping[str, object], arrays: Mapping[str, Array]
) -> Accuracy | None:
    """Return how often it was right; None where the file does not say so."""
    how, count = head.get("accuracy"), len(arrays["classes"])
    if not isinstance(how, str) or "confusion" not in arrays:
        return None
    table = array_in(source, arrays, "confusion", "int64", (count, count))
    if table.min() < 0 or table.max() > MOST_SAMPLES or not table.sum(axis=1).all():
        raise broken(source, "its table of painted and found classes counts nothing")
    return Accuracy.counted(table, printable(how[:200]))


def _in_own_order(model: Model) -> Model:
    """Return `model` with its classes as its predictor has them."""
    if not isinstance(model.predictor, Reordered):
        return model
    back = np.argsort(model.predictor.order)
    accuracy = model.accuracy and model.accuracy.reordered(back)
    predictor = model.predictor.predictor
    return replace(model, classes=model.classes[back], predictor=predictor, accuracy=accuracy)


def _inside(source: Path, head: Mapping[str, object]) -> tuple[str, ...]:
    """Return the names of the classes inside which it learnt; earlier versions did not note it."""
    stored = head.get("inside", [])
    if not isinstance(stored, list) or len(stored) > LARGEST_CLASS:
        raise broken(source, "it does not list the classes inside which it was trained")
    return tuple(printable(str(name)[:200]) for name in stored)
