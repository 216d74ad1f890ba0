import numpy as np
import pytest
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.tree import DecisionTreeClassifier

from annotat_nb.classify import trees
from annotat_nb.classify.trees import Growth, Samples, grow_forest

RNG = np.random.default_rng(0)
RANDOM_FOREST = Growth(bootstrap=True, random_cuts=False)
EXTRA_TREES = Growth(bootstrap=False, random_cuts=True)
ALL_SAMPLES = Growth(bootstrap=False, random_cuts=False)
ALL_FEATURES = Growth(bootstrap=False, random_cuts=False, max_features=5)
NEW = RNG.normal(0, 1, (5000, 5)).astype("float32")


def samples(count=300, classes=3, features=5, digits=7, weights=None):
    rows = np.round(RNG.normal(0, 1, (count, features)), digits).astype("float32")
    score = rows[:, 0] + rows[:, 1] + RNG.normal(0, 0.5, count)
    targets = np.digitize(score, np.linspace(-1, 1, classes - 1))
    return rows, targets, np.ones(count) if weights is None else weights


def grown(data, growth, n_trees=10, seed=0):
    return grow_forest(Samples.of(*data), growth, n_trees, seed, lambda share: None)


def votes(forest, rows=NEW):
    return forest.predict_proba(rows, lambda share: None)


@pytest.mark.parametrize("count", [2, 30, 300, 3000])
@pytest.mark.parametrize("classes", [2, 6])
def test_a_tree_of_one_feature_and_all_samples_is_that_of_scikit_learn(count, classes):
    rows, targets, _ = samples(count, classes)
    data = rows[:, :1], targets, RNG.uniform(0.5, 2, count)
    forest, _ = grown(data, ALL_SAMPLES, 1)
    reference = DecisionTreeClassifier(random_state=0).fit(*data)
    np.testing.assert_allclose(
        votes(forest, NEW[:, :1]), reference.predict_proba(NEW[:, :1]), atol=1e-6
    )


def impurity(targets, weights):
    """The weighted Gini impurity, times the weight."""
    sums = np.bincount(targets, weights)
    return sums.sum() - (sums**2).sum() / sums.sum()


def least_impurity(rows, targets, weights):
    """What the best threshold of the best feature leaves."""
    sides = [column <= cut for column in rows.T for cut in np.unique(column)[:-1]]
    return min(sum(impurity(targets[s], weights[s]) for s in (side, ~side)) for side in sides)


def test_each_node_takes_the_best_threshold_of_all_features():
    rows, targets, weights = samples(150, weights=RNG.uniform(0.5, 2, 150))
    forest, importances = grown((rows, targets, weights), ALL_FEATURES, 1)
    members, gains = {0: np.arange(150)}, np.zeros(5)
    for node, (feature, cut) in enumerate(zip(forest.feature, forest.threshold, strict=True)):
        here = members[node]
        if feature < 0:
            assert np.unique(targets[here]).size == 1
            continue
        is_left = rows[here, feature] <= cut
        children = members[forest.left[node]], members[forest.right[node]] = (
            here[is_left],
            here[~is_left],
        )
        left = sum(impurity(targets[own], weights[own]) for own in children)
        assert left == pytest.approx(least_impurity(rows[here], targets[here], weights[here]))
        gains[feature] += impurity(targets[here], weights[here]) - left
    np.testing.assert_allclose(importances, gains / gains.sum())


@pytest.mark.parametrize("digits", [0, 1])
@pytest.mark.parametrize("growth", [RANDOM_FOREST, EXTRA_TREES, ALL_SAMPLES])
def test_leaves_hold_what_the_features_cannot_tell_apart(digits, growth):
    rows, targets, weights = samples(200, features=2, digits=digits)
    weights = RNG.uniform(0.5, 2, 200)
    forest, _ = grown((rows, targets, weights), Growth(False, growth.random_cuts), 3)
    _, same = np.unique(rows, axis=0, return_inverse=True)
    sums = np.stack([np.bincount(same, weights * (targets == label)) for label in range(3)], 1)
    expected = (sums / sums.sum(axis=1, keepdims=True))[same]
    np.testing.assert_allclose(votes(forest, rows), expected, atol=1e-6)


@pytest.mark.parametrize("growth", [RANDOM_FOREST, EXTRA_TREES])
def test_importances_are_those_of_scikit_learn(growth):
    data = samples(400)
    peer = ExtraTreesClassifier if growth.random_cuts else RandomForestClassifier
    expected = peer(500, random_state=0).fit(*data).feature_importances_
    _, found = grown(data, growth, 500)
    np.testing.assert_allclose(found, expected, atol=0.01)
    assert found.sum() == pytest.approx(1)


