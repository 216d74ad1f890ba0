"""Classifiers in files."""

import dataclasses
from inspect import isabstract

import numpy as np
import pytest
from safetensors.numpy import load_file

from annotat_nb.annotation import LabelClass
from annotat_nb.classify import (
    Classifier,
    FeatureSelection,
    Pipeline,
    RandomForest,
    Segmenter,
    TrainedClassifier,
    load_classifier,
)
from annotat_nb.classify.classifier_file import MEANINGS, write_classifier
from annotat_nb.classify.intensities import Intensities
from annotat_nb.features import Feature, Gaussian, Identity, Sobel
from annotat_nb.io import ReadError
from annotat_nb.io.array_file import read_arrays, write_arrays
from annotat_nb.operation import kinds_of
from annotat_nb.superpixels import Waterpixels
from annotat_nb.volume import Volume

KINDS = [
    kind
    for kind in kinds_of(Classifier)
    if not isabstract(kind) and kind.__module__.startswith("annotat_nb")
]
SUPERPIXELS = Waterpixels(seed_spacing=6)
PIPELINE = Pipeline(
    features=(Identity(), Gaussian(radii=(1, 2)), Sobel()),
    superpixels=SUPERPIXELS,
    selection=FeatureSelection(threshold=0.05),
    classifier=RandomForest(n_estimators=7),
    device="cpu",
    mask=(1,),
)
ANYWHERE = PIPELINE.model_copy(update={"device": "auto", "mask": None})


def table(*ids):
    return tuple(LabelClass(id=n, name=f"material {n}", color="#123456") for n in ids)


def trained(segmenter, marks, **changes):
    model = segmenter.fit(PIPELINE.model_copy(update=changes), marks)
    return TrainedClassifier(model, table(*model.classes.tolist()))


@pytest.fixture
def three(volume, superpixels, marks):
    """A classifier of three classes, and its segmenter."""
    segmenter = Segmenter(volume, superpixels)
    labels = np.where(marks.voxels < marks.voxels[150], marks.labels, marks.labels + 1)
    return trained(segmenter, type(marks)(marks.voxels, labels)), segmenter


@pytest.fixture
def path(volume, superpixels, marks, tmp_path):
    learnt = trained(Segmenter(volume, superpixels), marks)
    return write_classifier(tmp_path / "a.classifier", learnt)


def write_other(path, arrays=(), without=(), **head):
    """Write a whole file in which something is not as it should be."""
    old, content = read_arrays(path, "classifier", 1)
    kept = {name: array for name, array in content.items() if name not in without}
    return write_arrays(path, "classifier", {**old, **head}, {**kept, **dict(arrays)})


def refusal(path):
    with pytest.raises(ReadError) as caught:
        load_classifier(path)
    assert str(caught.value).startswith("a.classifier: ")
    return str(caught.value)


# What is written is read


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("selection", [None, FeatureSelection(threshold=0.05)])
def test_every_kind_classifies_alike_after_a_round_trip(
    volume, superpixels, marks, tmp_path, kind, selection
):
    small = {"n_estimators": 9} if "n_estimators" in kind.model_fields else {}
    for labels in (superpixels, None):
        segmenter = Segmenter(volume, labels)
        grouping = None if labels is None else SUPERPIXELS
        changes = {"classifier": kind(**small), "selection": selection, "superpixels": grouping}
        before = trained(segmenter, marks, **changes)
        after = load_classifier(write_classifier(tmp_path / "a.classifier", before))
        for name in ("classes", "chosen", "columns", "mean", "scale"):
            np.testing.assert_array_equal(getattr(after.model, name), getattr(before.model, name))
        for name in ("names", "kept", "features", "importances"):
            assert getattr(after.model, name) == getattr(before.model, name)
        assert after.model.accuracy == before.model.accuracy
        expected = np.asarray(segmenter.predict(before.model).probabilities)
        np.testing.assert_array_equal(segmenter.predict(after.model).probabilities, expected)


def test_parameters_and_names_come_back_but_not_where_it_was_computed(path):
    found = load_classifier(path)
    assert found.pipeline == ANYWHERE
    assert found.classes == table(0, 1)
    assert repr(found).startswith("TrainedClassifier(RandomForest(n_estimators=7), classes: mat")


