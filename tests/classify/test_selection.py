import numpy as np
import pytest
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.feature_selection import SelectFromModel

from annotat_nb.classify import FeatureSelection, TrainingError, trees

RNG = np.random.default_rng(0)
ROWS = RNG.normal(0, 1, (300, 8)).astype("float32")
TARGETS = (ROWS[:, 2] - ROWS[:, 5] > 0).astype(int)
METHODS = ["impurity", "drop_column", "permutation"]


def importances(selection, rows=ROWS, targets=TARGETS, weights=None, seed=4, progress=None):
    weights = np.ones(len(rows)) if weights is None else weights
    report = progress or (lambda share: None)
    return selection.importances(rows, targets, weights=weights, seed=seed, progress=report)


@pytest.mark.parametrize("method", METHODS)
def test_features_that_decide_are_kept_and_noise_is_not(method):
    selection = FeatureSelection(method=method, threshold=0.12 if method == "impurity" else 0.03)
    assert selection.choose(importances(selection)).tolist() == [2, 5]


@pytest.mark.parametrize("method", METHODS)
def test_a_threshold_of_0_keeps_what_does_no_harm(method):
    selection = FeatureSelection(method=method, threshold=0)
    chosen = selection.choose(importances(selection))
    assert {2, 5} <= set(chosen.tolist())
    assert len(chosen) == 8 or method != "impurity"


@pytest.mark.parametrize("threshold", [0.0, 0.05, 0.2])
def test_impurity_chooses_as_scikit_learn_does(threshold):
    tables = [ExtraTreesClassifier(50, random_state=seed).fit(ROWS, TARGETS) for seed in range(20)]
    expected = np.array([trees.feature_importances_ for trees in tables])
    found = importances(FeatureSelection())
    assert found.sum() == pytest.approx(1)
    assert (np.abs(found - expected.mean(axis=0)) < 4 * expected.std(axis=0)).all()
    reference = SelectFromModel(tables[0], threshold=threshold, prefit=True)
    chosen = FeatureSelection(threshold=threshold).choose(found)
    np.testing.assert_array_equal(chosen, reference.get_support(indices=True))


def test_of_features_that_say_the_same_dropping_keeps_one():
    rows = np.concatenate([ROWS, ROWS[:, [2, 2, 5]]], axis=1)
    selection = FeatureSelection(method="drop_column", threshold=0.03)
    chosen = selection.choose(importances(selection, rows)).tolist()
    assert len(chosen) == 2
    assert len({2, 8, 9} & set(chosen)) == len({5, 10} & set(chosen)) == 1


def test_what_dropping_leaves_out_costs_less_than_the_threshold():
    targets = (ROWS @ np.linspace(0.2, 1, 8) > 0).astype(int)
    selection = FeatureSelection(method="drop_column", threshold=0.05)
    found = importances(selection, targets=targets)
    chosen = selection.choose(found)
    assert 2 <= len(chosen) < 8
    rest = np.setdiff1d(range(8), chosen)
    assert found[rest].max() < 0.05
    with_all, with_some = (
        importances(FeatureSelection(method="drop_column", threshold=1e-9), rows, targets).max()
        for rows in (ROWS, ROWS[:, chosen])
    )
    assert with_some > with_all - 0.1


def test_importances_are_losses_of_accuracy():
    targets = (ROWS[:, 2] > 0).astype(int)
    for method in ("drop_column", "permutation"):
        found = importances(FeatureSelection(method=method), targets=targets)
        assert found[2] == pytest.approx(0.49, abs=0.1)
        assert np.abs(np.delete(found, 2)).max() < 0.03


@pytest.mark.parametrize("method", METHODS)
def test_samples_that_count_more_decide(method):
    first, second = ROWS[:, 2] > 0, ROWS[:, 5] > 0
    targets = np.where(np.arange(300) < 150, first, second)
    selection = FeatureSelection(method=method)
    for heavy, column in ((np.arange(300) < 150, 2), (np.arange(300) >= 150, 5)):
        found = importances(selection, targets=targets, weights=np.where(heavy, 5.0, 0.1))
        assert found.argmax() == column


@pytest.mark.parametrize("method", METHODS)
def test_the_seed_decides_and_not_the_processors(method, monkeypatch):
    selection = FeatureSelection(method=method)
    found = importances(selection)
    assert not np.array_equal(importances(selection, seed=5), found)
    monkeypatch.setattr(trees, "processors", lambda: 1)
    np.testing.assert_array_equal(importances(selection), found)


@pytest.mark.parametrize("method", METHODS)
def test_it_reports_to_the_end_and_can_be_cancelled(method):
    shares = []
    selection = FeatureSelection(method=method)
    importances(selection, progress=shares.append)
    assert shares == sorted(shares)
    assert len(shares) > 10
    assert shares[-1] == 1

    def cancel(share):
        if share > 0.5:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        importances(selection, progress=cancel)


@pytest.mark.parametrize("method", METHODS)
def test_a_threshold_that_leaves_nothing_says_what_would(method):
    selection = FeatureSelection(method=method, threshold=0.9)
    with pytest.raises(TrainingError, match=r"largest importance is 0\.\d+, .* threshold 0.9;"):
        selection.choose(importances(selection))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("alone", [0, 2])
def test_a_class_of_one_sample_is_no_obstacle(method, alone):
    targets = TARGETS + 1
    targets[0] = alone * 2
    assert importances(FeatureSelection(method=method), targets=targets).argmax() in (2, 5)


@pytest.mark.parametrize("method", METHODS)
def test_two_samples_suffice(method):
    found = importances(FeatureSelection(method=method), ROWS[:2], np.array([0, 1]))
    assert np.isfinite(found).all()
