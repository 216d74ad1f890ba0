"""The three buttons that segment, in the order in which they are pressed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import ipywidgets as w

from annotat_nb.widgets.accuracy_panel import accuracy_line, caveat_of
from annotat_nb.widgets.button import button
from annotat_nb.widgets.live_switch import LiveSwitch
from annotat_nb.widgets.text import Line, inert

if TYPE_CHECKING:
    from annotat_nb.classify import Model, Pipeline
    from annotat_nb.session import Session

Run = Callable[[str], object]

VERBS = {
    "generate_superpixels": (
        "Generate superpixels",
        "Divide the volume into small regions of similar voxels, which are then classified whole",
    ),
    "preview": ("Preview", "Train on all strokes and classify the shown slice and its neighbours"),
    "apply": ("Apply", "Train on all strokes and classify the whole volume"),
}
MASK_TIP = (
    "Strokes elsewhere do not train, and the label stays there as it was; Change classifier "
    "parameters, Mask lifts it"
)
PARAMETERS = (
    "Change classifier parameters…",
    "Filters, superpixels, pooling, feature selection and classifier",
)


class SegmentationPanel(w.VBox):  # type: ignore[misc]  # ipywidgets is untyped
    """Generate superpixels, Preview, Apply, and the parameters they use.

    Parameters
    ----------
    session
        What is segmented.
    run
        Called with the name of the session's verb when its button is pressed.
    change_parameters
        Called when the parameters are to be changed.
    attempt
        Called with what sets the session; shows what goes wrong instead of raising.
    """

    def __init__(
        self,
        session: Session,
        run: Run,
        change_parameters: Callable[[], object],
        attempt: Callable[..., object],
    ) -> None:
        self._session = session
        self.buttons = {
            verb: button(title, partial(run, verb), tooltip)
            for verb, (title, tooltip) in VERBS.items()
        }
        self.live = LiveSwitch(session, attempt)
        title, tip = PARAMETERS
        self.parameters = button(title, change_parameters, tip, icon="cog")
        self.count, self.loaded, self.accuracy = w.Label(), Line(), Line()
        self.mask = Line().add_class("annotat-quiet")
        self.summary = w.Label().add_class("annotat-quiet")
        generate, preview, apply = self.buttons.values()
        super().__init__(
            [
                w.HBox([generate, self.count]),
                w.HBox([preview, apply]),
                self.live,
                self.loaded,
                self.mask,
                self.summary,
                self.accuracy,
                self.parameters,
            ]
        )
        self.add_class("annotat-verbs")
        self.refresh()

    def refresh(self, busy: str = "") -> None:
        """Show what can be pressed, and why the rest cannot; `busy` names a job that runs."""
        primary = self._primary()
        for verb, shown in self.buttons.items():
            reason = f"{busy} is running" if busy else self._session.obstacle(verb)
            shown.disabled = reason is not None
            shown.tooltip = reason or self._tip(verb)
            shown.button_style = "primary" if verb == primary else ""
        self.live.refresh()
        self.count.value = self._count()
        self.loaded.value = loaded_line(self._session)
        self.mask.value = mask_line(self._session)
        self.mask.tip = MASK_TIP if self.mask.value else ""
        self.accuracy.value = training_line(self._session)
        model = model_in_use(self._session)
        told = None if model is None else model.accuracy
        self.accuracy.tip = "" if told is None else caveat_of(told)
        kept = self._session.kept_features if self._session.is_trained else ()
        self.summary.tooltip = f"Used in the last training: {'; '.join(kept)}" if kept else ""
        self.summary.value = summary_of(self._session.pipeline, kept)

    def _tip(self, verb: str) -> str:
        caution = None if verb == "generate_superpixels" else self._session.caution
        return caution or VERBS[verb][1]

    def _count(self) -> str:
        session = self._session
        if session.superpixels is None or session.pipeline.superpixels is None:
            return ""
        if not session.superpixels_serve:
            return "outdated"
        return f"{session.superpixel_count:,}"

    def _primary(self) -> str:
        needs = self._session.pipeline.superpixels is not None
        if needs and not self._session.superpixels_serve:
            return "generate_superpixels"
        return "apply" if self._session.obstacle("apply") is None else ""


def mask_line(session: Session) -> str:
    """Say inside which classes is trained and classified; empty: everywhere."""
    if session.pipeline.mask is None:
        return ""
    known = {item.id: item.name for item in session.classes}
    names = [inert(known.get(number, f"Class {number}")) for number in session.pipeline.mask]
    return f"Inside {', '.join(names)} only"


def loaded_line(session: Session) -> str:
    """Say what is loaded, and whether it is in use; empty: nothing is."""
    if (loaded := session.loaded) is None:
        return ""
    is_replaced = loaded.model is not None and not session.applies_as_loaded
    how = "Strokes in place of" if is_replaced else "With"
    return f"{how} {loaded.kind} {inert(loaded.name)}"


def model_in_use(session: Session) -> Model | None:
    """Return what was trained with all that is set now, or is loaded and in use; else None."""
    loaded, trained = session.loaded, session.trained
    if loaded is not None and session.applies_as_loaded:
        return loaded.model
    return trained.model if trained is not None and session.is_trained else None


def training_line(session: Session) -> str:
    """Say how good the training is, or that there was another one only; empty before the first."""
    model, trained = model_in_use(session), session.trained
    if model is not None or trained is None:
        return accuracy_line(model)
    loaded = session.loaded
    key = None if loaded is None else loaded.key
    has_model = loaded is not None and loaded.model is not None
    on_others = has_model or key != session.results.trained_from
    what = "on these strokes" if on_others else "with these parameters"
    return f"Not trained yet {what}"


def summary_of(pipeline: Pipeline, kept: tuple[str, ...]) -> str:
    """Describe a pipeline in one line.

    Examples
    --------
    >>> from annotat_nb.classify import Pipeline
    >>> summary_of(Pipeline(), ())
    'Random forest, 5 features, Waterpixels'
    """
    channels = sum(len(feature.channels()) for feature in pipeline.features)
    grouping = pipeline.superpixels
    count = channels * (len(pipeline.pooling) if grouping else 1)
    number = f"{len(kept)} of {count}" if kept else f"{count}"
    used = f"{number} feature{'' if count == 1 else 's'}"
    return f"{pipeline.classifier.title}, {used}, {grouping.title if grouping else 'per voxel'}"
