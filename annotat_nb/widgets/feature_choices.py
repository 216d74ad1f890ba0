"""Which features a classifier sees: ticks, shared windows, and windows of their own."""

from __future__ import annotations

import html
from collections import Counter
from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal

import ipywidgets as w
from psygnal import Signal
from pydantic import Field

from annotat_nb.features import Feature, Radii
from annotat_nb.operation import Record
from annotat_nb.widgets.form import Form
from annotat_nb.widgets.record_choice import concrete_kinds
from annotat_nb.widgets.text import Line

_SHARED = ("radii", "ndim")
FLAT = "Looks at each XY slice by itself, whatever the dimensions above"
_COLUMNS = "repeat(auto-fill, minmax(min(100%, 27em), 1fr))"
_ORIGINAL_ORDER = (
    *("Identity", "Gaussian", "Gabor", "DifferenceOfGaussians", "Sobel", "MembraneProjections"),
    *("Minimum", "Maximum", "Mean", "Variance", "Median", "LocalBinaryPattern"),
)


class SharedWindows(Record):
    """What the ticked features have in common."""

    title: ClassVar[str] = "Windows of all filters"

    radii: Radii = Field(
        (1, 2, 4, 8), title="Multi-scale windows", json_schema_extra={"unit": "voxel"}
    )
    """Radii at which every ticked filter looks at the image, separated by commas: r looks at
    2r + 1 voxels a side (a standard deviation of r for the Gaussian ones). Small windows see fine
    detail, large ones context; each adds a channel to each filter."""

    ndim: Literal[2, 3] = 2
    """2D looks at each XY slice by itself; 3D looks into the neighbouring slices too, which
    suppresses what changes from slice to slice but takes longer."""


class OwnWindows(Record):
    """What one feature has for itself; None takes what is shared."""

    title: ClassVar[str] = "Windows of one filter"

    radii: Annotated[
        Radii | None, Field(title="Windows", json_schema_extra={"unit": "voxel", "none": "shared"})
    ] = None
    """Radii for this filter alone. Empty takes the multi-scale windows above."""

    ndim: Annotated[Literal[2, 3] | None, Field(json_schema_extra={"none": "shared"})] = None
    """2D or 3D for this filter alone."""


class FeatureChoice:
    """One kind of feature: a tick and, once that was set, a form for what is its own.

    Parameters
    ----------
    kind
        The feature.
    """

    changed = Signal()
    """Emitted after every change by the user, whether or not the values are valid."""

    def __init__(self, kind: type[Feature]) -> None:
        self.kind = kind
        self._shared = [name for name in _SHARED if name in kind.model_fields]
        self.tick = w.Checkbox(
            description=kind.title,
            indent=False,
            tooltip=" ".join((kind.__doc__ or "").split("\n\n")[0].split()),
            layout={"width": "auto"},
        )
        self.details = w.VBox(layout={"display": "none"})
        self.tick.observe(lambda _: self._unfold(), "value")
        self.tick.observe(lambda _: self.changed.emit(), "value")

    @cached_property
    def windows(self) -> Form[OwnWindows]:
        """The form of its own windows."""
        return self._form(OwnWindows(), self._shared)

    @cached_property
    def rest(self) -> Form[Feature]:
        """The form of whatever else can be said about it."""
        return self._form(self.kind(), [n for n in self.kind.model_fields if n not in _SHARED])

    def _form(self, record: Any, only: list[str]) -> Form[Any]:
        form = Form(record, only=only)
        form.changed.connect(self.changed.emit)
        return form

    def _unfold(self) -> None:
        if self.tick.value and not self.details.children:
            flat = Line(FLAT if _is_flat(self.kind) else "")
            self.details.children = (_subheading(self.kind.title), flat, self.windows, self.rest)
        is_needed = self.tick.value and bool(self.kind.model_fields)
        self.details.layout.display = "" if is_needed else "none"

    def show(self, feature: Feature | None, shared: SharedWindows) -> None:
        """Tick and fill in what `feature` says; None unticks and forgets."""
        self.tick.value = feature is not None
        if not self.details.children:
            return  # nothing was ever said about it
        self.rest.value = self.kind() if feature is None else feature
        differing = {name: _differing(feature, shared, name) for name in self._shared}
        self.windows.value = OwnWindows.model_validate(differing)

    @property
    def is_wrong(self) -> bool:
        """Whether it is ticked, and something of its own is not allowed."""
        return self.tick.value and bool(self.windows.problem or self.rest.problem)

    def value(self, shared: SharedWindows) -> Feature:
        """Make the feature, with what is `shared` where it has nothing of its own.

        Raises
        ------
        ValueError
            If one of its values is not allowed.
        """
        try:
            own = self.windows.value
            chosen = {name: _first(own, shared, name) for name in self._shared}
            rest = {name: getattr(self.rest.value, name) for name in self.rest.fields}
            return self.kind.model_validate({**rest, **chosen})
        except ValueError as error:
            raise ValueError(f"{self.kind.title}: {_message(error)}") from error


