"""What holds for every classifier."""

import numpy as np
import pytest

import annotat_nb as an
from annotat_nb.classify import Classifier
from annotat_nb.kernels import threads
from annotat_nb.widgets.record_choice import concrete_kinds

CLASSIFIERS = [
    an.RandomForest(n_estimators=20),
    an.ExtraTrees(n_estimators=20),
    an.LinearSvm(),
    an.KNearestNeighbours(),
    an.MultilayerPerceptron(hidden_layer_sizes=(60,), max_iter=150),
]
IDS = [type(each).__name__ for each in CLASSIFIERS]
RNG = np.random.default_rng(0)
ROWS = RNG.normal(0, 1, (120, 5)).astype("float32")
NEW = RNG.normal(0, 1, (400, 5)).astype("float32")


def targets(classes):
    return np.digitize(ROWS[:, 0] + ROWS[:, 1], np.linspace(-1, 1, classes - 1))


def fitted(classifier, classes=3, rows=ROWS, wanted=None, weights=None):
    wanted = targets(classes) if wanted is None else wanted
    weights = np.ones(len(rows)) if weights is None else weights
    return classifier.fit(rows, wanted, weights=weights, seed=0, progress=lambda share: None)


def shares(predictor, rows=NEW):
    return predictor.predict_proba(rows, lambda share: None)


def test_none_is_forgotten_here():
    assert {type(each) for each in CLASSIFIERS} == {
        kind for kind in concrete_kinds(Classifier) if kind.__module__.startswith("annotat_nb")
    }


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

    def test_its_parameters_are_explained(self, classifier):
        fields = type(classifier).model_fields.values()
        assert classifier.title
        assert all(field.description and len(field.description) > 30 for field in fields)

    @pytest.mark.parametrize("classes", [2, 5])
    def test_a_row_gets_the_same_probabilities_in_whatever_company(self, classifier, classes):
        learnt = fitted(classifier, classes)
        alone = np.concatenate([shares(learnt, row[None]) for row in NEW])
        np.testing.assert_array_equal(shares(learnt), alone)

    def test_probabilities_sum_to_1(self, classifier):
        for classes in (2, 3, 12):
            found = shares(fitted(classifier, classes))
            assert found.shape == (len(NEW), classes)
            assert found.dtype == np.float32
            assert found.min() >= 0
            np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-5)

    def test_it_learns(self, classifier):
        found = shares(fitted(classifier, 3)).argmax(axis=1)
        wanted = np.digitize(NEW[:, 0] + NEW[:, 1], [-1, 1])
        assert (found == wanted).mean() > 0.75

    def test_classes_are_told_apart_whatever_their_ids_are(self, classifier):
        found = fitted(classifier, wanted=np.array([3, 7, 300])[targets(3)].astype("int16"))
        np.testing.assert_array_equal(shares(found), shares(fitted(classifier, 3)))

    def test_the_same_seed_gives_the_same_on_any_number_of_processors(
        self, classifier, monkeypatch
    ):
        expected = shares(fitted(classifier))
        for count in (1, 3):
            monkeypatch.setattr(threads, "processors", lambda count=count: count)
            monkeypatch.setattr("annotat_nb.classify.trees.processors", lambda count=count: count)
            np.testing.assert_array_equal(shares(fitted(classifier)), expected)

    def test_neither_samples_nor_weights_are_changed(self, classifier):
        rows, wanted, weights = ROWS.copy(), targets(3), RNG.uniform(0.5, 2, len(ROWS))
        for array in (rows, wanted, weights):
            array.flags.writeable = False
        fitted(classifier, rows=rows, wanted=wanted, weights=weights)

    def test_what_counts_more_wins(self, classifier):
        rows = np.repeat(ROWS[:40], 2, axis=0)
        wanted = np.tile([0, 1], 40)
        for winner in (0, 1):
            found = fitted(
                classifier, rows=rows, wanted=wanted, weights=np.where(wanted == winner, 5.0, 0.2)
            )
            assert (shares(found).argmax(axis=1) == winner).mean() > 0.9

    @pytest.mark.parametrize("alone", [0, 1, 2])
    def test_a_class_of_one_sample_is_learnt(self, classifier, alone):
        wanted = np.where(targets(2) >= alone, targets(2) + 1, targets(2))
        wanted[0] = alone
        assert shares(fitted(classifier, wanted=wanted)).shape == (len(NEW), 3)

    def test_two_samples_suffice(self, classifier):
        found = shares(fitted(classifier, rows=ROWS[:2], wanted=np.array([0, 1])))
        assert found.shape == (len(NEW), 2)

    def test_constant_features_do_no_harm(self, classifier):
        rows = ROWS.copy()
        rows[:, 3:] = 0
        found = shares(fitted(classifier, rows=rows)).argmax(axis=1)
        wanted = np.digitize(NEW[:, 0] + NEW[:, 1], [-1, 1])
        assert (found == wanted).mean() > 0.5
        nothing = shares(fitted(classifier, rows=np.zeros_like(ROWS)))
        assert np.isfinite(nothing).all()

    def test_classifying_reports_to_the_end_and_can_be_cancelled(self, classifier):
        found, seen = fitted(classifier), []
        found.predict_proba(NEW, seen.append)
        assert seen == sorted(seen)
        assert seen[-1] == 1

        def cancel(share):
            raise InterruptedError

        with pytest.raises(InterruptedError):
            found.predict_proba(NEW, cancel)
        with pytest.raises(InterruptedError):
            classifier.fit(ROWS, targets(3), weights=np.ones(len(ROWS)), seed=0, progress=cancel)

    def test_no_rows_get_no_probabilities(self, classifier):
        assert shares(fitted(classifier), NEW[:0]).shape == (0, 3)

    def test_rows_of_other_features_are_refused(self, classifier):
        with pytest.raises(ValueError, match=r"rows must be \(rows, 5\) features"):
            shares(fitted(classifier), NEW[:, :4])
