"""A classifier that has learnt, together with what it must be fed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from annotat_nb.classify.progress import Progress, part_of

if TYPE_CHECKING:
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
    mean, scale = _spread(data.rows)
    scaled = (data.rows - mean) / scale
    chosen = _choose(pipeline, scaled, data, part_of(progress, 0.0, 0.2))
    predictor = _learn(pipeline, scaled[:, chosen], data, part_of(progress, 0.2, 1.0))
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
    )


def _spread(rows: Array) -> tuple[Array, Array]:
    """Return mean and standard deviation of each column, float32; 1 where it is constant."""
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler().fit(rows)
    return scaler.mean_.astype(np.float32), scaler.scale_.astype(np.float32)


def _choose(pipeline: Pipeline, rows: Array, data: TrainingData, progress: Progress) -> Array:
    if pipeline.selection is None:
        return np.arange(rows.shape[1])
    progress("Selecting features", 0.0)
    return pipeline.selection.choose(rows, data.targets, weights=data.weights, seed=pipeline.seed)


def _learn(pipeline: Pipeline, rows: Array, data: TrainingData, progress: Progress) -> Predictor:
    title = pipeline.classifier.title
    report = partial(progress, f"Training {title[0].lower()}{title[1:]}")
    report(0.0)
    return pipeline.classifier.fit(
        np.ascontiguousarray(rows),
        data.targets,
        weights=data.weights,
        seed=pipeline.seed,
        progress=report,
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
