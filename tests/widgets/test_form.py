import re
from inspect import isabstract
from typing import Annotated, ClassVar, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import Field, model_validator

from annotat_nb.classify import Classifier, FeatureSelection, LinearSvm, RandomForest
from annotat_nb.operation import Operation, Record, kinds_of
from annotat_nb.superpixels import Slic, Waterpixels
from annotat_nb.widgets.form import Form


class Sample(Record):
    """Everything that a form can show."""

    title: ClassVar[str] = "Sample"

    count: int = Field(3, ge=1, le=10, json_schema_extra={"unit": "voxel"})
    """How many.
    Two lines."""
    share: float = Field(0.5, gt=0, lt=1)
    radii: tuple[Annotated[int, Field(ge=1)], ...] = Field((1, 2), min_length=1)
    border: tuple[int, int, int] = (0, 16, 16)
    mode: Literal["reflect", "wrap"] = "wrap"
    ndim: Literal[2, 3] | None = 2
    smooth: bool = True
    name: str = "a"
    limit: int | None = None
    weight: int | float = 1


class Window(Record):
    title: ClassVar[str] = "Window"

    low: float = 0
    high: float = 1

    @model_validator(mode="after")
    def _ordered(self):
        if not self.low < self.high:
            raise ValueError("low must be less than high")
        return self


def _defaults():
    for base in (Operation, Classifier, FeatureSelection):
        for kind in kinds_of(base):
            if not isabstract(kind) and kind.__module__.startswith("annotat_nb"):
                try:
                    yield kind()
                except ValueError:
                    continue


def _label(form, name):
    return form.controls[name].description


RECORDS = [record for record in _defaults() if record.model_dump().keys() > {"kind"}]


def test_there_are_records_to_make_forms_of():
    assert {Waterpixels, Slic, RandomForest, LinearSvm} <= {type(record) for record in RECORDS}


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: type(record).__name__)
def test_every_exported_record_survives_its_form(record):
    form = Form(record)
    assert form.value == record
    assert form.problem == ""


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: type(record).__name__)
def test_every_field_of_every_record_says_what_it_does(record):
    for control in Form(record).controls.values():
        assert control.tooltip
        assert not control.description_allow_html


@settings(max_examples=40, deadline=None)
@given(
    st.builds(
        Sample,
        count=st.integers(1, 10),
        share=st.floats(0, 1, exclude_min=True, exclude_max=True),
        radii=st.lists(st.integers(1, 2**70), min_size=1).map(tuple),
        border=st.tuples(*[st.integers()] * 3),
        mode=st.sampled_from(["reflect", "wrap"]),
        ndim=st.sampled_from([None, 2, 3]),
        smooth=st.booleans(),
        name=st.text(),
        limit=st.none() | st.integers(),
        weight=st.floats(allow_nan=False),
    )
)
def test_any_value_survives_the_form_exactly(record):
    form = Form(Sample())
    form.value = record
    assert form.value == record


def test_labels_are_words_with_their_unit():
    form = Form(Sample())
    assert _label(form, "count") == "Count (voxel)"
    assert _label(form, "ndim") == "Dimensions"
    assert _label(Form(RandomForest()), "n_estimators") == "Number of trees"


def test_the_tooltip_is_the_docstring_on_one_line():
    assert Form(Sample()).controls["count"].tooltip == "How many. Two lines."


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("count", "0", "Count (voxel) must be at least 1, got '0'"),
        ("count", "11", "Count (voxel) must be at most 10, got '11'"),
        ("count", "2.5", "Count (voxel) must be a whole number, got '2.5'"),
        ("count", "", "Count (voxel) must be a whole number, got ''"),
        ("share", "0", "Share must be more than 0, got '0'"),
        ("share", "1", "Share must be less than 1, got '1'"),
        ("share", "half", "Share must be a number, got 'half'"),
        ("radii", "", "Radii needs more numbers: 1 at least"),
        ("radii", "1, x", "Radii must be a whole number, got 'x'"),
        ("radii", "1, 0", "Radii must be at least 1, got '0'"),
        ("limit", "-", "Limit must be a whole number, got '-'"),
    ],
)
def test_a_bad_value_is_explained_beside_its_field_and_refused(name, text, sentence):
    form = Form(Sample())
    form.controls[name].value = text
    assert form.fields[name].complaint == sentence
    assert form.problem == sentence
    with pytest.raises(ValueError, match=re.escape(sentence)):
        _ = form.value
    assert form.controls[name].value == text