def test_an_accuracy_that_is_not_known_is_none(three, tmp_path):
    unknown = dataclasses.replace(three[0].model, accuracy=None, importances=())
    learnt = dataclasses.replace(three[0], model=unknown)
    found = load_classifier(write_classifier(tmp_path / "a.classifier", learnt)).model
    assert (found.accuracy, found.importances) == (None, ())


def test_the_file_says_what_its_arrays_are(path):
    for name in load_file(path):
        assert name in MEANINGS or (name.startswith("learnt.") and "learnt.*" in MEANINGS)


def test_another_image_is_segmented_as_the_first_one_would_have_been(path, volume):
    other = Volume(volume.data[::-1].copy())
    found = load_classifier(path)
    segmenter = Segmenter(other, SUPERPIXELS(other.data))
    expected = segmenter.predict(found.model).labels
    reports = []
    prediction = found.segment(other, lambda step, share: reports.append(share))
    np.testing.assert_array_equal(prediction.labels, expected)
    assert reports == sorted(reports)
    assert reports[-1] == pytest.approx(1)


def test_voxels_are_classified_without_superpixels(volume, marks, tmp_path):
    learnt = trained(Segmenter(volume), marks, superpixels=None)
    found = load_classifier(write_classifier(tmp_path / "a.classifier", learnt))
    expected = Segmenter(volume).predict(learnt.model).labels
    np.testing.assert_array_equal(found.segment(volume).labels, expected)


# Class ids


def test_other_ids_are_the_same_classes_in_ascending_order(three):
    learnt, segmenter = three
    ids = {0: 5, 1: 3, 2: 900}
    moved = learnt.with_ids(ids, table(3, 5, 900))
    assert moved.model.classes.tolist() == [3, 5, 900]
    assert moved.classes == table(3, 5, 900)
    before, after = segmenter.predict(learnt.model), segmenter.predict(moved.model)
    np.testing.assert_array_equal(after.labels, np.vectorize(ids.get)(before.labels))
    shares = np.asarray(before.probabilities)
    np.testing.assert_array_equal(after.probabilities, shares[[1, 0, 2]])


def test_other_ids_survive_saving_and_moving_again(three, tmp_path):
    learnt, segmenter = three
    moved = learnt.with_ids({0: 9, 1: 8, 2: 7}, table(7, 8, 9))
    found = load_classifier(write_classifier(tmp_path / "a.classifier", moved))
    assert found.classes == table(7, 8, 9)
    back = found.with_ids({7: 2, 8: 1, 9: 0}, table(0, 1, 2))
    assert (found.model.accuracy, back.model.accuracy) == (
        moved.model.accuracy,
        learnt.model.accuracy,
    )
    for one, other in ((moved, found), (learnt, back)):
        np.testing.assert_array_equal(
            segmenter.predict(one.model).probabilities, segmenter.predict(other.model).probabilities
        )
    assert type(back.model.predictor) is type(learnt.model.predictor)


# What is refused

WIDE = "learnt.votes"


@pytest.mark.parametrize(
    ("arrays", "head", "words"),
    [
        ({"classes": np.array([0], "int16")}, {}, "its classes are 1 int16, not 2 int16"),
        ({"classes": np.array([0, 7], "int16")}, {}, "its class table does not list the classes"),
        ({"classes": np.array([0, 0], "int16")}, {}, "its class table does not list the classes"),
        ({"chosen": np.empty(0, "int64")}, {}, "it chooses other than some of its 4 channels"),
        ({"chosen": np.array([-1, 2])}, {}, "it chooses other than some"),
        ({"chosen": np.array([2, 2])}, {}, "it chooses other than some"),
        ({"chosen": np.array([0, 2**62, -(2**63)])}, {}, "it chooses other than some"),
        ({"chosen": np.array([2, 4])}, {}, "it chooses other than some"),
        ({"chosen": np.array([0.0])}, {}, "its chosen are 1 float64, not n int64"),
        ({"mean": np.zeros(9, "float32")}, {}, "its mean are 9 float32"),
        ({"confusion": np.zeros((2, 2), "int64")}, {}, "counts nothing"),
        ({"confusion": np.full((2, 2), -1)}, {}, "counts nothing"),
        ({"confusion": np.full((2, 2), 2**62)}, {}, "counts nothing"),
        ({"confusion": np.ones((3, 3), "int64")}, {}, "its confusion are 3 × 3 int64"),
        ({"importances": np.ones(3)}, {}, "its importances are 3 float64, not 4 float64"),
        ({"learnt.extra": np.zeros(9, "float32")}, {}, "expected the arrays"),
        ({WIDE: np.ones((9, 2), "float32")}, {}, "one value for each node"),
        ({}, {"pipeline": ANYWHERE.model_dump(mode="json") | {"classifier": None}}, "classifier"),
        ({}, {"classes": [{"id": 1, "name": "x", "color": "#000000"}]}, "its classes are 2 int16"),
    ],
)
def test_what_does_not_fit_together_is_refused(path, arrays, head, words):
    write_other(path, arrays, **head)
    assert words in refusal(path)


