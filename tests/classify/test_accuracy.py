import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import accuracy_score, confusion_matrix, recall_score

import annotat_nb as an
from annotat_nb.classify.accuracy import Accuracy, accuracy_of
from annotat_nb.classify.held_out import (
    BY_STROKES,
    SAMPLES_AT_MOST,
    cross_validated,
    folds_of,
    validated_by_stroke,
)

RNG = np.random.default_rng(0)
CLASSIFIERS = [
    an.RandomForest(n_estimators=100),
    an.ExtraTrees(n_estimators=50),
    an.LinearSvm(),
    an.KNearestNeighbours(),
    an.MultilayerPerceptron(hidden_layer_sizes=(40,), max_iter=100),
]
IDS = [type(each).__name__ for each in CLASSIFIERS]


def samples(count=300, noise=0.7):
    rows = RNG.normal(0, 1, (count, 5)).astype("float32")
    score = rows[:, 0] + rows[:, 1] + RNG.normal(0, noise, count)
    return rows, np.digitize(score, [-1, 1])


def assess(classifier, rows, targets, weights=None, progress=lambda share: None):
    weights = np.ones(len(rows)) if weights is None else weights
    given = {"weights": weights, "seed": 0}
    predictor = classifier.fit(rows, targets, **given, progress=lambda share: None)
    return predictor, accuracy_of(classifier, predictor, rows, targets, **given, progress=progress)


def _patient(classifier):
    """Return it with enough passes to learn from half of the samples, if it makes any."""
    passes = {"max_iter": 400} if "max_iter" in type(classifier).model_fields else {}
    return classifier.model_copy(update=passes)


@pytest.mark.parametrize("classifier", CLASSIFIERS, ids=IDS)
def test_what_was_not_learnt_from_is_classified_as_well_as_said(classifier):
    rows, targets = samples()
    predictor, accuracy = assess(_patient(classifier), rows, targets)
    new, wanted = samples(10_000)
    found = predictor.predict_proba(new, lambda share: None).argmax(axis=1)
    assert accuracy.overall == pytest.approx((found == wanted).mean(), abs=0.06)
    assert np.sum(accuracy.confusion) == 300
    assert np.sum(accuracy.confusion, axis=1).tolist() == np.bincount(targets).tolist()


@pytest.mark.parametrize("classifier", CLASSIFIERS, ids=IDS)
def test_classes_by_chance_are_found_by_chance(classifier):
    rows, targets = samples(200)
    RNG.shuffle(targets)
    assert assess(classifier, rows, targets)[1].overall < np.bincount(targets).max() / 200 + 0.1


def test_figures_are_those_of_scikit_learn():
    truth, found = RNG.integers(0, 4, 200), RNG.integers(0, 4, 200)
    table = confusion_matrix(truth, found)
    accuracy = Accuracy.counted(table, "by hand")
    assert accuracy.overall == pytest.approx(accuracy_score(truth, found))
    assert accuracy.per_class == pytest.approx(recall_score(truth, found, average=None))
    assert accuracy.confusion == tuple(map(tuple, table.tolist()))


def test_out_of_bag_is_what_scikit_learn_calls_so():
    rows, targets = samples(500)
    reference = RandomForestClassifier(300, oob_score=True, random_state=0).fit(rows, targets)
    _, accuracy = assess(an.RandomForest(n_estimators=300), rows, targets)
    assert accuracy.how == "out-of-bag estimate"
    assert accuracy.overall == pytest.approx(reference.oob_score_, abs=0.015)


def test_only_trees_that_have_not_seen_a_sample_vote_on_it():
    rows, targets = samples(60)
    forest = an.RandomForest(n_estimators=40)
    learnt = forest.fit(rows, targets, weights=np.ones(60), seed=5, progress=print)
    held = forest.held_out(learnt, rows, targets, weights=np.ones(60), seed=5, progress=print)
    bags = np.array([forest.growth.bag(np.ones(60), tree, 5)[0] for tree in range(40)])
    votes = np.array([learnt.votes_of(tree, rows) for tree in range(40)])
    for sample in range(60):
        expected = votes[bags[:, sample] == 0, sample].mean(axis=0)
        np.testing.assert_allclose(held.probabilities[sample], expected, rtol=1e-6)


def test_where_every_tree_has_seen_a_sample_parts_are_kept_apart():
    rows, targets = samples(50)
    weights = np.ones(50)
    weights[7] = 30
    _, accuracy = assess(an.RandomForest(n_estimators=30), rows, targets, weights)
    assert accuracy.how == "3-fold cross-validation"
    assert np.sum(accuracy.confusion) == 50


