"""What files of classifiers and of training data have in common, and how it is checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import ValidationError

from annotat_nb.annotation import LabelClass
from annotat_nb.classify.pipeline import Pipeline
from annotat_nb.io.array_file import SAVE_AGAIN
from annotat_nb.io.errors import cannot_read, printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from annotat_nb.annotation import Classes
    from annotat_nb.io.errors import ReadError
    from annotat_nb.operation import Array

DEFINE_FIRST = "import what defines its features first"
LARGEST_CLASS = 2**15 - 1
"""Markers hold no larger class id."""
MOST_FEATURES = 1000
"""Features of one pipeline: far more than anybody computes."""
MOST_LISTED = 40
"""Feature channels that a message names before it counts the rest."""

LONGEST = 1000
"""Characters of an error that a message repeats: what it lists as known is whole, as a rule."""


def head_of(pipeline: Pipeline, names: tuple[str, ...], classes: Classes) -> dict[str, Any]:
    """Return what the head of a file says of the parameters, the features and the classes.

    Where to compute is up to the machine, and where to classify up to the image.
    """
    anywhere = pipeline.model_copy(update={"device": "auto", "mask": None})
    return {
        "pipeline": anywhere.model_dump(mode="json"),
        "names": list(names),
        "classes": [item.model_dump(exclude={"visible"}) for item in classes],
    }


def pipeline_in(source: Path, head: Mapping[str, Any]) -> Pipeline:
    """Return the parameters in `head`, once its features are known to be computed alike here.

    Raises
    ------
    ReadError
        If a parameter is not known here, or its features have other channels in this version; the
        message then lists both. The names that channels had before they told 2D and 3D apart are
        taken: the parameters tell what is computed.
    """
    stored = head.get("pipeline")
    try:
        if not isinstance(stored, dict) or len(stored.get("features", ())) > MOST_FEATURES:
            raise ValueError("they are no pipeline")
        pipeline = Pipeline.model_validate(stored)
    except (ValueError, TypeError, RecursionError) as error:
        cause = f"has parameters that are not known here ({_first(error)})"
        raise cannot_read(source, cause, f"update annotat_nb, or {DEFINE_FIRST}") from None
    known = tuple(name for own in pipeline.channels().values() for name in own)
    if (names := head.get("names")) not in (list(known), _former_names(pipeline)):
        cause = (
            f"was made with other features: it has {_listed(names)}, but its parameters give "
            f"{_listed(known)} here"
        )
        raise cannot_read(source, cause, "use the version that made it, or train anew")
    return pipeline


def _former_names(pipeline: Pipeline) -> list[str]:
    """Name the channels as when no name had more than the title, a radius and a part."""
    return [
        name.replace(feature.full_title(), feature.title, 1)
        for feature in pipeline.features
        for name in pipeline.model_copy(update={"features": (feature,)}).channels()[feature]
    ]


def classes_in(source: Path, head: Mapping[str, Any]) -> Classes:
    """Return the class table in `head`: ids that differ, in any order.

    Raises
    ------
    ReadError
        If it is no such table.
    """
    stored = head.get("classes")
    try:
        if not isinstance(stored, list) or not stored:
            raise ValueError("it lists no class")
        classes = tuple(LabelClass.model_validate(entry, strict=True) for entry in stored)
        ids = [item.id for item in classes]
        if len(set(ids)) < len(ids) or max(ids) > LARGEST_CLASS:
            raise ValueError(f"ids must differ and be at most {LARGEST_CLASS}")
    except ValueError as error:
        raise broken(source, f"its class table is wrong: {_first(error)}") from None
    return classes


def array_in(
    source: Path,
    arrays: Mapping[str, Array],
    name: str,
    dtype: str,
    shape: tuple[int | None, ...],
) -> Array:
    """Return an array of the file, of this type and shape and finite; None is any length.

    Raises
    ------
    ReadError
        If it is missing or anything else.
    """
    array = arrays.get(name)
    if array is None:
        raise broken(source, f"its {name} are missing")
    fits = len(array.shape) == len(shape) and all(
        wanted in (None, side) for side, wanted in zip(array.shape, shape, strict=True)
    )
    if array.dtype != np.dtype(dtype) or not fits:
        expected = " × ".join("n" if side is None else str(side) for side in shape)
        got = " × ".join(map(str, array.shape))
        raise broken(source, f"its {name} are {got} {array.dtype}, not {expected} {dtype}")
    if not np.isfinite(array).all():
        raise broken(source, f"its {name} are not all finite")
    return array


def broken(source: Path, why: str) -> ReadError:
    """Make the error that says what is wrong inside a file."""
    return cannot_read(source, f"is damaged ({why})", SAVE_AGAIN)


def _first(error: BaseException) -> str:
    """Return what `error` says, or the first thing that it does, in short."""
    if isinstance(error, ValidationError):
        detail = error.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(map(str, detail["loc"]))
        words = detail["msg"].removeprefix("Value error, ")
        text = f"{place}: {words}" if place else words
    else:
        text = str(error) or type(error).__name__
    return printable(text if len(text) <= LONGEST else f"{text[:LONGEST]} …")


def _listed(names: Any) -> str:
    if not isinstance(names, list | tuple) or not names:
        return "none"
    said: Iterable[str] = (printable(str(name)[:80]) for name in names[:MOST_LISTED])
    more = len(names) - MOST_LISTED
    return "; ".join(said) + (f"; and {more} more" if more > 0 else "")
