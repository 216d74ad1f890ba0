"""Going on from what was learnt before: classifiers and training data in files."""

import pickle
import random
import signal
import subprocess
import sys
import time
import warnings

import numpy as np
import pytest

import annotat_nb as an
from annotat_nb.classify import Marks, Segmenter
from annotat_nb.session import SessionClosed, SessionError
from annotat_nb.session.reusing import SAVED_FROM_HERE

FAST = an.Pipeline(
    features=(an.Identity(), an.Gaussian(radii=(1, 2))),
    superpixels=an.Waterpixels(seed_spacing=4),
    selection=None,
    classifier=an.RandomForest(n_estimators=20),
)
PER_VOXEL = FAST.model_copy(update={"superpixels": None})


def paint_both(session, name="ball", label=1):
    if name not in [item.name for item in session.classes]:
        session.classes.add(name)
    session.paint([(20, 20), (20, 28)], index=3, label=label, radius=2)
    session.paint([(4, 4), (4, 40)], index=3, label=0, radius=2)


@pytest.fixture
def other():
    """Another image of the same materials."""
    rng = np.random.default_rng(5)
    z, y, x = np.ogrid[:5, :44, :36]
    ball = (z - 2) ** 2 * 9 + (y - 26) ** 2 + (x - 15) ** 2 < 120
    image = np.where(ball, 160, 60) + rng.normal(0, 12, (5, 44, 36))
    return an.Volume(image.clip(0, 255).astype("uint8"), name="other")


@pytest.fixture(params=["superpixels", "voxels"])
def pipeline(request):
    return FAST if request.param == "superpixels" else PER_VOXEL


@pytest.fixture
def files(volume, tmp_path, pipeline):
    """A classifier and training data of the ball, and the label that they led to."""
    with an.Session(volume) as session:
        paint_both(session)
        session.pipeline = pipeline
        apply(session)
        classifier = session.save_classifier(tmp_path / "ball.classifier")
        training = session.save_training_data(tmp_path / "ball.training")
        return classifier, training, session.segmentation.data.copy()


@pytest.fixture
def classifier(files):
    return files[0]


@pytest.fixture
def training(files):
    return files[1]


def apply(session):
    if session.pipeline.superpixels is not None:
        session.generate_superpixels()
    session.apply()


# Classifiers


def test_a_loaded_classifier_needs_no_stroke(volume, files):
    with an.Session(volume) as session:
        session.load_classifier(files[0])
        apply(session)
        np.testing.assert_array_equal(session.segmentation.data, files[2])
        assert [item.name for item in session.classes] == ["Background", "ball"]


def test_another_image_is_segmented_as_the_file_alone_does_it(other, classifier):
    with an.Session(other) as session:
        session.load_classifier(classifier)
        apply(session)
        expected = an.load_classifier(classifier).segment(other)
        np.testing.assert_array_equal(session.segmentation.data, expected.labels)
        np.testing.assert_array_equal(session.probabilities, np.asarray(expected.probabilities))
        session.preview(index=2)
        seen = session.previewed.labels >= 0
        there = session.segmentation.data[session.previewed.box]
        np.testing.assert_array_equal(session.previewed.labels[seen], there[seen])


def test_its_parameters_come_with_it_and_stay(other, classifier, pipeline):
    with an.Session(other) as session:
        session.load_classifier(classifier)
        assert session.pipeline == pipeline
        changes = {
            "features": (an.Identity(),),
            "pooling": ("max",),
            "superpixels": an.Slic(),
            "selection": an.FeatureSelection(),
            "classifier": an.LinearSvm(),
            "seed": 7,
        }
        assert session.locks.keys() == changes.keys()
        for name, value in changes.items():
            with pytest.raises(
                SessionError, match=r" to ball\.classifier: let go of it to change this"
            ):
                session.pipeline = pipeline.model_copy(update={name: value})
            assert session.obstacle(name) == session.locks[name]
        session.pipeline = pipeline.model_copy(update={"device": "cpu"})
        session.forget_classifier()
        assert session.locks == {}
        session.pipeline = pipeline.model_copy(update={"seed": 7})