def test_mending_a_value_takes_the_complaint_away():
    form = Form(Sample())
    form.controls["count"].value = "0"
    form.controls["count"].value = "4"
    assert form.fields["count"].complaint == ""
    assert form.value.count == 4


def test_only_the_wrong_field_complains():
    form = Form(Sample())
    form.controls["share"].value = "2"
    assert [name for name, field in form.fields.items() if field.complaint] == ["share"]


@pytest.mark.parametrize("text", ["1 2 4", "1,2,4", "1; 2; 4", "(1, 2, 4)", "[1,2,4]", " 1 ,2  4,"])
def test_lists_of_numbers_are_read_however_they_are_typed(text):
    form = Form(Sample())
    form.controls["radii"].value = text
    assert form.value.radii == (1, 2, 4)


def test_an_empty_optional_field_is_none():
    form = Form(Sample(limit=4))
    form.controls["limit"].value = " "
    assert form.value.limit is None


def test_a_rule_about_several_fields_is_explained_below_the_form():
    form = Form(Window())
    form.controls["low"].value = "2"
    assert form.problem == "low must be less than high"
    assert form.children[-1].value == "low must be less than high"


def test_a_number_may_be_given_to_a_control_as_a_number():
    form = Form(RandomForest())
    form.controls["n_estimators"].value = 50
    assert form.value == RandomForest(n_estimators=50)


def test_fields_left_out_keep_their_values():
    form = Form(Slic(compactness=0.25), only=["seed_spacing"])
    form.controls["seed_spacing"].value = "9"
    assert list(form.controls) == ["seed_spacing"]
    assert form.value == Slic(compactness=0.25, seed_spacing=9)


def test_users_are_heard_and_programs_are_not():
    form, heard = Form(Sample()), []
    form.changed.connect(lambda: heard.append(form.problem))
    form.value = Sample(count=5)
    assert heard == []
    form.controls["count"].value = "6"
    form.controls["count"].value = "60"
    assert heard == ["", "Count (voxel) must be at most 10, got '60'"]


def test_another_kind_of_record_is_refused():
    with pytest.raises(TypeError, match="this form shows Slic, got Waterpixels"):
        Form(Slic()).value = Waterpixels()


def test_a_field_without_a_control_is_named():
    class Odd(Record):
        title: ClassVar[str] = "Odd"
        points: dict[str, int] = Field(default_factory=dict)

    with pytest.raises(TypeError, match="no control for field 'points'"):
        Form(Odd())


def test_what_is_not_installed_can_be_switched_off_only(monkeypatch):
    monkeypatch.setattr("annotat_nb.widgets.fields.find_spec", lambda package: None)
    control = Form(RandomForest()).controls["intelex"]
    assert control.disabled
    assert control.description == "Use scikit-learn-intelex (not installed)"
    chosen = Form(RandomForest(intelex=True)).controls["intelex"]
    assert not chosen.disabled
    chosen.value = False
    assert chosen.disabled


def test_what_is_installed_can_be_chosen(monkeypatch):
    monkeypatch.setattr("annotat_nb.widgets.fields.find_spec", lambda package: package)
    assert not Form(RandomForest()).controls["intelex"].disabled


@pytest.mark.parametrize("text", ["0.05", "0,05", "5 %", "5%", "5,0 %"])
def test_a_share_is_read_however_it_is_typed(text):
    form = Form(FeatureSelection())
    form.controls["threshold"].value = text
    assert _label(form, "threshold") == "Threshold (share)"
    assert form.value.threshold == 0.05


def test_a_comma_that_may_part_thousands_is_refused():
    form = Form(LinearSvm())
    form.controls["C"].value = "1,000"
    assert "must be a number" in form.problem
