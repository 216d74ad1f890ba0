"""One field of a record as a labelled control."""

from __future__ import annotations

import re
import types
from importlib.util import find_spec
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin

import ipywidgets as w
from traitlets import CUnicode, observe

from annotat_nb.widgets.text import Line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pydantic.fields import FieldInfo
    from pydantic_core import ErrorDetails

_WORDS = {"ndim": "Dimensions", "lr": "Learning rate", "label": "Class"}
LABEL_WIDTH = "14em"


class Entry(w.Text):  # type: ignore[misc]  # ipywidgets is untyped
    """A line of text that reports when the user has finished typing it."""

    value = CUnicode("", help="What stands in the line; numbers are written out.").tag(sync=True)

    def __init__(self, **traits: Any) -> None:
        super().__init__(**{"continuous_update": False, **traits})


class Choice(w.Dropdown):  # type: ignore[misc]  # ipywidgets is untyped
    """A dropdown in which None can be chosen like any other value.

    To one of ipywidgets it means that nothing is chosen: the page then shows it empty.

    Examples
    --------
    >>> Choice(options=[("2D", 2), ("shared", None)], value=None).label
    'shared'
    """

    @observe("value")
    def _propagate_value(self, change: Any) -> None:
        if change.new is None and None in self._options_values:
            self.index = self._options_values.index(None)
        else:
            super()._propagate_value(change)


class Field(w.VBox):  # type: ignore[misc]  # ipywidgets is untyped
    """A control for one field of a record, with a sentence below it where its value is wrong.

    Parameters
    ----------
    name, info
        The field, as in ``model_fields``.
    choices
        Words and values to choose from, where its type alone does not tell them.

    Raises
    ------
    TypeError
        If there is no control for that type.
    """

    def __init__(self, name: str, info: FieldInfo, choices: Sequence[tuple[str, Any]] = ()) -> None:
        self.name = name
        self.label = label_of(name, info)
        self._kind, self._optional = _plain_type(name, info)
        if choices:
            self._kind = Literal
        self._choices = list(choices)
        self._is_share = _extra(info).get("unit") == "share"
        self.control = self._make_control(info)
        self._is_missing = not _is_installed(_extra(info).get("needs", ""))
        if self._is_missing:
            self.control.description += " (not installed)"
            self.control.observe(lambda _: self._bar(), "value")
            self._bar()
        self._complaint = Line(tone="error")
        super().__init__([self.control, self._complaint])

    @property
    def raw(self) -> Any:
        """What the control holds, for the record to validate."""
        text = self.control.value
        if not isinstance(text, str) or self._kind is Literal:
            return text
        if self._optional and not text.strip():
            return None
        if self._kind is tuple:
            return re.findall(r"[^\s,;()\[\]]+", text)
        if self._kind is float:
            return _number(text, is_share=self._is_share)
        return text if self._kind is str else text.strip()

    def show(self, value: Any) -> None:
        """Put `value` into the control; one that is not among its choices becomes one."""
        if self._choices and value not in dict(self._choices).values():
            self.control.options = [*self._choices, (f"{value} (not here)", value)]
        self.control.value = value if self._kind in (bool, Literal) else _written(value)

    def _bar(self) -> None:
        """Let what is not installed be switched off only."""
        self.control.disabled = not self.control.value

    def complain(self, sentence: str) -> None:
        """Say below the control what is wrong; nothing when `sentence` is empty."""
        self._complaint.value = sentence
        mark = self.control.add_class if sentence else self.control.remove_class
        mark("annotat-wrong")

    @property
    def complaint(self) -> str:
        """What is wrong with the value; empty when nothing is."""
        return str(self._complaint.value)

    def _make_control(self, info: FieldInfo) -> w.ValueWidget:
        shared = {
            "description": self.label,
            "tooltip": help_of(info),
            "layout": {"width": "auto", "max_width": "34em"},
        }
        if self._kind is bool:
            return w.Checkbox(indent=False, **shared)
        shared["style"] = {"description_width": LABEL_WIDTH}
        if self._kind is Literal:
            return Choice(options=self._choices or _options(self.name, info), **shared)
        return Entry(placeholder=_extra(info).get("none", ""), **shared)