def test_painting_trains_anew_on_what_is_painted_alone_and_warns_before(
    other, classifier, pipeline
):
    with an.Session(other) as session:
        session.load_classifier(classifier)
        assert session.caution is None
        session.paint([(26, 12), (26, 18)], index=2, label=1, radius=2)
        if pipeline.superpixels is not None:
            session.generate_superpixels()
        assert "undo what was painted to use ball.classifier as it is" in session.obstacle("apply")
        session.paint([(4, 4), (4, 30)], index=2, label=0, radius=2)
        assert session.obstacle("apply") is None
        assert "trains anew, on the strokes of this image alone" in session.caution
        with pytest.warns(UserWarning, match="undo them to go on with ball.classifier"):
            session.apply()
        with an.Session(other) as alone:
            alone.classes.add("ball")
            alone.paint([(26, 12), (26, 18)], index=2, label=1, radius=2)
            alone.paint([(4, 4), (4, 30)], index=2, label=0, radius=2)
            alone.pipeline = pipeline
            apply(alone)
            np.testing.assert_array_equal(session.segmentation.data, alone.segmentation.data)
        assert session.locks


def test_taking_the_strokes_back_brings_it_into_use_again(volume, files):
    with an.Session(volume) as session:
        session.load_classifier(files[0])
        apply(session)
        session.paint([(4, 4)], label=0)
        assert session.obstacle("apply") is not None
        session.undo()
        assert session.caution is None
        assert session.obstacle("apply") is None
        session.apply()
        np.testing.assert_array_equal(session.segmentation.data, files[2])


def test_strokes_from_before_do_not_keep_it_from_being_used(volume, files):
    with an.Session(volume) as session:
        session.classes.add("ball")
        session.paint([(4, 4), (4, 40)], index=3, label=1, radius=2)  # wrong on purpose
        session.paint([(20, 20), (20, 28)], index=3, label=0, radius=2)
        session.load_classifier(files[0])
        assert session.caution is None
        apply(session)
        np.testing.assert_array_equal(session.segmentation.data, files[2])


def test_an_annotation_that_is_loaded_counts_as_painted(volume, classifier, tmp_path):
    with an.Session(volume) as session:
        paint_both(session)
        markers = session.save_annotation(tmp_path / "markers.tif")
    with an.Session(volume) as session:
        session.load_classifier(classifier)
        session.load_annotation(markers)
        assert "trains anew" in session.caution


def test_who_does_not_wait_is_not_warned_twice(painted, classifier):
    painted.load_classifier(classifier)
    painted.paint([(6, 6)], label=0)
    if painted.pipeline.superpixels is not None:
        painted.generate_superpixels()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        painted.apply(block=False).wait()
    assert painted.segmentation is not None


def test_an_image_unlike_the_one_it_learnt_from_is_said(volume, classifier):
    brighter = an.Volume(volume.data.astype("uint16") * 200, name="bright")
    with an.Session(brighter) as session:
        session.load_classifier(classifier)
        assert "bright has" in session.caution
        assert "bring it to the same scale" in session.caution
        session.forget_classifier()
        assert session.caution is None


def test_an_image_unlike_the_one_training_data_come_from_is_said(volume, training):
    brighter = an.Volume(volume.data.astype("uint16") * 200, name="bright")
    with an.Session(volume) as session:
        session.load_training_data(training)
        assert session.caution is None
        assert session.loaded.news == ""
        paint_both(session)
        session.load_training_data(training)
        assert session.loaded.news == SAVED_FROM_HERE
    with an.Session(brighter) as session:
        session.load_training_data(training)
        assert session.caution.startswith("The training data come from values of about")
        assert "bright has" in session.caution
        paint_both(session)
        if session.pipeline.superpixels is not None:
            session.generate_superpixels()
        both = session.save_training_data(training.with_name("both.training"))
        session.forget_training_data()
        assert session.caution is None
        session.load_training_data(both)
        assert session.caution is None


def test_a_label_of_another_classifier_is_said_to_be_older(volume, files):
    with an.Session(volume) as session:
        session.load_classifier(files[0])
        apply(session)
        assert not session.parameters_changed
        session.load_classifier(files[0])
        assert session.parameters_changed
        session.apply()
        assert not session.parameters_changed
        session.forget_classifier()
        assert session.parameters_changed


def test_a_loaded_classifier_can_be_saved_again(volume, files, tmp_path):
    with an.Session(volume) as session:
        session.load_classifier(files[0])
        again = session.save_classifier(tmp_path / "again")
    assert again.name == "again.classifier"
    assert again.read_bytes() == files[0].read_bytes()


def test_the_classifier_in_hand_segments_other_images(painted, other, pipeline):
    assert painted.trained is None
    painted.pipeline = pipeline
    apply(painted)
    painted.classes.rename(1, "sphere")
    assert [item.name for item in painted.trained.classes] == ["Background", "sphere"]
    assert painted.trained.segment(other).labels.shape == other.shape


