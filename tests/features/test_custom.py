"""Features that users write as functions."""

import pickle
from typing import Annotated, Literal

import numpy as np
import pytest
from pydantic import Field, ValidationError
from scipy import ndimage

import annotat_nb as an
from annotat_nb.blocks import plan_blocks
from annotat_nb.classify.windows import compute
from annotat_nb.features import Feature
from annotat_nb.operation import kinds_of
from annotat_nb.widgets.feature_choices import FeatureChoices
from annotat_nb.widgets.housekeeping import close_tree

IMAGE = (255 * np.random.default_rng(0).random((9, 30, 26))).astype("uint8")


@an.feature(title="Own range", halo=lambda radius, **_: (0, radius, radius))
def own_range(image, radius: Annotated[int, Field(ge=1)] = 2, kind_of_mean: Literal["no"] = "no"):
    """Return how far grey values reach.

    Parameters
    ----------
    image
        What is looked at.
    radius : int
        Half the side
        of the window.

    Returns
    -------
    array
    """
    size = (1, 2 * radius + 1, 2 * radius + 1)
    return ndimage.maximum_filter(image, size) - ndimage.minimum_filter(image, size)


def test_it_is_a_value_with_the_parameters_of_the_function():
    assert own_range(radius=3) == own_range(radius=3) != own_range()
    assert repr(own_range()) == "OwnRange(radius=2, kind_of_mean='no')"
    assert own_range().channels() == ("Own range (radius=2, kind_of_mean='no')",)
    assert own_range(radius=5).halo() == (0, 5, 5)
    with pytest.raises(ValidationError, match="greater than or equal to 1"):
        own_range(radius=0)


def test_its_docstring_is_the_help():
    assert own_range.__doc__.startswith("Return how far")
    assert own_range.model_fields["radius"].description == "Half the side of the window."


def test_it_computes_what_the_function_does():
    result = own_range(radius=1)(IMAGE)
    assert result.dtype == np.float32
    expected = ndimage.maximum_filter(IMAGE, (1, 3, 3)) - ndimage.minimum_filter(IMAGE, (1, 3, 3))
    np.testing.assert_array_equal(result, expected[None])


def test_it_survives_json_and_pickle():
    pipeline = an.Pipeline(features=(an.Identity(), own_range(radius=4)))
    assert an.Pipeline.model_validate_json(pipeline.model_dump_json()) == pipeline
    assert pickle.loads(pickle.dumps(own_range(radius=4))) == own_range(radius=4)


def test_blocks_with_its_halo_are_seamless():
    feature = own_range(radius=3)
    whole = feature(IMAGE)
    for block in plan_blocks(IMAGE.shape, feature.halo(), core=(4, 11, 13)):
        ((found, (channel,)),) = compute([feature], an.Volume(IMAGE), block.core)
        assert found == feature
        np.testing.assert_array_equal(channel, whole[(0, *block.core)])


def test_a_pipeline_uses_it(tmp_path):
    session = an.Session(an.Volume(IMAGE))
    session.pipeline = an.Pipeline(
        features=(own_range(),), superpixels=None, selection=None, classifier=an.RandomForest()
    )
    session.classes.add("bone")
    session.paint([(5, 5)], axis="z", index=3, label=0, radius=2)
    session.paint([(20, 20)], axis="z", index=3, label=1, radius=2)
    session.apply()
    assert set(np.unique(session.segmentation.data)) <= {0, 1}
    session.close()


@pytest.mark.parametrize(
    ("halo", "expected"),
    [
        (np.int64(3), (3, 3, 3)),
        (lambda radius: np.int64(radius), (2, 2, 2)),
        (lambda radius: np.ceil(1.5 * radius).astype(int), (3, 3, 3)),
        (lambda radius: [0, np.uint8(radius), radius], (0, 2, 2)),
        (lambda radius: np.array([0, 1, 1]) * radius, (0, 2, 2)),
    ],
)
def test_a_halo_may_be_any_kind_of_integers(halo, expected):
    @an.feature(halo=halo)
    def own_kind_of_halo(image, radius: int = 2):
        return image

    found = own_kind_of_halo().halo()
    assert found == expected
    assert all(type(side) is int for side in found)


@pytest.mark.parametrize("halo", [1.5, -1, (1, 2), "far", None, lambda radius: radius / 2])
def test_a_halo_that_is_none_is_refused_where_it_is_written(halo):
    before = set(kinds_of(Feature))
    with pytest.raises(TypeError, match=r"the halo of odd_halo must be .* order \(z, y, x\); got "):

        @an.feature(halo=halo)
        def odd_halo(image, radius: int = 2):
            return image

    assert set(kinds_of(Feature)) == before


