"""Workspaces whose parameters hold features that are not defined here, as after a restart."""

import subprocess
import sys
import textwrap

import numpy as np
import pytest

import annotat_nb as an
from annotat_nb.store.journal import Journal

FORMER_KERNEL = """
    import sys
    import annotat_nb as an

    @an.feature()
    def {name}(image, plus: int = 1):
        return image + plus

    image = an.read(sys.argv[1])
    with an.Session(image, workspace=sys.argv[2]) as session:
        session.classes.add("ball")
        session.paint([(20, 20), (20, 28)], index=3, label=1, radius=2)
        session.paint([(4, 4), (4, 40)], index=3, label=0, radius=2)
        session.pipeline = an.Pipeline(
            features={features},
            superpixels=an.Waterpixels(seed_spacing=5),
            classifier=an.RandomForest(n_estimators=9),
            selection=None,
        )
        session.generate_superpixels()
        session.apply()
        session.paint([(30, 30)], index=1, label=0, radius=1)
        {end}
"""
LOAD = (
    "session.undo(), session.load_classifier(session.save_classifier(sys.argv[1] + '.classifier'))"
)


@pytest.fixture
def left(volume, tmp_path):
    """Make a workspace in a kernel of its own, where a feature is defined, and return its path."""

    def leave(name, features="(an.Identity(), {}(plus=2))", end=""):
        np.save(tmp_path / "ball.npy", volume.data)
        code = FORMER_KERNEL.format(name=name, features=features.format(name), end=end)
        path = tmp_path / "ball.annotat"
        command = [sys.executable, "-c", textwrap.dedent(code), tmp_path / "ball.npy", path]
        subprocess.run(command, check=True)
        return path

    return leave


def test_all_but_the_feature_is_there_and_it_comes_back_once_it_is_defined(left):
    path = left("first_own")
    with an.open(path) as session:
        (notice,) = session.notices
        assert notice.startswith("Features that are not defined here as they were are left out: ")
        assert "FirstOwn. Define them, then open the workspace again" in notice
        assert session.markers.stroke_count() == 3
        assert session.pipeline == an.Pipeline(
            features=(an.Identity(),),
            superpixels=an.Waterpixels(seed_spacing=5),
            classifier=an.RandomForest(n_estimators=9),
            selection=None,
        )
        assert session.superpixels_serve
        assert session.segmentation is not None
        assert session.parameters_changed  # it was found with the feature
        assert session.changes_since_apply == 1
        session.undo()

    @an.feature()
    def first_own(image, plus: int = 1):
        return image + plus

    with an.open(path) as again:
        assert again.notices == ()
        assert again.pipeline.features == (an.Identity(), first_own(plus=2))
        assert not again.parameters_changed
        expected = again.segmentation.data.copy()
        again.apply()
        np.testing.assert_array_equal(again.segmentation.data, expected)


def test_parameters_that_were_changed_meanwhile_stay(left):
    path = left("second_own")
    with an.open(path) as session:
        session.pipeline = session.pipeline.model_copy(update={"seed": 7})
        session.apply()
        assert not session.parameters_changed

    @an.feature()
    def second_own(image, plus: int = 1):
        return image + plus

    with an.open(path) as again:
        assert again.notices == ()
        assert again.pipeline.features == (an.Identity(),)
        assert again.pipeline.seed == 7
        assert not again.parameters_changed


def test_where_no_feature_is_left_the_usual_ones_serve(left):
    with an.open(left("third_own", features="({}(),)")) as session:
        assert session.pipeline.features == an.Pipeline().features
        session.apply()


def test_a_feature_that_was_defined_otherwise_is_not_taken_for_it(left):
    @an.feature()
    def fourth_own(image, times: int = 2):
        return image * times

    with an.open(left("fourth_own")) as session:
        assert "FourthOwn" in session.notices[0]
        assert session.pipeline.features == (an.Identity(),)


def test_a_classifier_that_was_loaded_comes_back_with_its_feature(left):
    path = left("fifth_own", end=LOAD)
    with an.open(path) as session:
        assert session.loaded is None
        assert session.locks == {}
        assert len(session.notices) == 2
        cannot = "The stored classifier or training data cannot be read until then"
        assert session.notices[1] == cannot

    @an.feature()
    def fifth_own(image, plus: int = 1):
        return image + plus

    with an.open(path) as again:
        assert again.notices == ()
        assert again.loaded.name == "ball.npy.classifier"
        assert again.pipeline.features == again.loaded.pipeline.features
        expected = again.segmentation.data.copy()
        again.apply()
        np.testing.assert_array_equal(again.segmentation.data, expected)


def test_a_classifier_does_not_come_back_to_parameters_that_it_does_not_fit(left):
    path = left("sixth_own", end=LOAD)
    with an.open(path) as session:
        session.pipeline = session.pipeline.model_copy(update={"pooling": ("max",)})

    @an.feature()
    def sixth_own(image, plus: int = 1):
        return image + plus

    with an.open(path) as again:
        assert again.loaded is None
        assert again.pipeline.pooling == ("max",)
        again.apply()
        again.load_classifier(path.with_name("ball.npy.classifier"))
    with an.open(path) as third:
        assert third.loaded is not None
        assert sixth_own(plus=2) in third.pipeline.features


def test_a_kill_between_a_classifier_and_its_parameters_keeps_them_together(
    left, volume, tmp_path, monkeypatch
):
    path = left("seventh_own", features="(an.Sobel(),)", end=LOAD)
    other = tmp_path / "other.annotat"
    with an.Session(volume, workspace=other) as session:
        monkeypatch.setattr(session, "_set_pipeline", lambda pipeline: None)
        session.load_classifier(path.with_name("ball.npy.classifier"))
    with an.open(other) as again:
        assert again.pipeline == again.loaded.pipeline
        again.generate_superpixels()
        again.apply()


def test_parameters_of_another_version_do_not_keep_strokes_out_of_reach(volume, tmp_path):
    path = tmp_path / "ball.annotat"
    with an.Session(volume, workspace=path) as session:
        session.paint([(5, 5)], label=0)
        session.pipeline = an.Pipeline(seed=3)
        newer = {**an.Pipeline().model_dump(mode="json"), "colour": "blue"}
        session.recorder.record("pipeline", newer)
    entries = Journal(path / "journal").entries
    with an.open(path) as again:
        assert "has no parameter 'colour'" in again.notices[0]
        assert again.notices[0].endswith("update annotat_nb")
        assert again.markers.stroke_count() == 1
        assert again.pipeline.seed == 3
    assert Journal(path / "journal").entries == entries