def test_a_result_is_dropped_when_another_classifier_was_loaded_meanwhile(
    volume, classifier, monkeypatch
):
    with an.Session(volume) as session:
        session.load_classifier(classifier)
        if session.pipeline.superpixels is not None:
            session.generate_superpixels()
        engine_segment = session._engine.segment

        def meanwhile(*arguments):
            session.load_classifier(classifier)
            return engine_segment(*arguments)

        monkeypatch.setattr(session._engine, "segment", meanwhile)
        with pytest.raises(SessionError, match="changed meanwhile"):
            session.apply()


# Training data


def test_loaded_training_data_suffice_to_train(volume, files):
    with an.Session(volume) as session:
        session.load_training_data(files[1])
        apply(session)
        np.testing.assert_array_equal(session.segmentation.data, files[2])


def test_what_is_painted_is_learnt_besides(other, training, pipeline):
    with an.Session(other) as session:
        session.load_training_data(training)
        session.paint([(26, 12), (26, 18)], index=2, label=1, radius=2)
        apply(session)
        assert session.caution is None
        data = session.loaded.data
        method = pipeline.superpixels
        segmenter = Segmenter(other, None if method is None else method(other.data))
        marks = Marks(*session.markers.marked())
        model = segmenter.fit(pipeline, marks, stored=data)
        np.testing.assert_array_equal(session.segmentation.data, segmenter.predict(model).labels)
        again = session.save_training_data(training.with_name("both.training"))
    with an.Session(other) as session:
        session.load_training_data(again)
        assert len(session.loaded.data) == len(data) + len(segmenter.collect(pipeline, marks))
        apply(session)
        np.testing.assert_array_equal(session.segmentation.data, segmenter.predict(model).labels)


def test_features_stay_and_the_classifier_may_change(other, training, pipeline):
    with an.Session(other) as session:
        session.load_training_data(training)
        assert session.locks.keys() == {"features", "superpixels", "pooling"}
        with pytest.raises(SessionError, match=r"The filters belong to ball\.training"):
            session.pipeline = pipeline.model_copy(update={"features": (an.Sobel(),)})
        changed = pipeline.model_copy(
            update={"classifier": an.LinearSvm(), "selection": an.FeatureSelection(), "seed": 3}
        )
        session.pipeline = changed
        apply(session)
        assert session.trained.pipeline == changed
        session.forget_training_data()
        assert session.locks == {}
        assert "Paint at least two classes" in session.obstacle("apply")


def test_training_data_alone_of_one_class_need_another(volume, training, tmp_path, pipeline):
    with an.Session(volume) as session:
        session.pipeline = pipeline
        session.paint([(4, 4), (4, 40)], index=3, label=0, radius=2)
        if pipeline.superpixels is not None:
            session.generate_superpixels()
        one = session.save_training_data(tmp_path / "one")
    with an.Session(volume) as session:
        session.load_training_data(one)
        if pipeline.superpixels is not None:
            session.generate_superpixels()
        missing = "Paint a second class: so far only Background has strokes"
        assert session.obstacle("apply") == missing
        session.classes.add("ball")
        session.paint([(20, 20), (20, 28)], index=3, label=1, radius=2)
        session.apply()
        assert set(np.unique(session.segmentation.data)) == {0, 1}


def test_one_thing_is_loaded_at_a_time(other, files):
    with an.Session(other) as session:
        session.load_classifier(files[0])
        session.load_training_data(files[1])
        assert session.loaded.model is None
        session.forget_classifier()
        assert session.loaded is not None
        session.load_classifier(files[0])
        session.forget_training_data()
        assert session.loaded.data is None


def test_training_data_are_saved_after_the_parameters_changed(painted, tmp_path):
    painted.pipeline = FAST
    painted.generate_superpixels()
    painted.pipeline = FAST.model_copy(update={"superpixels": an.Waterpixels(seed_spacing=6)})
    painted.save_training_data(tmp_path / "a")
    assert painted.superpixels_serve
    job = painted.save_training_data(tmp_path / "b", block=False)
    assert job.result() == tmp_path / "b.training"


# Classes


def test_classes_are_the_same_by_name_whatever_their_number(volume, files):
    with an.Session(volume) as session:
        session.classes.add("pore")
        session.classes.add("ball")
        session.load_classifier(files[0])
        assert [item.name for item in session.classes] == ["Background", "pore", "ball"]
        apply(session)
        np.testing.assert_array_equal(session.segmentation.data, files[2] * 2)
        assert session.loaded.news == "ball is class 2 here"
        probabilities = np.asarray(session.probabilities)
        np.testing.assert_array_equal(probabilities.argmax(axis=0), files[2])