@pytest.mark.parametrize("classifier", CLASSIFIERS, ids=IDS)
def test_a_class_of_two_samples_has_an_accuracy(classifier):
    rows, targets = samples(40)
    targets[:] = 0
    targets[:2] = 4
    _, accuracy = assess(classifier, rows, targets)
    assert np.sum(accuracy.confusion, axis=1).tolist() == [38, 2]


def test_a_class_of_one_sample_makes_the_accuracy_unknown():
    rows, targets = samples(40)
    targets[:] = 0
    targets[:2] = 3, 5
    targets[2:9] = 7
    _, accuracy = assess(an.LinearSvm(), rows, targets)
    assert (accuracy.overall, accuracy.confusion) == (None, ())
    assert accuracy.per_class == (None,) * 4
    assert accuracy.how == "not known: class 3 and class 5 have a single sample; mark more of it"
    assert accuracy.lacking == (3, 5)


def test_classes_in_another_order_keep_their_figures():
    order = np.array([2, 0, 1])
    found = Accuracy.counted([[5, 1, 0], [0, 7, 3], [2, 0, 2]], "by hand").reordered(order)
    assert found == Accuracy.counted([[2, 2, 0], [0, 5, 1], [3, 0, 7]], "by hand")
    unknown = Accuracy.unknown(np.array([0, 0, 1]))
    assert unknown.reordered(np.array([1, 0])) == unknown


@pytest.mark.parametrize("count", [2, 3, 7])
def test_each_part_has_its_share_of_each_class(count):
    targets = RNG.choice([0, 3, 9], 100, p=[0.1, 0.3, 0.6])
    parts = folds_of(targets, count, seed=1)
    for label in (0, 3, 9):
        sizes = np.bincount(parts[targets == label], minlength=count)
        assert np.ptp(sizes) <= 1
    assert not np.array_equal(parts, folds_of(targets, count, seed=2))


def test_of_very_many_samples_some_are_looked_at():
    rows, targets = samples(3 * SAMPLES_AT_MOST)
    targets[targets == 2] = 1
    targets[:3] = 2
    held = cross_validated(
        an.KNearestNeighbours(),
        rows,
        targets,
        weights=np.ones(len(rows)),
        seed=0,
        progress=lambda share: None,
    )
    assert SAMPLES_AT_MOST - 3 < held.samples.size < SAMPLES_AT_MOST + 3
    counts, all_of = np.bincount(targets[held.samples]), np.bincount(targets)
    assert counts[2] == 2
    np.testing.assert_allclose(counts[:2], all_of[:2] / 3, atol=1)


@pytest.mark.parametrize("classifier", CLASSIFIERS, ids=IDS)
def test_it_reports_to_the_end_and_can_be_cancelled(classifier):
    rows, targets = samples(60)
    shares = []
    assess(classifier, rows, targets, progress=shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1

    def cancel(share):
        raise InterruptedError

    with pytest.raises(InterruptedError):
        assess(classifier, rows, targets, progress=cancel)


def strokes_that_differ(count=400, strokes=8):
    """Samples whose second value tells the stroke, and the first one, with noise, the class."""
    numbers = np.arange(count) // (count // strokes)
    targets = numbers % 2
    own = RNG.normal(0, 5, strokes)[numbers]
    rows = np.stack([targets + RNG.normal(0, 1, count), own + RNG.normal(0, 0.01, count)], axis=1)
    return rows.astype("float32"), targets, numbers


@pytest.mark.parametrize("classifier", CLASSIFIERS, ids=IDS)
def test_whole_strokes_are_kept_apart_where_each_class_has_two(classifier):
    rows, targets, strokes = strokes_that_differ()
    given = {"weights": np.ones(len(rows)), "seed": 0, "progress": lambda share: None}
    learnt = classifier.fit(rows, targets, **given)
    accuracy = accuracy_of(classifier, learnt, rows, targets, strokes=strokes, **given)
    assert accuracy.is_by_strokes
    assert accuracy.how == BY_STROKES
    assert np.sum(accuracy.confusion) == len(rows)
    alone = accuracy_of(classifier, learnt, rows, targets, strokes=targets, **given)
    assert not alone.is_by_strokes


def test_of_very_many_samples_every_stroke_is_in_the_estimate():
    rows, targets = samples(3 * SAMPLES_AT_MOST)
    targets = (targets > 1).astype(int)
    strokes = targets * 2 + (np.arange(len(rows)) % 900 == 0)
    given = {"weights": np.ones(len(rows)), "seed": 0, "progress": lambda share: None}
    held = validated_by_stroke(an.KNearestNeighbours(), rows, targets, strokes, **given)
    assert held.samples.size < SAMPLES_AT_MOST + 9
    assert set(strokes[held.samples]) == {0, 1, 2, 3}
