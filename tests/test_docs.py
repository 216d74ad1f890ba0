"""What users call is documented, with each of its parameters; what is shown works."""

import inspect
import json
import re
from pathlib import Path

import pytest

import annotat_nb as an
from annotat_nb.features.custom import CustomFeature

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


def examples_of_own_features():
    root = Path(__file__).parents[1]
    yield from re.findall("```python\n(.*?)```", (root / "README.md").read_text(), re.DOTALL)
    for path in sorted((root / "notebooks").glob("*.ipynb")):
        for cell in json.loads(path.read_text())["cells"]:
            if cell["cell_type"] == "code":
                yield "".join(cell["source"]).partition("picture(")[0]


def test_own_features_that_are_shown_work_in_blocks_with_any_radius():
    codes = [code for code in examples_of_own_features() if "@an.feature" in code]
    assert len(codes) == 2
    for code in codes:
        known = {"an": an}
        exec(code, known)
        (kind,) = (
            each
            for each in known.values()
            if isinstance(each, type) and issubclass(each, CustomFeature)
        )
        for radius in (1, 4, 13):
            an.check_halo(kind(radius=radius))
