import sys
from types import ModuleType

import numpy as np
import pytest
import sklearn.ensemble

from annotat_nb.classify import ExtraTrees, RandomForest, TrainingError

RNG = np.random.default_rng(0)
ROWS = RNG.normal(0, 1, (300, 6)).astype("float32")
TARGETS = (ROWS[:, 0] + RNG.normal(0, 0.5, 300) > 0).astype(int) + (ROWS[:, 1] > 1)
NEW = RNG.normal(0, 1, (5000, 6)).astype("float32")
PEERS = [
    (RandomForest, sklearn.ensemble.RandomForestClassifier),
    (ExtraTrees, sklearn.ensemble.ExtraTreesClassifier),
]


def fitted(classifier, weights=None, seed=3, progress=lambda share: None):
    weights = np.ones(len(TARGETS)) if weights is None else weights
    return classifier.fit(ROWS, TARGETS, weights=weights, seed=seed, progress=progress)


def votes(predictor, rows=NEW):
    return predictor.predict_proba(rows, lambda share: None)


@pytest.mark.parametrize(("kind", "peer"), PEERS)
def test_the_probabilities_are_those_of_scikit_learn_with_other_random_numbers(kind, peer):
    own = [votes(fitted(kind(n_estimators=400), seed=seed)) for seed in (0, 1)]
    other = peer(400, random_state=0).fit(ROWS, TARGETS).predict_proba(NEW)
    by_chance = np.abs(own[0] - own[1]).mean()
    assert np.abs(own[0] - other).mean() < 1.1 * by_chance
    assert np.abs(own[0].mean(axis=0) - other.mean(axis=0)).max() < 0.01


@pytest.mark.parametrize("kind", [RandomForest, ExtraTrees])
def test_the_seed_matters(kind):
    one, other = (fitted(kind(n_estimators=20), seed=seed) for seed in (1, 2))
    assert not np.array_equal(votes(one), votes(other))


@pytest.mark.parametrize("kind", [RandomForest, ExtraTrees])
def test_growing_reports_and_can_be_cancelled(kind):
    shares = []
    fitted(kind(n_estimators=60), progress=shares.append)
    assert shares == pytest.approx([(tree + 1) / 60 for tree in range(60)])

    def cancel(share):
        raise InterruptedError

    with pytest.raises(InterruptedError):
        fitted(kind(), progress=cancel)


@pytest.fixture
def stand_in(monkeypatch):
    """What scikit-learn-intelex offers, without its speed."""
    package, ensemble = ModuleType("sklearnex"), ModuleType("sklearnex.ensemble")
    for _, peer in PEERS:
        setattr(ensemble, peer.__name__, peer)
    monkeypatch.setitem(sys.modules, "sklearnex", package)
    monkeypatch.setitem(sys.modules, "sklearnex.ensemble", ensemble)


@pytest.mark.usefixtures("stand_in")
@pytest.mark.parametrize("weights", [np.ones(300), RNG.uniform(0.5, 2, 300)])
@pytest.mark.parametrize(("kind", "peer"), PEERS)
def test_intelex_grows_the_trees_when_asked(kind, peer, weights):
    shares = []
    grown = fitted(kind(n_estimators=60, intelex=True), weights, progress=shares.append)
    assert grown.n_trees == 60
    assert shares == pytest.approx([25 / 60, 50 / 60, 1])
    own = None if np.ptp(weights) == 0 else weights
    parts = [
        peer(count, random_state=3 + start).fit(ROWS, TARGETS, own).predict_proba(NEW) * count
        for start, count in ((0, 25), (25, 25), (50, 10))
    ]
    np.testing.assert_allclose(votes(grown), sum(parts) / 60, atol=1e-6)


def test_without_intelex_a_sentence_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearnex", None)
    with pytest.raises(TrainingError, match=r"pip install 'annotat_nb\[fast\]', or train without"):
        fitted(RandomForest(intelex=True))
