import numpy as np
import pytest
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier

from annotat_nb.classify import packed
from annotat_nb.classify.distinct import distinct
from annotat_nb.classify.packed import PackedForest
from annotat_nb.kernels import threads

RNG = np.random.default_rng(0)
NEW = RNG.normal(0, 1, (5000, 6)).astype("float32")
TWO_LEAVES = {
    "feature": [3, -1, -1, -1],
    "threshold": [0.5, 0, 0, 0],
    "left": [1, -1, -1, -1],
    "right": [2, -1, -1, -1],
    "votes": [[0.5, 0.5], [1, 0], [0, 1], [0.25, 0.75]],
    "starts": [0, 3, 4],
}
KINDS = dict.fromkeys(("feature", "left", "right"), "int32") | {
    "threshold": "float32",
    "votes": "float32",
    "starts": "int64",
}


def arrays(**changes):
    """The arrays of a tree of one question and one of none, with some changed."""
    return {name: np.array(v, KINDS[name]) for name, v in (TWO_LEAVES | changes).items()}


def grown(kind=RandomForestClassifier, samples=300, classes=3, noise=0.5, **parameters):
    rows = RNG.normal(0, 1, (samples, 6)).astype("float32")
    score = rows[:, 0] + RNG.normal(0, noise, samples)
    targets = np.digitize(score, np.linspace(-1, 1, classes - 1))
    return kind(40, random_state=3, **parameters).fit(rows, targets)


def votes(forest, rows=NEW):
    return forest.predict_proba(rows, lambda share: None)


@pytest.mark.parametrize("kind", [RandomForestClassifier, ExtraTreesClassifier])
@pytest.mark.parametrize("classes", [2, 7])
@pytest.mark.parametrize("max_depth", [1, 2, None])
def test_votes_are_those_of_scikit_learn(kind, classes, max_depth):
    trees = grown(kind, classes=classes, max_depth=max_depth)
    expected = trees.predict_proba(NEW)
    np.testing.assert_allclose(votes(PackedForest.of(trees.estimators_)), expected, atol=1e-6)


def test_values_on_and_next_to_a_threshold_go_the_way_they_go_in_scikit_learn():
    trees = grown()
    forest = PackedForest.of(trees.estimators_)
    cuts = np.concatenate([tree.tree_.threshold for tree in trees.estimators_]).astype("float32")
    near = [np.nextafter(cuts, np.float32(side)) for side in (-np.inf, np.inf)]
    rows = RNG.choice(np.concatenate([cuts, *near]), (20_000, 6))
    np.testing.assert_allclose(votes(forest, rows), trees.predict_proba(rows), atol=1e-6)


@pytest.mark.parametrize("noise", [0, 3])
@pytest.mark.parametrize("digits", [0, 1, 7])
def test_a_row_gets_the_same_votes_in_whatever_company(noise, digits, monkeypatch):
    forest = PackedForest.of(grown(noise=noise).estimators_)
    rows = np.round(NEW, digits)
    expected = np.concatenate([votes(forest, row[None]) for row in rows])
    for count in (1, 3):
        monkeypatch.setattr(threads, "processors", lambda count=count: count)
        for at_once in (40 * 777, 2**24):
            monkeypatch.setattr(packed, "VOTES_AT_ONCE", at_once)
            np.testing.assert_array_equal(votes(forest, rows), expected)


def test_stumps_tell_few_rows_apart():
    cuts = [np.array([0.0]), np.empty(0), np.array([0.0, 1.0])]
    first, place = distinct(NEW[:, :3], cuts)
    assert len(first) == 6
    sides = [np.searchsorted(own, NEW[:, column]) for column, own in enumerate(cuts)]
    np.testing.assert_array_equal(np.stack(sides)[:, first[place]], np.stack(sides))


def test_rows_that_differ_are_not_sought_out():
    cuts = [np.linspace(-3, 3, 1000)] * 6
    assert distinct(NEW, cuts) is None


def test_more_thresholds_than_a_number_can_hold_make_no_difference():
    cuts = [np.arange(2.0**10)] * 7
    rows = RNG.integers(0, 1024, (4, 7)).astype("float32")[RNG.integers(0, 4, 3000)]
    first, place = distinct(rows, cuts)
    assert len(first) == 4
    np.testing.assert_array_equal(rows[first[place]], rows)