@pytest.mark.parametrize("growth", [RANDOM_FOREST, EXTRA_TREES])
def test_trees_are_as_large_as_those_of_scikit_learn(growth):
    data = samples(1000)
    peer = ExtraTreesClassifier if growth.random_cuts else RandomForestClassifier
    reference = peer(200, random_state=0).fit(*data)
    forest, _ = grown(data, growth, 200)
    nodes = sum(tree.tree_.node_count for tree in reference.estimators_)
    assert forest.feature.size == pytest.approx(nodes, rel=0.05)


@pytest.mark.parametrize("growth", [RANDOM_FOREST, EXTRA_TREES])
def test_the_number_of_processors_does_not_matter(growth, monkeypatch):
    data = samples()
    found = []
    for count in (1, 3):
        monkeypatch.setattr(trees, "processors", lambda count=count: count)
        found.append(grown(data, growth, 30)[0].arrays())
    for name, array in found[0].items():
        np.testing.assert_array_equal(array, found[1][name])


def test_more_trees_begin_with_the_same_ones():
    data = samples()
    few, many = (grown(data, RANDOM_FOREST, count)[0] for count in (5, 10))
    np.testing.assert_array_equal(few.threshold, many.threshold[: few.threshold.size])


def test_about_two_thirds_of_the_samples_are_in_a_bag():
    bags = [RANDOM_FOREST.bag(np.full(1000, 2.0), tree, seed=0)[0] for tree in range(20)]
    assert all(bag.sum() == 1000 for bag in bags)
    assert np.mean([(bag > 0).mean() for bag in bags]) == pytest.approx(1 - 1 / np.e, abs=0.01)


def test_samples_are_drawn_as_often_as_they_count():
    weights = RNG.uniform(0.2, 3, 50)
    drawn = sum(RANDOM_FOREST.bag(weights, tree, seed=0)[0] for tree in range(4000)) / 4000
    np.testing.assert_allclose(drawn, weights / weights.mean(), atol=0.12)


@pytest.mark.parametrize("growth", [RANDOM_FOREST, EXTRA_TREES])
def test_of_very_many_samples_a_tree_sees_some_and_the_forest_all(growth, monkeypatch):
    monkeypatch.setattr(trees, "MOST", 50)
    weights = RNG.uniform(0.5, 2, 400)
    bags = np.array([growth.bag(weights, tree, seed=0)[0] for tree in range(100)])
    assert ((bags > 0).sum(axis=1) <= 50).all()
    assert (bags > 0).any(axis=0).all()
    if growth.bootstrap:
        assert (bags.sum(axis=1) == 50).all()
    else:
        np.testing.assert_array_equal(bags, np.where(bags > 0, weights, 0))
        assert ((bags > 0).sum(axis=1) == 50).all()


def test_features_that_are_constant_split_nothing():
    rows, targets, weights = samples()
    rows[:, [0, 3]] = 7
    forest, importances = grown((rows, targets, weights), RANDOM_FOREST)
    assert set(forest.feature) == {-1, 1, 2, 4}
    assert importances[[0, 3]].tolist() == [0, 0]


@pytest.mark.parametrize("growth", [RANDOM_FOREST, EXTRA_TREES])
def test_where_all_features_are_constant_the_classes_share(growth):
    rows = np.zeros((4, 2), "float32")
    forest, importances = grown((rows, [0, 0, 0, 1], np.ones(4)), Growth(False, growth.random_cuts))
    np.testing.assert_allclose(votes(forest, rows), [[0.75, 0.25]] * 4)
    assert importances.tolist() == [0, 0]


@pytest.mark.parametrize("gap", [1, 2])
@pytest.mark.parametrize("value", [0.0, 1.0, -3.5, 3e38, 1e-45])
@pytest.mark.parametrize("growth", [ALL_SAMPLES, EXTRA_TREES])
def test_the_closest_numbers_are_told_apart(value, gap, growth):
    low = np.float32(value)
    high = low
    for _ in range(gap):
        high = np.nextafter(high, np.float32(np.inf))
    rows = np.array([[low], [high]])
    forest, _ = grown((rows, [0, 1], np.ones(2)), Growth(False, growth.random_cuts))
    np.testing.assert_array_equal(votes(forest, rows), np.eye(2))


def test_a_sample_that_counts_nothing_is_refused():
    rows, targets, weights = samples()
    weights[5] = 0
    with pytest.raises(ValueError, match="each sample must count more than 0"):
        Samples.of(rows, targets, weights)
