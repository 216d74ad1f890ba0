import numpy as np
import pytest
import threadpoolctl
from sklearn.neural_network import MLPClassifier

from annotat_nb.classify import MultilayerPerceptron
from annotat_nb.classify.perceptron import Layers

RNG = np.random.default_rng(0)
ROWS = RNG.normal(0, 1, (300, 6)).astype("float32")
NEW = RNG.normal(0, 1, (1000, 6)).astype("float32")


def rings(rows, classes):
    """Classes that no flat boundary separates."""
    return np.digitize(np.abs(rows[:, 0]), np.linspace(0.4, 1.2, classes - 1))


def fitted(classes=2, progress=lambda share: None, **parameters):
    targets = rings(ROWS, classes)
    return MultilayerPerceptron(**parameters).fit(
        ROWS, targets, weights=np.ones(300), seed=0, progress=progress
    )


def shares(layers, rows=NEW):
    return layers.predict_proba(rows, lambda share: None)


@pytest.mark.parametrize("classes", [2, 4])
@pytest.mark.parametrize("sizes", [(30,), (20, 10, 5)])
def test_probabilities_are_those_of_scikit_learn_for_the_same_layers(classes, sizes):
    reference = MLPClassifier(sizes, max_iter=1000, tol=1e-3, random_state=0)
    reference.fit(ROWS, rings(ROWS, classes))
    layers = Layers.of(reference.coefs_, reference.intercepts_)
    np.testing.assert_allclose(shares(layers), reference.predict_proba(NEW), atol=1e-5)


@pytest.mark.parametrize("classes", [2, 4])
def test_it_learns_as_well_as_that_of_scikit_learn(classes):
    targets = rings(NEW, classes)
    reference = MLPClassifier(max_iter=400, tol=1e-2, random_state=0)
    reference.fit(ROWS, rings(ROWS, classes))
    found = shares(fitted(classes, max_iter=400)).argmax(axis=1)
    assert (found == targets).mean() > reference.score(NEW, targets) - 0.03
    assert (found == targets).mean() > np.bincount(targets).max() / 1000 + 0.15


def test_training_stops_when_the_loss_no_longer_falls():
    progress = []
    fitted(max_iter=10_000, progress=progress.append)
    assert len(progress) < 2000
    assert progress == sorted(progress)
    assert progress[-1] == 1


def test_training_can_be_cancelled():
    def cancel(share):
        if share > 0.2:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        fitted(progress=cancel)


def test_the_number_of_processors_does_not_matter():
    found = []
    for count in (1, 2):
        with threadpoolctl.threadpool_limits(count, "blas"):
            found.append(fitted().arrays())
    for name, array in found[0].items():
        np.testing.assert_array_equal(array, found[1][name])


@pytest.mark.parametrize(
    ("sizes", "coefficients", "intercepts"),
    [
        ([6], 0, 0),
        ([6, 2], 12, 2),
        ([6, 0, 1], 0, 1),
        ([6, -1, 1], 7, 1),
        ([6, 3, 1], 20, 4),
        ([6, 3, 1], 21, 3),
        ([2**30, 2**30, 2**30], 0, 0),
    ],
)
def test_arrays_that_are_no_layers_are_refused(sizes, coefficients, intercepts):
    with pytest.raises(ValueError, match="units"):
        Layers(
            np.array(sizes, "int32"),
            np.zeros(coefficients, "float32"),
            np.zeros(intercepts, "float32"),
        )