def label_of(name: str, info: FieldInfo) -> str:
    """Return the words for a field, with its unit.

    Examples
    --------
    >>> from pydantic.fields import FieldInfo
    >>> label_of("seed_spacing", FieldInfo(json_schema_extra={"unit": "voxel"}))
    'Seed spacing (voxel)'
    >>> label_of("n_estimators", FieldInfo(json_schema_extra={"unit": "trees"}))
    'Number of trees'
    """
    unit = _extra(info).get("unit", "")
    if unit and re.match(r"(n|num)_", name):
        return f"Number of {unit}"
    words = info.title or _WORDS.get(name) or re.sub(r"^(n|num)_", "number of ", name)
    words = words.replace("_", " ")
    return words[:1].upper() + words[1:] + (f" ({unit})" if unit else "")


def help_of(info: FieldInfo) -> str:
    """Return the docstring of a field as one paragraph."""
    return " ".join((info.description or "").replace("``", "").split())


def sentence_for(label: str, error: ErrorDetails) -> str:
    """Say in one sentence why a value was refused."""
    got = f", got {error['input']!r}" if error["input"] != [] else ""
    reason = _REASONS.get(error["type"])
    if reason:
        bounds = {name: _bound(value) for name, value in error.get("ctx", {}).items()}
        return f"{label} {reason.format(**bounds)}{got}"
    message = error["msg"].removeprefix("Value error, ")
    return message if error["type"] == "value_error" else f"{label}: {message}{got}"


def _bound(value: Any) -> Any:
    return f"{value:,.0f}" if isinstance(value, float) and value.is_integer() else value


_REASONS = {
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_parsing": "must be a number",
    "finite_number": "must be a finite number",
    "too_short": "needs more numbers: {min_length} at least",
    "too_long": "takes at most {max_length} number(s)",
    "missing": "is missing",
}


def _plain_type(name: str, info: FieldInfo) -> tuple[Any, bool]:
    """Reduce an annotation to bool, int, float, str, tuple or Literal, and whether None is fine."""
    members = _members(info.annotation)
    kinds = {get_origin(member) or member for member in members} - {types.NoneType}
    optional = types.NoneType in members
    if kinds <= {int, float}:
        return (float if float in kinds else int), optional
    (kind,) = kinds if len(kinds) == 1 else (None,)
    if kind not in (bool, str, tuple, Literal) or (kind is bool and optional):
        raise TypeError(f"no control for field {name!r} of type {info.annotation}")
    return kind, optional


def _members(annotation: Any) -> tuple[Any, ...]:
    if get_origin(annotation) is Annotated:
        return _members(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        return tuple(part for member in get_args(annotation) for part in _members(member))
    return (annotation,)


def _options(name: str, info: FieldInfo) -> list[tuple[str, Any]]:
    options: list[tuple[str, Any]] = []
    for member in _members(info.annotation):
        if member is types.NoneType:
            options.insert(0, (_extra(info).get("none", "None"), None))
        else:
            options += [(_choice(name, value), value) for value in get_args(member)]
    return options


def _choice(name: str, value: Any) -> str:
    return f"{value}D" if name == "ndim" else str(value).replace("_", " ")


def _written(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, tuple | list):
        return ", ".join(map(_written, value))
    if isinstance(value, float):
        short = f"{value:g}"
        return short if float(short) == value else repr(value)
    return str(value)


def _number(text: str, *, is_share: bool) -> str:
    """Write a number as Python does; one such as 1,000, which may mean two things, stays.

    Examples
    --------
    >>> _number("0,01", is_share=False), _number("1,000", is_share=False)
    ('0.01', '1,000')
    >>> _number("1 %", is_share=True)
    '0.01'
    """
    plain = text.strip()
    if re.fullmatch(r"[-+]?\d*,\d+", plain) and not re.fullmatch(r"[-+]?[1-9]\d*,\d{3}", plain):
        plain = plain.replace(",", ".")
    if is_share and re.fullmatch(r"[\d.]*\d\s*%", share := plain.replace(",", ".")):
        return repr(float(share.rstrip("% ")) / 100) if share.count(".") < 2 else text
    return plain


def _is_installed(package: str) -> bool:
    return not package or find_spec(package) is not None


def _extra(info: FieldInfo) -> Mapping[str, Any]:
    extra = info.json_schema_extra
    return extra if isinstance(extra, dict) else {}