@pytest.fixture
def choices():
    made = []

    def make(*features):
        made.append(FeatureChoices(features))
        return made[-1]

    yield make
    for each in made:
        close_tree(each)


def test_the_form_offers_it_with_its_parameters(choices):
    panel = choices(an.Identity())
    choice = panel.choices[own_range]
    assert choice.tick.description == "Own range"
    choice.tick.value = True
    choice.rest.controls["radius"].value = "7"
    assert panel.value == (an.Identity(), own_range(radius=7))


def test_defined_again_it_replaces_itself_in_the_form_and_in_json(choices):
    def define(offset):
        @an.feature()
        def shifted_grey(image, factor: float = 1.0):
            return image * factor + offset

        return shifted_grey

    first, second = define(1), define(2)
    assert first.title == "Shifted grey"
    kept = first(factor=3.0)
    assert kept(IMAGE)[0, 0, 0, 0] == 3.0 * IMAGE[0, 0, 0] + 1
    panel = choices(kept)
    assert [kind for kind in panel.choices if kind.__name__ == "ShiftedGrey"] == [second]
    assert panel.value == (second(factor=3.0),)
    assert type(Feature.model_validate_json(kept.model_dump_json())) is second

    @an.feature()
    def shifted_grey(image, factor: Annotated[float, Field(le=2)] = 1.0):
        return image

    assert choices(kept).value == (shifted_grey(),)


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (lambda image: image[0], r"Odd: .*one number for each voxel; .*\(9, 30, 26\).*\(30, 26\)"),
        (lambda image: image.sum(), r"returned \(\)"),
        (lambda image: image + 1j, "real numbers, got complex"),
        (lambda image: image.astype(str), "real numbers, got <U"),
        (lambda image: None, r"returned \(\)"),
        (lambda image: image / 0, "finite numbers, got NaN or infinity"),
        (lambda image: image * 1e300, "finite numbers"),
    ],
)
@pytest.mark.filterwarnings("ignore:divide by zero", "ignore:invalid value", "ignore:overflow")
def test_what_it_must_not_return_is_refused_in_a_sentence(result, words):
    @an.feature(title="Odd")
    def odd(image):
        return result(image.astype("float64"))

    with pytest.raises((ValueError, TypeError), match=words):
        odd()(IMAGE)


def test_it_must_not_write_into_the_image():
    @an.feature()
    def greedy(image):
        image += 1
        return image

    with pytest.raises(ValueError, match="read-only"):
        greedy()(IMAGE.astype("float32"))


def no_default(image, radius: int):
    """Nothing."""


def no_type(image, radius=3):
    """Nothing."""


def several(image, *radii: int):
    """Nothing."""


def array(image, mask: np.ndarray = None):
    """Nothing."""


def taken(image, halo: int = 3):
    """Nothing."""


def titled(image, title: str = ""):
    """Nothing."""


def gaussian(image):
    """Nothing."""


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (no_default, "'radius' of no_default needs a type and a default, such as radius: int = 3"),
        (no_type, "needs a type and a default"),
        (several, "several must name its parameters one by one"),
        (array, "which a form can show; got"),
        (taken, "features need the name 'halo' themselves; rename that of taken"),
        (titled, "features need the name 'title' themselves"),
        (gaussian, "there is a feature Gaussian already; call the function something else"),
    ],
)
def test_functions_that_make_no_feature_are_refused(function, words):
    before = {kind.__name__ for kind in kinds_of(Feature)}
    with pytest.raises((ValueError, TypeError), match=words):
        an.feature()(function)
    assert {kind.__name__ for kind in kinds_of(Feature)} == before


def test_an_error_in_it_names_the_feature_and_the_line():
    @an.feature(title="Broken one")
    def broken_one(image):
        return image + undefined_name  # noqa: F821

    with pytest.raises(ValueError, match="Broken one") as refused:
        broken_one()(IMAGE)
    said = str(refused.value)
    assert said.startswith("Broken one: name 'undefined_name' is not defined (line ")
    assert "where it is defined: return image + undefined_name" in said
    assert isinstance(refused.value.__cause__, NameError)


def test_lack_of_memory_in_it_is_told_as_anywhere():
    @an.feature()
    def hungry_one(image):
        raise MemoryError

    with pytest.raises(MemoryError):
        hungry_one()(IMAGE)
