"""What the panels say: the next step, and what went wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psygnal import EmitLoopError
from pydantic import ValidationError

if TYPE_CHECKING:
    from annotat_nb.session import Session
    from annotat_nb.session.loaded import Loaded


AS_LOADED = (
    "Scroll through the slices and save the label. Painting would train a classifier of its own, "
    "on these strokes alone; to go on learning, load training data"
)


PREVIEW_OR_APPLY = "Press Preview to see this slice classified, or Apply for the whole volume"
PREVIEWED = (
    "This is a preview of this slice and its neighbours: paint where it is wrong, Preview again, "
    "or press Apply for the whole volume"
)


def sentence(error: BaseException) -> str:
    """Return what `error` tells a user, on one line."""
    if isinstance(error, EmitLoopError) and error.__cause__ is not None:
        return sentence(error.__cause__)  # the error of a listener, wrapped by the signal
    if isinstance(error, ValidationError):
        return str(error.errors()[0]["msg"]).removeprefix("Value error, ")
    if isinstance(error, MemoryError):
        return "There is not enough memory for this; close other notebooks, or crop the image"
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename or 'the file'}: {error.strerror}"
    if isinstance(error, KeyError) and error.args:
        return str(error.args[0])
    return str(error) or type(error).__name__


def next_step(session: Session) -> str:
    """Say what a person who never read a manual would do now."""
    if session.recorder.state == "read-only":
        return "Look around: strokes and labels are shown as they were when this was opened"
    if session.loaded is not None:
        return _with_loaded(session, session.loaded)
    if (said := _about_preview(session)) is not None:
        return said
    if session.segmentation is not None:
        return _after_apply(session)
    if len(session.classes) < 2:
        return "Add a class for what you look for: press Add under Classes"
    painted = sum(session.markers.stroke_count(item.id) > 0 for item in session.classes)
    if session.superpixels is None and session.pipeline.superpixels is not None:
        then = "" if painted >= 2 else ", then paint a few strokes of each class"
        return f"Press Generate superpixels{then}"
    if (missing := session.obstacle("apply")) is not None:
        return missing
    if session.live and session.live_update.error is None:
        return "Paint on: this slice follows your strokes; Apply classifies the whole volume"
    if _needs_superpixels(session):
        return "Press Generate superpixels: the parameters changed since these were made"
    return PREVIEW_OR_APPLY


def _about_preview(session: Session) -> str | None:
    """Say that a preview is one, and whether it is as things are now; None: none is shown."""
    found = session.results.previewed
    if found is None or found.box is None or session.live or session.obstacle("preview"):
        return None
    begun, side = found.snapshot, found.box["zyx".index(session.view.axis)]
    if (begun.pipeline, begun.loaded) != (session.pipeline, session.loaded):
        first = "Generate superpixels, then " if _needs_superpixels(session) else ""
        return f"The parameters changed since this preview: press {first}Preview"
    if changes := session.annotation.history.steps_since(begun.position):
        plural = "" if changes == 1 else "s"
        return f"{changes} change{plural} not in the preview yet: press Preview, or Apply"
    if not side.start <= session.view.index < side.stop:
        return PREVIEW_OR_APPLY
    return PREVIEWED


def _with_loaded(session: Session, loaded: Loaded) -> str:
    """Say the next step where a classifier or training data were loaded."""
    if session.superpixels is None and session.pipeline.superpixels is not None:
        return f"Press Generate superpixels: {loaded.name} sorts them into classes"
    if (missing := session.obstacle("apply")) is not None:
        return missing
    if (said := _about_preview(session)) is not None:
        return said
    is_done = session.segmentation is not None and session.results.segmented_from == loaded.key
    if is_done and session.is_trained and not session.changes_since_apply:
        return _after_apply_with(session, loaded)
    if session.caution is not None:
        return session.caution
    if is_done:
        return _after_apply(session)
    if loaded.data is not None:
        return f"Press Apply: it learns from {loaded.name} and from what is painted here"
    return f"Press Apply: {loaded.name} needs no strokes"


def _after_apply_with(session: Session, loaded: Loaded) -> str:
    """Say the next step where the label knows what is loaded, and all that is painted."""
    is_right = not (session.parameters_changed or session.grounds_changed)
    if session.applies_as_loaded and is_right:
        return loaded.caution or AS_LOADED
    return _after_apply(session)


def _after_apply(session: Session) -> str:
    changes = session.changes_since_apply or 0
    if changes:
        plural = "" if changes == 1 else "s"
        return f"{changes} change{plural} not in the label yet: press Apply"
    if session.parameters_changed:
        return f"The parameters changed since this label was made: {_press_apply(session)}"
    if session.grounds_changed:
        return "The superpixels or the mask changed since this label was made: press Apply"
    return "Scroll through the slices, paint where the label is wrong, Apply again, save the label"


def _press_apply(session: Session) -> str:
    first = "Generate superpixels, then " if _needs_superpixels(session) else ""
    return f"press {first}Apply"


def _needs_superpixels(session: Session) -> bool:
    return session.pipeline.superpixels is not None and not session.superpixels_serve


def uncertainty_missing(session: Session) -> str | None:
    """Say why it is not known how sure the classifier was; None: it is."""
    if session.uncertainty is not None or session.previewed is not None:
        return None
    if session.segmentation is None:
        return "Nothing is classified yet: press Preview or Apply first"
    return "Of this label only the classes were kept: press Preview or Apply to see how sure it is"


def farewell(session: Session) -> str:
    """Say what is left of the work should the kernel go now."""
    fate = {
        "saved": "Kernel is gone: your strokes are on disk; run the cell again",
        "saving": "Kernel is gone: strokes are on disk, the last ones perhaps not; "
        "run the cell again",
        "not saved": "Kernel is gone: strokes are on disk, but not the last ones, which could not "
        "be written; run the cell again",
        "memory": "Kernel is gone, and with it the strokes that were in memory only; "
        "run the cell again",
        "read-only": "Kernel is gone; run the cell again",
    }
    return fate[session.recorder.state]


def saved_line(session: Session) -> tuple[str, str]:
    """Say where the work is, and the tone to say it in."""
    strokes = session.markers.stroke_count()
    count = f"{strokes:,} stroke{'' if strokes == 1 else 's'}"
    match session.recorder.state:
        case "saved":
            return f"{count} saved", "saved"
        case "saving":
            return "saving …", "memory"
        case "memory":
            return f"{count} in memory only", "memory"
        case "read-only":
            return f"{count}, read-only", "memory"
        case "not saved":
            return f"{count}, not all saved", "error"
