import numpy as np
import pytest
from sklearn.neighbors import KNeighborsClassifier

from annotat_nb.classify import KNearestNeighbours

RNG = np.random.default_rng(0)
ROWS = RNG.normal(0, 1, (200, 6)).astype("float32")
TARGETS = np.digitize(ROWS[:, 0], [-0.5, 0.5])
NEW = RNG.normal(0, 1, (1000, 6)).astype("float32")


def shares(n_neighbors, rows=ROWS, targets=TARGETS, weights=None, new=NEW):
    weights = np.ones(len(rows)) if weights is None else weights
    learnt = KNearestNeighbours(n_neighbors=n_neighbors).fit(
        rows, targets, weights=weights, seed=0, progress=lambda share: None
    )
    return learnt.predict_proba(new, lambda share: None)


@pytest.mark.parametrize("n_neighbors", [1, 5, 200])
def test_shares_are_those_of_scikit_learn(n_neighbors):
    reference = KNeighborsClassifier(n_neighbors).fit(ROWS, TARGETS)
    np.testing.assert_allclose(shares(n_neighbors), reference.predict_proba(NEW), atol=1e-6)


def test_fewer_samples_than_neighbours_all_vote():
    found = shares(5, ROWS[:3], [0, 1, 1])
    np.testing.assert_allclose(found, np.tile([1 / 3, 2 / 3], (1000, 1)), atol=1e-6)


def test_neighbours_vote_by_their_weight():
    found = shares(5, ROWS[:3], [0, 1, 1], np.array([3.0, 0.5, 0.5]))
    np.testing.assert_allclose(found, np.tile([0.75, 0.25], (1000, 1)), atol=1e-6)


def test_what_is_beyond_all_numbers_has_neighbours_too():
    rows = np.array([[0.0], [1.0]], "float32")
    learnt = KNearestNeighbours(n_neighbors=1).fit(
        rows, [0, 1], weights=np.ones(2), seed=0, progress=lambda share: None
    )
    far = np.array([[-np.inf], [np.inf], [np.nan]], "float32")
    np.testing.assert_array_equal(learnt.predict_proba(far, lambda share: None).sum(axis=1), 1)
