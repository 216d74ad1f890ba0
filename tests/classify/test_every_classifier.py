"""What holds for every classifier."""

import numpy as np
import pytest

from annotat_nb.classify import Classifier, LinearSvm, RandomForest

CLASSIFIERS = [RandomForest(n_estimators=20), LinearSvm()]
IDS = [type(each).__name__ for each in CLASSIFIERS]
RNG = np.random.default_rng(0)
ROWS = RNG.normal(0, 1, (120, 5)).astype("float32")
NEW = RNG.normal(0, 1, (400, 5)).astype("float32")


def targets(classes):
    return np.digitize(ROWS[:, 0] + ROWS[:, 1], np.linspace(-1, 1, classes - 1))


def fitted(classifier, classes=3):
    wanted = targets(classes)
    return classifier.fit(
        ROWS, wanted, weights=np.ones(len(ROWS)), seed=0, progress=lambda share: None
    )


def shares(predictor, rows=NEW):
    return predictor.predict_proba(rows, lambda share: None)


@pytest.mark.parametrize("classifier", CLASSIFIERS, ids=IDS)
class TestEveryClassifier:
    def test_survives_json(self, classifier):
        assert Classifier.model_validate_json(classifier.model_dump_json()) == classifier

    @pytest.mark.parametrize("classes", [2, 5])
    def test_what_it_learnt_survives_as_arrays(self, classifier, classes):
        learnt = fitted(classifier, classes)
        arrays = learnt.arrays()
        assert all(type(array) is np.ndarray for array in arrays.values())
        assert all(array.dtype.kind in "fi" for array in arrays.values())
        again = classifier.restore(arrays, n_features=5, n_classes=classes)
        np.testing.assert_array_equal(shares(again), shares(learnt))

    def test_arrays_of_other_features_or_classes_are_refused(self, classifier):
        arrays = fitted(classifier, 3).arrays()
        with pytest.raises(ValueError, match="features"):
            classifier.restore(arrays, n_features=2, n_classes=3)
        with pytest.raises(ValueError, match="expected a classifier of 5 features and 4 classes"):
            classifier.restore(arrays, n_features=5, n_classes=4)

    def test_arrays_of_another_kind_are_refused(self, classifier):
        arrays = fitted(classifier, 3).arrays()
        for name, array in arrays.items():
            rest = {key: arrays[key] for key in arrays if key != name}
            for wrong in (rest, arrays | {"other": array}):
                with pytest.raises(ValueError, match=f"expected the arrays .*{name!r}.*, got "):
                    classifier.restore(wrong, n_features=5, n_classes=3)
            for changed in (array.astype("complex64"), array[None]):
                with pytest.raises(ValueError, match=f"array {name!r} must be"):
                    classifier.restore(arrays | {name: changed}, n_features=5, n_classes=3)

    @pytest.mark.parametrize("seed", range(3))
    def test_changed_arrays_are_refused_or_harmless(self, classifier, seed):
        rng = np.random.default_rng(seed)
        sound = fitted(classifier, 3).arrays()
        for _ in range(50):
            changed = {name: array.copy() for name, array in sound.items()}
            name = rng.choice(list(changed))
            target = changed[name].view(np.uint8).reshape(-1)
            target[rng.integers(0, target.size, rng.integers(1, 4))] = rng.integers(0, 256)
            if rng.random() < 0.3:
                changed[name] = changed[name][: rng.integers(0, len(changed[name]))]
            try:
                found = classifier.restore(changed, n_features=5, n_classes=3)
            except ValueError:
                continue
            with np.errstate(all="ignore"):
                assert shares(found).shape == (len(NEW), 3)

    @pytest.mark.parametrize("classes", [2, 5])
    def test_a_row_gets_the_same_probabilities_in_whatever_company(self, classifier, classes):
        learnt = fitted(classifier, classes)
        alone = np.concatenate([shares(learnt, row[None]) for row in NEW])
        np.testing.assert_array_equal(shares(learnt), alone)

    def test_rows_of_other_features_are_refused(self, classifier):
        with pytest.raises(ValueError, match=r"rows must be \(rows, 5\) features"):
            shares(fitted(classifier), NEW[:, :4])
