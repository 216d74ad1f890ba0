"""Training data as a file: what was learnt from, to go on from with another image."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from annotat_nb.classify.intensities import intensities_in
from annotat_nb.classify.saved import array_in, broken, classes_in, head_of, pipeline_in
from annotat_nb.classify.training_data import TrainingData
from annotat_nb.io.array_file import read_arrays, write_arrays

if TYPE_CHECKING:
    import os

    from annotat_nb.annotation import Classes
    from annotat_nb.operation import Array

SUFFIX = ".training"
KIND = "training data"
SCHEMA = 1
MEANINGS = {
    "rows": "features of each sample, float32, (samples, channels): columns as in names",
    "targets": "class id of each sample, int16, (samples,)",
    "weights": "how much each sample counts, float64, (samples,); 1 on average",
}
"""What each array is, for who reads the file with other programs."""


def write_training_data(path: str | os.PathLike[str], data: TrainingData, classes: Classes) -> Path:
    """Write training data wholly or not at all, and return the path.

    Parameters
    ----------
    path
        Where to write.
    data
        What there is to learn from.
    classes
        The class table; it may hold more classes than occur.

    Raises
    ------
    WriteError
        If the file cannot be written; an older file of that name is then unchanged.
    """
    used = tuple(item for item in classes if item.id in data.classes)
    head = {
        "schema": SCHEMA,
        "arrays": MEANINGS,
        "image": data.intensities and data.intensities.model_dump(),
        **head_of(data.pipeline, data.names, used),
    }
    arrays: dict[str, Array] = {
        "rows": data.rows.astype(np.float32, copy=False),
        "targets": data.targets.astype(np.int16, copy=False),
        "weights": data.weights.astype(np.float64, copy=False),
    }
    return write_arrays(path, KIND, head, arrays)


def read_training_data(path: str | os.PathLike[str]) -> tuple[TrainingData, Classes]:
    """Read what `write_training_data` wrote.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    data, classes
        What there is to learn from, and the classes that occur in it.

    Raises
    ------
    ReadError
        If the file holds anything else, is damaged, or was made with features that are not those
        of this version.
    """
    source = Path(path).absolute()
    head, arrays = read_arrays(source, KIND, SCHEMA)
    pipeline, classes = pipeline_in(source, head), classes_in(source, head)
    names = tuple(name for own in pipeline.channels().values() for name in own)
    rows = array_in(source, arrays, "rows", "float32", (None, len(names)))
    targets = array_in(source, arrays, "targets", "int16", (len(rows),))
    weights = array_in(source, arrays, "weights", "float64", (len(rows),))
    if len(rows) and weights.min() <= 0:
        raise broken(source, "a weight is not above 0")
    data = TrainingData(pipeline, names, rows, targets, weights, intensities_in(head))
    if set(data.classes) != {item.id for item in classes}:
        raise broken(source, "its class table does not list the classes that occur")
    return data, classes