class FeatureChoices(w.VBox):  # type: ignore[misc]  # ipywidgets is untyped
    """Ticks for every kind of feature, with windows shared by all that have them.

    Parameters
    ----------
    features
        What is chosen at first. A kind that occurs again keeps its first occurrence in the form;
        the others are listed and stay as they are.
    """

    changed = Signal()
    """Emitted after every change by the user, whether or not the values are valid."""

    def __init__(self, features: tuple[Feature, ...]) -> None:
        self.choices = {kind: FeatureChoice(kind) for kind in _kinds()}
        self.shared = Form(SharedWindows())
        self._extras = w.VBox()
        self._before: tuple[Feature, ...] = ()
        ticks = [choice.tick for choice in self.choices.values()]
        grid = w.GridBox(ticks, layout={"grid_template_columns": _COLUMNS})
        details = w.VBox([choice.details for choice in self.choices.values()])
        self.own = w.Accordion([details], titles=["Per-filter windows"], selected_index=None)
        super().__init__([grid, self.shared, self._extras, self.own])
        self._listen()
        self.value = features

    @property
    def value(self) -> tuple[Feature, ...]:
        """The ticked features: those from before in their order, then the new ones.

        Raises
        ------
        ValueError
            If none is ticked or a value is not allowed.
        """
        shared = self.shared.value
        made = {kind: c.value(shared) for kind, c in self.choices.items() if c.tick.value}
        firsts = _first_of_each_kind(self._before)
        kept = [made.pop(type(f), None) if f in firsts else f for f in self._before]
        features = tuple(f for f in kept if f is not None) + tuple(made.values())
        if not features:
            raise ValueError("tick at least one filter: without one the classifier sees nothing")
        return features

    @value.setter
    def value(self, features: tuple[Feature, ...]) -> None:
        self._before = features = tuple(map(_latest, features))
        shared = _most_common(features)
        self.shared.value = shared
        firsts = {type(feature): feature for feature in _first_of_each_kind(features)}
        for kind, choice in self.choices.items():
            choice.show(firsts.get(kind), shared)
        extras = [feature for feature in features if feature not in firsts.values()]
        self._extras.children = [Line(f"Also kept as it is: {extra!r}") for extra in extras]

    def unfold_what_is_wrong(self) -> None:
        """Show the windows of single filters if a value there is not allowed."""
        if any(choice.is_wrong for choice in self.choices.values()):
            self.own.selected_index = 0

    def _listen(self) -> None:
        self.shared.changed.connect(self.changed.emit)
        for choice in self.choices.values():
            choice.changed.connect(self.changed.emit)


def _kinds() -> list[type[Feature]]:
    """Order the features as the original does, and those that it has not after them."""
    place = {name: number for number, name in enumerate(_ORIGINAL_ORDER)}
    return sorted(concrete_kinds(Feature), key=lambda kind: place.get(kind.__name__, len(place)))


def _latest(feature: Feature) -> Feature:
    """Return `feature` as its user defined it last; with its parameters, if it still has them."""
    kinds: dict[str, type[Feature]] = {kind.__name__: kind for kind in concrete_kinds(Feature)}
    kind = kinds[type(feature).__name__]
    if kind is type(feature):
        return feature
    try:
        return kind.model_validate(feature.model_dump())
    except ValueError:
        return kind()


def _first_of_each_kind(features: tuple[Feature, ...]) -> list[Feature]:
    firsts: dict[type[Feature], Feature] = {}
    for feature in features:
        firsts.setdefault(type(feature), feature)
    return list(firsts.values())


def _most_common(features: tuple[Feature, ...]) -> SharedWindows:
    """Share what most features have, so that few need something of their own."""
    common: dict[str, Any] = {}
    for name in _SHARED:
        values = Counter(getattr(f, name) for f in features if name in type(f).model_fields)
        if values:
            common[name] = values.most_common(1)[0][0]
    return SharedWindows(**common)


def _is_flat(kind: type[Feature]) -> bool:
    return "ndim" not in kind.model_fields and not kind().halo()[0]


def _differing(feature: Feature | None, shared: SharedWindows, name: str) -> Any:
    own = getattr(feature, name, None)
    return None if own == getattr(shared, name) else own


def _first(own: OwnWindows, shared: SharedWindows, name: str) -> Any:
    value = getattr(own, name)
    return getattr(shared, name) if value is None else value


def _message(error: ValueError) -> str:
    details = getattr(error, "errors", None)
    return str(details()[0]["msg"]).removeprefix("Value error, ") if details else str(error)


def _subheading(title: str) -> w.HTML:
    return w.HTML(f'<b style="line-height:1.4">{html.escape(title)}</b>')
