"""What the pictures of the notebooks show."""

import json
from inspect import isabstract
from pathlib import Path

import numpy as np
import pytest

from annotat_nb.features import Feature
from annotat_nb.operation import kinds_of

NOTEBOOK = Path(__file__).parents[1] / "notebooks" / "02_features_and_classifiers.ipynb"


def codes():
    cells = json.loads(NOTEBOOK.read_text())["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


@pytest.fixture(scope="module")
def picture():
    """The function of the notebook that shows planes, as its first cell defines it."""
    known = {}
    exec(codes()[0], known)
    return known["picture"]


@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint16", "float32"])
def test_a_picture_spreads_grey_values_of_any_type_from_black_to_white(picture, dtype):
    plane = np.repeat(np.linspace(0, 120, 60).astype(dtype)[None], 40, axis=0)
    shown = np.asarray(picture({"": plane}))[20:60, 2:62].astype(int)
    assert shown.shape == plane.shape
    np.testing.assert_allclose(shown, 255 * plane.astype(float) / 120, atol=1)


def test_no_picture_lacks_its_title(picture):
    planes = {"One": np.eye(80), "Two": np.eye(80), "Three": np.eye(80)}
    shown = np.asarray(picture(planes, columns=2))
    assert shown.shape == (2 * 102, 2 * 84)
    above = [shown[y : y + 18, x : x + 84] for y in (0, 102) for x in (0, 84)]
    assert [bool(np.any(part < 100)) for part in above] == [True, True, True, False]


def test_every_feature_of_the_package_is_shown():
    shown = next(code for code in codes() if code.startswith("features = ["))
    kinds = [k for k in kinds_of(Feature) if k.__module__.startswith("annotat_nb.features.")]
    kinds = [k for k in kinds if not isabstract(k)]
    assert len(kinds) >= 17
    missing = [kind.__name__ for kind in kinds if f"an.{kind.__name__}(" not in shown]
    assert not missing


def test_running_the_notebook_writes_no_classifier_beside_it():
    (code,) = (code for code in codes() if "save_classifier(" in code)
    assert 'save_classifier("' not in code
