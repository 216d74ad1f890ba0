import numpy as np
import pytest
from sklearn.preprocessing import StandardScaler

import annotat_nb as an
from annotat_nb.classify import TrainedClassifier, TrainingData
from annotat_nb.classify.model import train

RNG = np.random.default_rng(0)
FEATURES = (an.Identity(), an.Gaussian(radii=(1, 2, 4)), an.Sobel())
ROWS = (RNG.normal(0, 1, (300, 5)) * [1, 9, 0, 1e-3, 1e5] + [0, 3, 7, 1, -1e6]).astype("float32")
SCORE = ROWS[:, 1] + RNG.normal(0, 5, 300)
TARGETS = np.select([SCORE > 14, SCORE > 2], [9, 4], 0)


def trained(progress=lambda step, share: None, **parameters):
    pipeline = an.Pipeline(features=FEATURES, superpixels=None, **parameters)
    names = pipeline.channels()
    listed = tuple(name for own in names.values() for name in own)
    data = TrainingData(pipeline, listed, ROWS, TARGETS, np.ones(300))
    return train(pipeline, data, names, progress)


def test_each_channel_has_an_importance_by_which_it_is_kept():
    model = trained()
    worth = dict(zip(model.names, model.importances, strict=True))
    assert sum(model.importances) == pytest.approx(1)
    assert max(worth, key=worth.get) == "Gaussian (FFT Gauss) r=1"
    assert model.kept == tuple(name for name in model.names if worth[name] >= 0.01)
    assert "Gaussian (FFT Gauss) r=2" not in model.kept  # it is constant


def test_without_a_selection_there_are_no_importances():
    model = trained(selection=None)
    assert model.importances == ()
    assert model.kept == model.names


def test_features_are_scaled_as_by_scikit_learn():
    model = trained(selection=None)
    scaler = StandardScaler().fit(ROWS)
    np.testing.assert_allclose(model.mean, scaler.mean_, rtol=1e-6)
    np.testing.assert_allclose(model.scale, scaler.scale_, rtol=1e-6)


def test_a_spread_too_small_for_a_number_divides_nothing_by_0():
    rows = ROWS * np.float32(1e-44)
    pipeline = an.Pipeline(features=FEATURES, superpixels=None, selection=None)
    names = pipeline.channels()
    data = TrainingData(pipeline, tuple(names), rows, TARGETS, np.ones(300))
    assert (train(pipeline, data, names, lambda step, share: None).scale > 0).all()


def test_the_accuracy_is_that_of_the_painted_classes():
    accuracy = trained().accuracy
    assert np.sum(accuracy.confusion, axis=1).tolist() == np.unique_counts(TARGETS).counts.tolist()
    assert 0.5 < accuracy.overall < 0.95


def test_a_balanced_pipeline_finds_more_of_a_rare_class():
    plain, balanced = (
        trained(classifier=an.LinearSvm(), balanced=which).accuracy for which in (False, True)
    )
    rare = np.sum(plain.confusion, axis=1).argmin()
    assert balanced.per_class[rare] > plain.per_class[rare] + 0.1


def test_balanced_classes_weigh_the_same_and_samples_as_before_within_each():
    weights = RNG.uniform(0.5, 2, 300)
    data = TrainingData(an.Pipeline(), (), ROWS, TARGETS, weights)
    found = data.balanced().weights
    sums = [found[label == TARGETS].sum() for label in (0, 4, 9)]
    assert sums == pytest.approx([weights.sum() / 3] * 3)
    for label in (0, 4, 9):
        assert np.ptp((found / weights)[label == TARGETS]) < 1e-9


@pytest.mark.parametrize("method", ["impurity", "drop_column", "permutation", None])
@pytest.mark.parametrize("classifier", [an.RandomForest(n_estimators=20), an.LinearSvm()])
def test_steps_are_told_in_order(method, classifier):
    told = []
    selection = method and an.FeatureSelection(method=method)
    trained(lambda *step: told.append(step), selection=selection, classifier=classifier)
    steps, shares = zip(*told, strict=True)
    assert list(shares) == sorted(shares)
    assert shares[-1] == pytest.approx(1)
    title = classifier.title[0].lower() + classifier.title[1:]
    expected = ["Selecting features", f"Training {title}", "Estimating the accuracy"]
    assert list(dict.fromkeys(steps)) == expected[method is None :]


def test_other_class_ids_keep_the_accuracy_of_each_class():
    model = trained()
    before = dict(zip((0, 4, 9), model.accuracy.per_class, strict=True))
    classes = an.Session(an.Volume(np.zeros((1, 4, 4), "uint8"))).classes
    for name in "abcde":
        classes.add(name)
    moved = {0: 5, 4: 1, 9: 3}
    found = TrainedClassifier(model, classes).with_ids(moved, classes).model
    after = dict(zip(found.classes.tolist(), found.accuracy.per_class, strict=True))
    assert after == {moved[number]: share for number, share in before.items()}
