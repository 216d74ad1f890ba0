"""What users call is documented, with each of its parameters."""

import inspect

import pytest

import annotat_nb as an

CLASSES = (an.Session, an.Volume, an.Annotator, an.TrainedClassifier)


def methods():
    for owner in CLASSES:
        for name, member in inspect.getmembers_static(owner, inspect.isfunction):
            is_ours = member.__module__.startswith("annotat_nb")
            if is_ours and (name == "__init__" or not name.startswith("_")):
                yield pytest.param(owner, name, id=f"{owner.__name__}.{name}")


def parameters_of(function):
    return [name for name in inspect.signature(function).parameters if name != "self"]


def documented(text):
    """The names that stand before a description, in the section Parameters."""
    _, _, after = text.partition("Parameters\n----------\n")
    section = after.partition("\n\n")[0]
    lines = [line for line in section.splitlines() if line and not line.startswith(" ")]
    return {name.strip() for line in lines for name in line.split(",")}


@pytest.mark.parametrize(("owner", "name"), list(methods()))
def test_a_method_says_what_it_takes(owner, name):
    method = getattr(owner, name)
    text = inspect.getdoc(owner if name == "__init__" else method)
    assert text
    assert set(parameters_of(method)) <= documented(text)


@pytest.mark.parametrize("name", sorted(an.__all__))
def test_a_public_name_is_documented(name):
    found = getattr(an, name)
    text = inspect.getdoc(found)
    assert text
    if inspect.isfunction(found):
        assert set(parameters_of(found)) <= documented(text)