def test_voting_reports_and_can_be_cancelled(monkeypatch):
    monkeypatch.setattr(packed, "VOTES_AT_ONCE", 100 * 40)
    forest = PackedForest.of(grown().estimators_)
    shares = []
    forest.predict_proba(NEW, shares.append)
    assert shares == pytest.approx([(part + 1) / 50 for part in range(50)])

    def cancel(share):
        raise InterruptedError

    with pytest.raises(InterruptedError):
        forest.predict_proba(NEW, cancel)


def test_no_rows_get_no_votes():
    assert votes(PackedForest(**arrays(), n_features=6), NEW[:0]).shape == (0, 2)


def test_rows_of_other_features_are_refused():
    with pytest.raises(ValueError, match=r"rows must be \(rows, 6\) features, got shape \(2, 5\)"):
        votes(PackedForest(**arrays(), n_features=6), NEW[:2, :5])


def test_a_forest_survives_as_arrays():
    forest = PackedForest.of(grown().estimators_)
    again = PackedForest.from_arrays(forest.arrays(), n_features=6)
    np.testing.assert_array_equal(votes(again), votes(forest))


def test_what_is_written_by_hand_votes_as_it_says():
    forest = PackedForest.from_arrays(arrays(), n_features=4)
    rows = np.array([[9, 9, 9, 0.5], [0, 0, 0, 0.6]], "float32")
    np.testing.assert_allclose(votes(forest, rows), [[0.625, 0.375], [0.125, 0.875]])


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"left": [0, -1, -1, -1]}, "node 0 leads out of its tree or back"),
        ({"right": [3, -1, -1, -1]}, "node 0 leads out of its tree or back"),
        ({"right": [2**31 - 1, -1, -1, -1]}, "node 0 leads out"),
        ({"left": [1, 0, -1, -1]}, "node 1 leads out"),
        ({"left": [1, 2, -1, -1]}, "node 1 leads out"),
        ({"left": [-2, -1, -1, -1], "right": [-2, -1, -1, -1]}, "node 0 leads out"),
        ({"feature": [4, -1, -1, -1]}, "one of 4 features"),
        ({"feature": [-1, -1, -1, -1]}, "one of 4 features"),
        ({"feature": [3, -2, -1, -1]}, "one of 4 features"),
        ({"threshold": [np.inf, 0, 0, 0]}, "not finite"),
        ({"votes": [[0.5, 0.5], [1, 0], [0, 1], [0.5, 0.4]]}, "must sum to 1"),
        ({"votes": [[0.5, 0.5], [2, -1], [0, 1], [0.5, 0.5]]}, "from 0 to 1"),
        ({"votes": [[0.5, np.nan], [1, 0], [0, 1], [0.5, 0.5]]}, "not finite"),
        ({"votes": [[3e38, 3e38], [1, 0], [0, 1], [0.5, 0.5]]}, "from 0 to 1"),
        ({"votes": np.ones((4, 0))}, "must sum to 1"),
        ({"votes": [[1, 0]] * 3}, "one value for each node"),
        ({"right": [2, -1, -1]}, "one value for each node"),
        ({"starts": [0]}, "follow each other over its 4 nodes"),
        ({"starts": []}, "follow each other"),
        ({"starts": [0, 3, 3, 4]}, "follow each other"),
        ({"starts": [0, 4, 3, 4]}, "follow each other"),
        ({"starts": [1, 4]}, "follow each other"),
        ({"starts": [0, 3, 5]}, "follow each other"),
    ],
)
def test_arrays_that_are_no_forest_are_refused(changes, sentence):
    with pytest.raises(ValueError, match=sentence):
        PackedForest.from_arrays(arrays(**changes), n_features=4)


@pytest.mark.parametrize("seed", range(4))
def test_changed_bytes_are_refused_or_harmless(seed):
    rng = np.random.default_rng(seed)
    sound = PackedForest.of(grown(max_depth=4).estimators_).arrays()
    for _ in range(100):
        changed = {name: array.copy() for name, array in sound.items()}
        target = changed[rng.choice(list(changed))].view(np.uint8).reshape(-1)
        target[rng.integers(0, target.size, rng.integers(1, 4))] = rng.integers(0, 256)
        try:
            forest = PackedForest.from_arrays(changed, n_features=6)
        except ValueError:
            continue
        np.testing.assert_allclose(votes(forest, NEW[:50]).sum(axis=1), 1, atol=2e-3)
