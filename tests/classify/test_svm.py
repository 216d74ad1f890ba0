import numpy as np
import pytest
from sklearn.svm import LinearSVC

from annotat_nb.classify import LinearSvm

RNG = np.random.default_rng(0)
ROWS = RNG.normal(0, 1, (300, 4)).astype("float32")
NEW = RNG.normal(0, 1, (1000, 4)).astype("float32")


@pytest.mark.parametrize("classes", [2, 4])
def test_the_likeliest_class_is_that_of_the_support_vector_machine(classes):
    targets = np.digitize(ROWS[:, 0] + ROWS[:, 1], np.linspace(-1, 1, classes - 1))
    reference = LinearSVC(C=0.5, dual="auto", random_state=0).fit(ROWS, targets)
    boundaries = LinearSvm(C=0.5).fit(
        ROWS, targets, weights=np.ones(len(targets)), seed=0, progress=lambda share: None
    )
    shares = boundaries.predict_proba(NEW, lambda share: None)
    np.testing.assert_array_equal(shares.argmax(axis=1), reference.predict(NEW))
    np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-6)
    assert shares.dtype == np.float32


def test_probability_grows_with_the_distance_to_the_boundary():
    targets = (ROWS[:, 0] > 0).astype(int)
    boundaries = LinearSvm().fit(
        ROWS, targets, weights=np.ones(len(targets)), seed=0, progress=lambda share: None
    )
    line = np.zeros((9, 4), "float32")
    line[:, 0] = np.linspace(-3, 3, 9)
    second = boundaries.predict_proba(line, lambda share: None)[:, 1]
    assert (np.diff(second) > 0).all()
    assert second[4] == pytest.approx(0.5, abs=0.2)
