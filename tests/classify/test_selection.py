import numpy as np
import pytest
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.feature_selection import SelectFromModel

from annotat_nb.classify import FeatureSelection, TrainingError

RNG = np.random.default_rng(0)
ROWS = RNG.normal(0, 1, (200, 8)).astype("float32")
TARGETS = (ROWS[:, 2] - ROWS[:, 5] > 0).astype(int)


@pytest.mark.parametrize("threshold", [0.0, 0.05, 0.2])
def test_columns_are_chosen_as_scikit_learn_does(threshold):
    trees = ExtraTreesClassifier(n_estimators=50, random_state=4)
    reference = SelectFromModel(trees, threshold=threshold).fit(ROWS, TARGETS)
    chosen = FeatureSelection(threshold=threshold).choose(
        ROWS, TARGETS, weights=np.ones(len(TARGETS)), seed=4
    )
    np.testing.assert_array_equal(chosen, reference.get_support(indices=True))
    assert {2, 5} <= set(chosen)


def test_a_threshold_that_leaves_nothing_says_what_would():
    with pytest.raises(TrainingError, match=r"largest importance is 0\.\d+, .* threshold 0.9;"):
        FeatureSelection(threshold=0.9).choose(ROWS, TARGETS, weights=np.ones(len(TARGETS)), seed=0)
