import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier

from annotat_nb.classify import RandomForest

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


def test_the_seed_matters():
    assert not np.array_equal(votes(fitted(seed=1)), votes(fitted(seed=2)))


def test_growing_reports_and_can_be_cancelled():
    shares = []
    RandomForest(n_estimators=60).fit(
        ROWS, TARGETS, weights=np.ones(len(TARGETS)), seed=0, progress=shares.append
    )
    assert shares == pytest.approx([25 / 60, 50 / 60, 1])

    def cancel(share):
        raise InterruptedError

    with pytest.raises(InterruptedError):
        RandomForest().fit(ROWS, TARGETS, weights=np.ones(len(TARGETS)), seed=0, progress=cancel)
