"""Parameters that a workspace holds, as far as they are known here."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from annotat_nb.classify import Pipeline
from annotat_nb.features import Feature

LEFT_OUT = (
    "Features that are not defined here as they were are left out: {}. Define them, then open the "
    "workspace again: they come back, unless the parameters were changed meanwhile"
)
UNREADABLE = (
    "The stored parameters are not those of this version, and others take their place ({}): "
    "update annotat_nb"
)
NO_FEATURES = Pipeline().model_copy(update={"features": ()})
"""Equals no pipeline that can be used: what was computed with it has other parameters."""


def known_part(stored: dict[str, Any]) -> tuple[Pipeline | None, str]:
    """Return a stored pipeline without the features that are not known here.

    Those are features that a user wrote and has not defined yet, or has defined with other
    parameters. Where no feature is left, those of the default pipeline take their place.

    Returns
    -------
    pipeline, notice
        None where the rest is not known either; and a sentence that says what is not, which is
        empty where all is.
    """
    known = [each for each in stored["features"] if _is_known(each)]
    unknown = [each["kind"] for each in stored["features"] if not _is_known(each)]
    rest = {name: value for name, value in stored.items() if name != "features"}
    try:
        pipeline = Pipeline.model_validate(rest | ({"features": known} if known else {}))
    except ValidationError as error:
        return None, UNREADABLE.format(error.errors()[0]["msg"])
    return pipeline, LEFT_OUT.format(", ".join(dict.fromkeys(unknown))) if unknown else ""


def _is_known(stored: dict[str, Any]) -> bool:
    try:
        Feature.model_validate(stored)
    except ValidationError:
        return False
    return True
