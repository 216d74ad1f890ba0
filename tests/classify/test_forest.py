import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier

from annotat_nb.classify import RandomForest, forest

RNG = np.random.default_rng(0)
ROWS = RNG.normal(0, 1, (300, 6)).astype("float32")
TARGETS = (ROWS[:, 0] + RNG.normal(0, 0.5, 300) > 0).astype(int) + (ROWS[:, 1] > 1)
NEW = RNG.normal(0, 1, (5000, 6)).astype("float32")


def fitted(n_estimators=60, seed=3):
    classifier = RandomForest(n_estimators=n_estimators)
    return classifier.fit(
        ROWS, TARGETS, weights=np.ones(len(TARGETS)), seed=seed, progress=lambda share: None
    )


def votes(predictor, rows=NEW):
    return predictor.predict_proba(rows, lambda share: None)


def test_the_forest_is_that_of_scikit_learn():
    weights = RNG.uniform(0.5, 2, len(ROWS))
    reference = RandomForestClassifier(60, random_state=3).fit(ROWS, TARGETS, weights)
    grown = RandomForest(n_estimators=60).fit(
        ROWS, TARGETS, weights=weights, seed=3, progress=lambda share: None
    )
    np.testing.assert_allclose(votes(grown), reference.predict_proba(NEW), atol=1e-6)


@pytest.mark.parametrize("digits", [0, 1, 7])
def test_rows_that_take_the_same_way_are_counted_together_without_a_difference(digits):
    rows = np.round(NEW, digits)
    grown = fitted()
    np.testing.assert_array_equal(votes(grown, rows), grown._vote(rows))


def test_a_forest_of_stumps_needs_few_rows():
    grown = RandomForest(n_estimators=20).fit(
        np.array([[0.0], [1.0]], "float32"),
        [0, 1],
        weights=np.ones(2),
        seed=0,
        progress=lambda share: None,
    )
    distinct, place = grown._distinct(NEW[:, :1])
    assert len(distinct) <= 2
    np.testing.assert_array_equal(grown._vote(distinct)[place], grown._vote(NEW[:, :1]))


@pytest.mark.parametrize("processors", [1, 3])
def test_the_number_of_processors_does_not_matter(processors, monkeypatch):
    expected = votes(fitted())
    monkeypatch.setattr(forest, "processors", lambda: processors)
    monkeypatch.setattr(forest, "ROWS_AT_ONCE", 100)
    np.testing.assert_array_equal(votes(fitted()), expected)


def test_the_seed_matters():
    assert not np.array_equal(votes(fitted(seed=1)), votes(fitted(seed=2)))


def test_growing_and_voting_report_and_can_be_cancelled(monkeypatch):
    shares = []
    RandomForest(n_estimators=60).fit(
        ROWS, TARGETS, weights=np.ones(len(TARGETS)), seed=0, progress=shares.append
    )
    assert shares == pytest.approx([25 / 60, 50 / 60, 1])
    monkeypatch.setattr(forest, "ROWS_AT_ONCE", 100)
    shares.clear()
    fitted().predict_proba(NEW, shares.append)
    assert len(shares) > 10
    assert shares == sorted(shares)
    assert shares[-1] == 1

    def cancel(share):
        raise InterruptedError

    with pytest.raises(InterruptedError):
        fitted().predict_proba(NEW, cancel)
    with pytest.raises(InterruptedError):
        RandomForest().fit(ROWS, TARGETS, weights=np.ones(len(TARGETS)), seed=0, progress=cancel)
