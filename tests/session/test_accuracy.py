"""What a session tells of its last training."""

import numpy as np
import pytest

import annotat_nb as an


@pytest.fixture
def session():
    image = np.full((2, 40, 40), 50, "uint8")
    image[:, :, 20:] = 200
    with an.Session(an.Volume(image)) as session:
        session.classes.add("bright")
        session.paint([(5, 5), (35, 5)], label=0, radius=2)
        session.paint([(5, 30), (35, 30)], label=1, radius=2)
        session.pipeline = an.Pipeline(classifier=an.RandomForest(n_estimators=20))
        session.generate_superpixels()
        yield session


def test_nothing_is_known_before_the_first_training(session):
    assert session.accuracy is None
    assert session.importances == {}


def test_accuracy_and_importances_are_those_of_the_last_training(session):
    session.preview()
    assert session.accuracy.overall == 1
    painted = session.accuracy.confusion
    assert painted[0][1] == painted[1][0] == 0
    assert min(painted[0][0], painted[1][1]) > 3
    assert sum(session.importances.values()) == pytest.approx(1)
    assert set(session.kept_features) <= set(session.importances)


def test_importances_and_kept_features_tell_every_channel_apart(session):
    @an.feature(title="Own shift")
    def own_shift(image, by: int = 1):
        return image + by

    features = (an.Sobel(), an.Sobel(ndim=3), own_shift(), own_shift(by=2), an.Gaussian(radii=(2,)))
    session.pipeline = session.pipeline.model_copy(
        update={"features": features, "selection": an.FeatureSelection(threshold=0)}
    )
    session.apply()
    assert len(session.importances) == 5
    assert sum(session.importances.values()) == pytest.approx(1)
    assert set(session.kept_features) == session.importances.keys()
    assert "Own shift (by=2), mean" in session.kept_features


def test_without_a_selection_there_are_no_importances(session):
    session.pipeline = session.pipeline.model_copy(update={"selection": None})
    session.apply()
    assert session.importances == {}
    assert session.accuracy.overall == 1