def test_a_scale_of_zero_is_refused(path):
    scale = load_file(path)["scale"]
    write_other(path, {"scale": scale * 0})
    assert "a scale is not above 0" in refusal(path)


@pytest.mark.parametrize("name", ["classes", "chosen", "mean", "scale", "learnt.left"])
def test_a_missing_array_is_refused(path, name):
    write_other(path, without=[name])
    refusal(path)


def test_a_tree_that_leads_in_a_circle_is_refused(path):
    left = load_file(path)["learnt.left"].copy()
    left[left > 0] = 0
    write_other(path, {"learnt.left": left})
    assert "leads out of its tree or back" in refusal(path)


def test_other_features_are_refused_with_both_lists(path):
    changed = ANYWHERE.model_copy(update={"features": (Gaussian(radii=(3,)),)})
    write_other(path, pipeline=changed.model_dump(mode="json"))
    sentence = refusal(path)
    for pipeline in (ANYWHERE, changed):
        assert all(n in sentence for own in pipeline.channels().values() for n in own)


def test_an_unknown_feature_is_refused_with_every_known_one(path):
    head, _ = read_arrays(path, "classifier", 1)
    head["pipeline"]["features"] = [{"kind": "WaveletOfMine"}]
    write_other(path, pipeline=head["pipeline"])
    with pytest.raises(ReadError) as refused:
        load_classifier(path)
    own = [kind for kind in kinds_of(Feature) if kind.__module__.startswith("annotat_nb.features.")]
    for kind in own:
        assert isabstract(kind) or kind.__name__ in str(refused.value)


def test_another_kind_of_classifier_does_not_fit_what_was_learnt(path):
    changed = ANYWHERE.model_dump(mode="json") | {"classifier": {"kind": "LinearSvm"}}
    write_other(path, pipeline=changed)
    assert "expected the arrays 'coefficients', 'intercepts'" in refusal(path)


# Intensities


def test_an_image_much_brighter_is_warned_of(three, volume):
    learnt = TrainedClassifier(three[0].model, three[0].classes, Intensities.of(volume))
    assert learnt.caution_about(Volume(volume.data.astype("uint16"))) is None
    brighter = Volume(volume.data.astype("uint16") * 100, name="other.tif")
    sentence = learnt.caution_about(brighter)
    assert "other.tif has" in sentence
    assert "(uint16): bring it to the same scale" in sentence
    assert three[0].caution_about(brighter) is None


def test_what_the_image_was_like_comes_back(three, volume, tmp_path):
    learnt = TrainedClassifier(three[0].model, three[0].classes, Intensities.of(volume))
    path = write_classifier(tmp_path / "a.classifier", learnt)
    assert load_classifier(path).intensities == learnt.intensities
    write_other(path, image={"low": "?"})
    assert load_classifier(path).intensities is None


@pytest.mark.parametrize("value", [np.nan, np.inf, 0.0])
def test_an_image_of_nothing_has_intensities(value):
    found = Intensities.of(Volume(np.full((3, 4, 5), value)))
    assert (found.low, found.high) == (0, 0)
    assert found.are_like(found)