def test_a_class_whose_number_is_taken_gets_another(volume, training, files):
    with an.Session(volume) as session:
        session.classes.add("pore")
        session.load_training_data(training)
        assert [(item.id, item.name) for item in session.classes] == [
            (0, "Background"),
            (1, "pore"),
            (2, "ball"),
        ]
        assert session.classes[2].color != session.classes[1].color
        apply(session)
        np.testing.assert_array_equal(session.segmentation.data, files[2] * 2)


def test_background_is_background_under_any_name(volume, files):
    with an.Session(volume) as session:
        session.classes.rename(0, "air")
        session.load_classifier(files[0])
        assert [item.name for item in session.classes] == ["air", "ball"]


def test_a_class_that_was_taken_away_is_missed_before_anything_is_relabelled(volume, files):
    with an.Session(volume) as session:
        session.load_classifier(files[0])
        if session.pipeline.superpixels is not None:
            session.generate_superpixels()
        assert session.undo() == "load classifier"
        with pytest.raises(SessionError, match=r"A class that ball\.classifier knows was taken"):
            session.apply()
        session.redo()
        session.apply()
        np.testing.assert_array_equal(session.segmentation.data, files[2])


# Workspaces


@pytest.mark.parametrize("number", [0, 1])
def test_what_was_loaded_comes_back(other, files, tmp_path, number):
    path = tmp_path / "other.annotat"
    with an.Session(other, workspace=path) as session:
        session.classes.add("pore")
        (session.load_classifier, session.load_training_data)[number](files[number])
        apply(session)
        expected = session.segmentation.data.copy()
    files[number].unlink()
    with an.open(path) as again:
        assert again.notices == ()
        assert again.locks
        assert not again.parameters_changed
        assert again.obstacle("apply") is None
        again.apply()
        np.testing.assert_array_equal(again.segmentation.data, expected)
        again.forget_classifier()
        again.forget_training_data()
    with an.open(path) as third:
        assert third.loaded is None
        assert third.parameters_changed


def test_strokes_made_since_are_still_known_as_such(volume, files, tmp_path):
    path = tmp_path / "a.annotat"
    with an.Session(volume, workspace=path) as session:
        paint_both(session)
        session.load_classifier(files[0])
        session.paint([(4, 9)], label=0)
    with an.open(path) as again:
        assert "trains anew" in again.caution
        again.undo()
        assert again.caution is None


def test_the_classifier_of_the_last_apply_comes_back(volume, tmp_path, pipeline):
    path = tmp_path / "a.annotat"
    with an.Session(volume, workspace=path) as session:
        paint_both(session)
        session.pipeline = pipeline
        apply(session)
        session.apply()
        expected = session.save_classifier(tmp_path / "first").read_bytes()
        assert len(list((path / "results").glob("classifier-*"))) == 1
    with an.open(path) as again:
        assert again.obstacle("save_classifier") is None
        assert again.save_classifier(tmp_path / "second").read_bytes() == expected


def test_what_was_loaded_and_is_damaged_is_said(volume, classifier, tmp_path):
    path = tmp_path / "a.annotat"
    with an.Session(volume, workspace=path) as session:
        session.load_classifier(classifier)
    (stored,) = (path / "results").glob("loaded-*")
    stored.write_bytes(stored.read_bytes()[:-1])
    with an.open(path) as again:
        assert again.loaded is None
        assert again.notices == (
            "The stored classifier or training data cannot be read any more: load it again",
        )


def test_a_damaged_classifier_of_the_last_apply_is_said_when_it_is_saved(painted, volume, tmp_path):
    path = tmp_path / "a.annotat"
    with an.Session(volume, workspace=path) as session:
        paint_both(session)
        session.pipeline = PER_VOXEL
        session.apply()
    (stored,) = (path / "results").glob("classifier-*")
    stored.write_bytes(stored.read_bytes()[:-1])
    with an.open(path) as again, pytest.raises(SessionError, match="press Apply again"):
        again.save_classifier(tmp_path / "b")


