"""The dialog "Change classifier parameters"."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

import ipywidgets as w

from annotat_nb.classify import Classifier, FeatureSelection, Pipeline
from annotat_nb.features import devices
from annotat_nb.superpixels import SuperpixelMethod
from annotat_nb.superpixels.pooling import Pooling
from annotat_nb.widgets.button import button
from annotat_nb.widgets.feature_choices import FeatureChoices
from annotat_nb.widgets.fields import help_of
from annotat_nb.widgets.form import Form
from annotat_nb.widgets.lock import disable
from annotat_nb.widgets.mask_choice import MaskChoice
from annotat_nb.widgets.record_choice import RecordChoice
from annotat_nb.widgets.text import Line

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from annotat_nb.widgets.lock import Lock

_SECTIONS = ("features", "superpixels", "pooling", "selection", "classifier", "balanced", "mask")


class ClassifierPanel(w.VBox):  # type: ignore[misc]  # ipywidgets is untyped
    """Change everything about how a segmentation is computed.

    Parameters
    ----------
    pipeline
        What is shown at first.
    on_ok
        Called with the new pipeline when the user accepts it.
    on_cancel
        Called when the user leaves everything as it was.
    shape
        Shape of the image, (z, y, x), to tell how many superpixels to expect.
    classes
        Names of the classes, by id, that a mask can be made of.
    label
        What the label is whose classes a mask names, in words; empty: there is none.
    other_label
        What the present label is, in words, where the mask has an earlier one; empty: it has not.
    lock
        Parameters that cannot be changed now; None: all can.

    Examples
    --------
    >>> from annotat_nb.classify import Pipeline
    >>> panel = ClassifierPanel(Pipeline(), print, print)
    >>> panel.value == Pipeline()
    True
    """

    def __init__(
        self,
        pipeline: Pipeline,
        on_ok: Callable[[Pipeline], Any],
        on_cancel: Callable[[], Any],
        *,
        shape: tuple[int, int, int] | None = None,
        classes: Mapping[int, str] | None = None,
        label: str = "",
        other_label: str = "",
        lock: Lock | None = None,
    ) -> None:
        self._locked = {} if lock is None else lock.reasons
        self._on_ok, self._on_cancel, self._shape = on_ok, on_cancel, shape
        self.mask = MaskChoice(classes or {}, label, other_label)
        self._make_controls(pipeline)
        super().__init__(
            [
                Line("Change classifier parameters").add_class("annotat-title-line"),
                *([] if lock is None else [lock.notice()]),
                *_section("Filters", self.features),
                *_section("Superpixels", self.superpixels, self.expected),
                self._pooling_section,
                *_section("Feature selection", self.select, self.selection),
                *_section("Classifier", self.classifier, self.balanced),
                *_section("Mask", self.mask),
                self._folded,
                self._foot,
            ],
            layout={"width": "100%", "max_width": "60em", "padding": "0 4px"},
        )
        self._listen()
        self.value = pipeline
        self._lock()

    def _make_controls(self, pipeline: Pipeline) -> None:
        self.features = FeatureChoices(pipeline.features)
        self.superpixels = RecordChoice(
            SuperpixelMethod, pipeline.superpixels, label="Method", none="None (per voxel)"
        )
        self.expected = Line()
        self.pooling = {name: _pooling_tick(name) for name in get_args(Pooling)}
        ticks = w.HBox(
            list(self.pooling.values()), layout={"flex_flow": "row wrap", "grid_gap": "0 1em"}
        )
        self._pooling_section = w.VBox([*_section("Pooling", ticks)])
        self.select = _tick("Leave out features that hardly matter", "selection")
        self.selection = Form(FeatureSelection())
        self.classifier = RecordChoice(Classifier, pipeline.classifier, label="Method")
        self.balanced = _tick("Each class counts the same", "balanced")
        advanced = [name for name in type(pipeline).model_fields if name not in _SECTIONS]
        self.advanced = Form(pipeline, only=advanced, choices={"device": device_choices()})
        self._folded = w.Accordion([self.advanced], titles=["Advanced"], selected_index=None)
        self.ok = button("Ok", self._accept, "Use these parameters", button_style="primary")
        self.cancel = button("Cancel", self._on_cancel, "Leave everything as it was")
        self.reset = button("Reset to defaults", self._reset, "Show the defaults; Ok accepts them")
        self.status = Line(tone="error")
        row = w.HBox([self.ok, self.cancel, self.reset])
        self._foot = w.VBox([self.status, row]).add_class("annotat-foot")

    def _listen(self) -> None:
        parts = (
            *(self.features, self.superpixels, self.selection),
            *(self.classifier, self.mask, self.advanced),
        )
        for part in parts:
            part.changed.connect(self._forget_refusal)
        self.superpixels.changed.connect(self._follow_superpixels)
        self.select.observe(lambda _: self._follow_selection(), "value")

    @property
    def value(self) -> Pipeline:
        """The pipeline that the dialog describes.

        Raises
        ------
        ValueError
            If nothing is ticked or a value is not allowed; the sentence says where.
        """
        chosen = {
            "features": self.features.value,
            "superpixels": self.superpixels.value,
            "pooling": self._chosen_pooling(),
            "selection": self.selection.value if self.select.value else None,
            "classifier": self.classifier.value,
            "balanced": self.balanced.value,
            "mask": self.mask.value,
        }
        rest = {name: getattr(self.advanced.value, name) for name in self.advanced.fields}
        return Pipeline.model_validate({**chosen, **rest})

    @value.setter
    def value(self, pipeline: Pipeline) -> None:
        self._pipeline, self._pooling_before = pipeline, pipeline.pooling
        self.features.value = pipeline.features
        self.superpixels.value = pipeline.superpixels
        for name, tick in self.pooling.items():
            tick.value = name in pipeline.pooling
        self.select.value = pipeline.selection is not None
        self.selection.value = pipeline.selection or FeatureSelection()
        self.classifier.value = pipeline.classifier
        self.balanced.value = pipeline.balanced
        self.mask.value = pipeline.mask
        self.advanced.value = pipeline
        self.status.value = ""
        self._follow_superpixels()
        self._follow_selection()

    def _chosen_pooling(self) -> tuple[Pooling, ...]:
        chosen = [name for name, tick in self.pooling.items() if tick.value]
        if not chosen and self.superpixels.kind.value is None:
            return self._pooling_before
        if not chosen:
            raise ValueError("tick at least one pooling: a superpixel needs a value per feature")
        kept = [name for name in self._pooling_before if name in chosen]
        return tuple(dict.fromkeys([*kept, *chosen]))

    def _follow_superpixels(self) -> None:
        method = self.superpixels.kind.value
        self._pooling_section.layout.display = "none" if method is None else ""
        self.expected.value = self._expectation()

    def _expectation(self) -> str:
        form = self.superpixels.form
        if self._shape is None or form is None or form.problem:
            return ""
        return f"About {form.value.expected_count(self._shape):,} superpixels in this image"

    def _follow_selection(self) -> None:
        self.selection.layout.display = "" if self.select.value else "none"

    def _lock(self) -> None:
        parts: dict[str, tuple[w.Widget, ...]] = {
            "features": (self.features,),
            "superpixels": (self.superpixels,),
            "pooling": tuple(self.pooling.values()),
            "selection": (self.select, self.selection),
            "classifier": (self.classifier,),
            "balanced": (self.balanced,),
            **{name: (field,) for name, field in self.advanced.fields.items()},
        }
        for name, why in self._locked.items():
            for part in parts[name]:
                disable(part, why)

    def _forget_refusal(self) -> None:
        self.status.value = ""

    def _accept(self) -> None:
        try:
            pipeline = self.value
        except ValueError as error:
            self.status.value = str(error)
            self.features.unfold_what_is_wrong()
            if self.advanced.problem:
                self._folded.selected_index = 0
            return
        self.status.value = ""
        self._on_ok(pipeline)

    def _reset(self) -> None:
        kept = {name: getattr(self._pipeline, name) for name in self._locked}
        self.value = Pipeline(**kept)


def _section(title: str, *content: w.Widget) -> list[w.Widget]:
    heading = w.Label(title, style={"font_weight": "bold", "font_size": "1.1em"})
    return [heading, *content]


def _tick(label: str, field: str) -> w.Checkbox:
    return w.Checkbox(
        description=label,
        tooltip=help_of(Pipeline.model_fields[field]),
        indent=False,
        layout={"width": "auto"},
    )


def _pooling_tick(name: str) -> w.Checkbox:
    words = {"mean": "Mean", "min": "Minimum", "max": "Maximum", "std": "Standard deviation"}
    return _tick(words.get(name, name), "pooling")


def device_choices() -> list[tuple[str, str]]:
    """Return what may be chosen as the device of a pipeline on this computer: words and values.

    Examples
    --------
    >>> [value for _, value in device_choices()][:2]
    ['auto', 'cpu']
    """
    here = devices()
    auto = f"auto: {next(iter(here[1:]), here[0])} here"
    return [(auto, "auto"), *((name, name) for name in here)]
