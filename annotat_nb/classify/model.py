"""A classifier that has learnt, together with what it must be fed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from annotat_nb.classify.accuracy import accuracy_of
from annotat_nb.progress import Progress, part_of

if TYPE_CHECKING:
    from annotat_nb.classify.accuracy import Accuracy
    from annotat_nb.classify.classifier import Predictor
    from annotat_nb.classify.pipeline import Pipeline
    from annotat_nb.classify.training_data import TrainingData
    from annotat_nb.features import Feature
    from annotat_nb.operation import Array


@dataclass(frozen=True, eq=False)
class Model:
    """What training gives: it classifies rows of features."""

    pipeline: Pipeline
    """What it was trained with."""
    classes: Array
    """The class ids that it tells apart, int16, ascending."""
    names: tuple[str, ...]
    """The feature channels that were offered."""
    chosen: Array
    """Which of them it uses, as positions in `names`."""
    features: tuple[Feature, ...]
    """The features that must be computed for it."""
    columns: Array
    """Which columns of `features` it uses."""
    mean: Array
    """Mean of each of these columns over the training samples."""
    scale: Array
    """Standard deviation of the same."""
    predictor: Predictor
    importances: tuple[float, ...] = ()
    """What the feature selection found each of `names` to be worth; empty without a selection."""
    accuracy: Accuracy | None = None
    """How often it is right about samples that it has not learnt from; None where it was loaded
    without saying so."""

    @property
    def kept(self) -> tuple[str, ...]:
        """The names of the feature channels that are used."""
        return tuple(self.names[position] for position in self.chosen)

    def predict_proba(self, rows: Array, progress: Progress) -> Array:
        """Return the probability of each class for `rows` of `features`, float32."""
        scaled = (rows[:, self.columns] - self.mean) / self.scale
        return self.predictor.predict_proba(
            np.ascontiguousarray(scaled), partial(progress, "Classifying")
        )


def train(
    pipeline: Pipeline,
    data: TrainingData,
    names: dict[Feature, tuple[str, ...]],
    progress: Progress,
) -> Model:
    """Scale the features, choose among them, and train the classifier.

    Parameters
    ----------
    pipeline
        What to train.
    data
        Features, classes and weights of the samples to learn from.
    names
        What each feature calls its columns.
    progress
        Receives the steps.

    Raises
    ------
    TrainingError
        If the selection leaves no feature.
    """
    data = data.balanced() if pipeline.balanced else data
    mean, scale = _spread(data.rows)
    scaled = (data.rows - mean) / scale
    start = 0.0 if pipeline.selection is None else pipeline.selection.share_of_training
    importances, chosen = _select(pipeline, scaled, data, part_of(progress, 0.0, start))
    rows = np.ascontiguousarray(scaled[:, chosen])
    predictor, accuracy = _learn(pipeline, rows, data, part_of(progress, start, 1.0))
    features, columns = needed_for(names, chosen)
    return Model(
        pipeline=pipeline,
        classes=np.array(data.classes, np.int16),
        names=tuple(name for own in names.values() for name in own),
        chosen=chosen,
        features=features,
        columns=columns,
        mean=mean[chosen],
        scale=scale[chosen],
        predictor=predictor,
        importances=importances,
        accuracy=accuracy,
    )


def _spread(rows: Array) -> tuple[Array, Array]:
    """Return mean and standard deviation of each column, float32; 1 where it is constant."""
    mean = rows.mean(axis=0, dtype=np.float64).astype(np.float32)
    scale = rows.std(axis=0, dtype=np.float64).astype(np.float32)
    scale[(np.ptp(rows, axis=0) == 0) | (scale == 0)] = 1
    return mean, scale


def _select(
    pipeline: Pipeline, rows: Array, data: TrainingData, progress: Progress
) -> tuple[tuple[float, ...], Array]:
    """Return what each column is worth, if that is asked for, and which are kept."""
    if pipeline.selection is None:
        return (), np.arange(rows.shape[1])
    report = partial(progress, "Selecting features")
    report(0.0)
    importances = pipeline.selection.importances(
        rows, data.targets, weights=data.weights, seed=pipeline.seed, progress=report
    )
    return tuple(importances.tolist()), pipeline.selection.choose(importances)


def _learn(
    pipeline: Pipeline, rows: Array, data: TrainingData, progress: Progress
) -> tuple[Predictor, Accuracy]:
    classifier, title = pipeline.classifier, pipeline.classifier.title
    report = partial(part_of(progress, 0.0, 0.7), f"Training {title[0].lower()}{title[1:]}")
    report(0.0)
    learnt_from, weights, seed = (rows, data.targets), data.weights, pipeline.seed
    predictor = classifier.fit(*learnt_from, weights=weights, seed=seed, progress=report)
    report = partial(part_of(progress, 0.7, 1.0), "Estimating the accuracy")
    return predictor, accuracy_of(
        classifier,
        predictor,
        *learnt_from,
        weights=weights,
        seed=seed,
        progress=report,
        strokes=data.strokes,
    )


def needed_for(
    names: dict[Feature, tuple[str, ...]], chosen: Array
) -> tuple[tuple[Feature, ...], Array]:
    """Return the features of which a column is chosen, and where these columns then are."""
    owner = np.repeat(np.arange(len(names)), [len(own) for own in names.values()])
    used = np.unique(owner[chosen])
    remaining = np.flatnonzero(np.isin(owner, used))
    features = tuple(names)
    return tuple(features[i] for i in used), np.searchsorted(remaining, chosen)