def test_a_full_disk_keeps_what_was_loaded_in_memory(volume, classifier, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    path = tmp_path / "a.annotat"
    with an.Session(volume, workspace=path) as session:
        with monkeypatch.context() as patch:
            patch.setattr("annotat_nb.io.array_file.atomic_write", full)
            session.load_classifier(classifier)
        assert session.recorder.state == "not saved"
        assert session.loaded is not None
        session.recorder.retry()
        assert session.recorder.state == "saved"
    with an.open(path) as again:
        assert again.loaded.name == "ball.classifier"


def test_a_parameter_that_is_free_has_no_obstacle_and_a_word_that_means_nothing_is_refused(
    session, volume, classifier, tmp_path
):
    assert not session.markers.stroke_count()
    assert session.superpixels is None
    for parameter in an.Pipeline.model_fields:
        assert session.obstacle(parameter) is None
    session.load_classifier(classifier)
    assert session.obstacle("features") == session.locks["features"]
    assert session.obstacle("device") is None
    with pytest.raises(ValueError, match="parameter is called 'aply'; did you mean 'apply'"):
        session.obstacle("aply")
    with (
        an.Session(volume, workspace=tmp_path / "a.annotat"),
        an.open(tmp_path / "a.annotat", read_only=True) as looking,
    ):
        assert "open elsewhere" in looking.obstacle("features")


def test_a_session_that_only_looks_loads_nothing_but_saves(volume, files, tmp_path):
    path = tmp_path / "a.annotat"
    with an.Session(volume, workspace=path) as session:
        session.load_classifier(files[0])
        with an.open(path, read_only=True) as looking:
            for load, file in (
                (looking.load_classifier, files[0]),
                (looking.load_training_data, files[1]),
            ):
                with pytest.raises(SessionClosed, match="can only be looked at"):
                    load(file)
            looking.save_classifier(tmp_path / "copy")


# What is refused


def test_there_must_be_something_to_save(session, tmp_path):
    with pytest.raises(SessionError, match="No classifier is trained yet"):
        session.save_classifier(tmp_path / "a")
    with pytest.raises(SessionError, match="Nothing is painted yet"):
        session.save_training_data(tmp_path / "a")
    session.paint([(4, 4)], label=0)
    with pytest.raises(SessionError, match="Generate superpixels first"):
        session.save_training_data(tmp_path / "a")


def test_nothing_of_another_kind_is_written_over(painted, tmp_path):
    painted.pipeline = PER_VOXEL
    painted.apply()
    image = tmp_path / "scan.tif"
    image.write_bytes(b"image")
    for save in (painted.save_classifier, painted.save_training_data):
        with pytest.raises(SessionError, match=r"scan\.tif: has the ending of another kind"):
            save(image)
        with pytest.raises(an.WriteError, match="there is no folder"):
            save(tmp_path / "no" / "a")
    assert [path.name for path in tmp_path.iterdir()] == ["scan.tif"]


def test_a_file_of_another_kind_is_refused_and_nothing_changes(session, files):
    before = session.pipeline
    with pytest.raises(an.ReadError, match=r"^ball\.training: holds 'training data', not a class"):
        session.load_classifier(files[1])
    with pytest.raises(an.ReadError, match=r"^ball\.classifier: holds 'classifier', not a train"):
        session.load_training_data(files[0])
    assert (session.loaded, session.pipeline, len(session.classes)) == (None, before, 1)


def test_a_pickle_is_refused_with_the_way_over(session, tmp_path):
    path = tmp_path / "old.classifier"
    path.write_bytes(pickle.dumps({"version": "1.0", "classifier": object()}))
    for load in (session.load_classifier, session.load_training_data):
        with pytest.raises(
            an.ReadError, match=r"^old\.classifier: is a Python pickle, as Annotat3D"
        ):
            load(path)


# Faults

KILLER = """
import sys
import annotat_nb as an
with an.open(sys.argv[1]) as session:
    print("ready", flush=True)
    while True:
        session.load_classifier(sys.argv[2])
        session.apply()
        session.load_training_data(sys.argv[3])
        session.forget_training_data()
"""


@pytest.mark.parametrize("trials", [3, pytest.param(60, marks=pytest.mark.soak)])
def test_a_kill_at_any_time_leaves_a_workspace_that_opens(other, tmp_path, trials):
    with an.Session(other) as session:
        session.classes.add("ball")
        session.paint([(26, 12), (26, 18)], index=2, label=1, radius=2)
        session.paint([(4, 4), (4, 30)], index=2, label=0, radius=2)
        session.pipeline = PER_VOXEL
        session.apply()
        files = session.save_classifier(tmp_path / "a"), session.save_training_data(tmp_path / "a")
    path = tmp_path / "a.annotat"
    an.Session(other, workspace=path).close()
    wait = random.Random(0)
    for _ in range(trials):
        command = [sys.executable, "-c", KILLER, path, *files]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            process.stdout.readline()
            time.sleep(wait.uniform(0, 0.6))
            process.send_signal(signal.SIGKILL)
        with an.open(path) as session:
            told = [notice for notice in session.notices if "load it again" in notice]
            assert session.loaded is not None or not session.locks
            assert len(told) <= 1
            if session.loaded is not None:
                assert session.obstacle("apply") is None
    with an.open(path) as session:
        session.load_classifier(files[0])
    assert not list((path / "results").glob(".annotat-*"))
