"""The records that say how to segment."""

import pytest

from annotat_nb.classify import Classifier, FeatureSelection, LinearSvm, Pipeline, RandomForest
from annotat_nb.features import Gaussian, Identity, Sobel
from annotat_nb.superpixels import Slic, Waterpixels

RECORDS = [Pipeline, FeatureSelection]


def test_defaults_are_those_of_the_original():
    assert Pipeline() == Pipeline(
        features=(Identity(), Gaussian(radii=(1, 2, 4, 8), ndim=2)),
        superpixels=Waterpixels(seed_spacing=7, compactness=10.0, ndim=2),
        pooling=("mean",),
        selection=FeatureSelection(threshold=0.01),
        classifier=RandomForest(n_estimators=200),
        device="auto",
        seed=0,
    )
    assert Slic() == Slic(seed_spacing=7, compactness=0.6, ndim=2)
    assert LinearSvm() == LinearSvm(C=1.0)


@pytest.mark.parametrize(
    "pipeline",
    [
        Pipeline(),
        Pipeline(
            features=(Sobel(ndim=3), Gaussian(radii=(3,))),
            superpixels=None,
            pooling=("min", "max"),
            selection=None,
            classifier=LinearSvm(C=10.0),
            device="cuda:1",
            seed=7,
        ),
        Pipeline(superpixels=Slic(ndim=3)),
    ],
)
def test_a_pipeline_survives_json(pipeline):
    assert Pipeline.model_validate_json(pipeline.model_dump_json()) == pipeline


@pytest.mark.parametrize("kind", RECORDS)
def test_every_parameter_is_explained(kind):
    assert kind.title
    assert all(field.description for field in kind.model_fields.values())


def test_a_classifier_is_found_by_its_name():
    found = Classifier.model_validate({"kind": "RandomForest", "n_estimators": 5})
    assert found == RandomForest(n_estimators=5)


def test_what_is_named_twice_counts_once():
    pipeline = Pipeline(features=(Sobel(), Identity(), Sobel()), pooling=("max", "mean", "max"))
    assert pipeline.features == (Sobel(), Identity())
    assert pipeline.pooling == ("max", "mean")


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"features": ()}, r"needs at least one feature; add Identity\(\)"),
        ({"pooling": ()}, "needs at least one pooling: 'mean', 'min', 'max' or 'std'"),
        ({"pooling": ("median",)}, "'mean', 'min', 'max' or 'std'"),
        ({"device": "gpu"}, "'auto', 'cpu' or 'cuda:N' such as 'cuda:0', got 'gpu'"),
        ({"seed": -1}, "greater than or equal to 0"),
        ({"classifer": RandomForest()}, "did you mean 'classifier'"),
        ({"superpixels": {"kind": "Waterpixel"}}, "did you mean 'Waterpixels'"),
        ({"classifier": {"kind": "RandomForest", "trees": 3}}, "no parameter 'trees'"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence(parameters, sentence):
    with pytest.raises(ValueError, match=sentence):
        Pipeline(**parameters)
