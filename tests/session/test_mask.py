"""One classifier for sample against background, another inside the sample."""

import threading

import numpy as np
import pytest
import tifffile
from typer.testing import CliRunner

import annotat_nb as an
from annotat_nb import cli
from annotat_nb.io.array_file import read_arrays, write_arrays
from annotat_nb.io.errors import ReadError
from annotat_nb.session.base import SessionError
from annotat_nb.session.recorder import ReadOnly


@pytest.fixture
def image():
    """Background 20; a sample with two phases, 120 and 220."""
    image = np.full((3, 40, 40), 20, "uint8")
    image[:, 8:32, 8:20], image[:, 8:32, 20:32] = 120, 220
    return image


FAST = {"superpixels": None, "selection": None, "classifier": an.RandomForest(n_estimators=10)}


def segment_sample(session):
    session.classes.add("sample")
    session.pipeline = an.Pipeline(features=(an.Identity(),), **FAST)
    session.paint([(2, 2), (2, 36)], label=0, index=1, radius=1)
    session.paint([(16, 10), (16, 28)], label=1, index=1, radius=1)
    session.apply()


def segment_phases(session):
    session.pipeline = session.pipeline.model_copy(update={"mask": (1,)})
    session.erase_all()
    session.classes.add("dark phase")
    session.classes.add("bright phase")
    session.paint([(20, 10), (24, 10)], label=2, index=1, radius=1)
    session.paint([(20, 28), (24, 28)], label=3, index=1, radius=1)
    session.apply()


def test_a_second_classifier_works_inside_the_first_one_s_class(image):
    with an.Session(an.Volume(image)) as session:
        segment_sample(session)
        segment_phases(session)
        expected = np.select([image == 120, image == 220], [2, 3], 0)
        np.testing.assert_array_equal(session.segmentation.data, expected)


def test_the_mask_stays_when_the_label_changes_and_after_reopening(image, tmp_path):
    session = an.Session(an.Volume(image), tmp_path / "w.annotat")
    segment_sample(session)
    segment_phases(session)
    before = session.segmentation.data
    session.close()
    with an.open(tmp_path / "w.annotat") as session:
        assert session.pipeline.mask == (1,)
        session.apply()
        np.testing.assert_array_equal(session.segmentation.data, before)


def begin_phases(session):
    """All that comes before the first job with a mask."""
    segment_sample(session)
    session.pipeline = session.pipeline.model_copy(update={"mask": (1,)})
    session.classes.add("dark phase")
    session.paint([(20, 10), (24, 10)], label=2, index=1, radius=1)
    session.show(z=1)


def fail_to_apply(session):
    session.erase_all()
    session.paint([(2, 2), (2, 36)], label=0, index=1, radius=1)
    session.paint([(36, 2), (36, 36)], label=2, index=1, radius=1)
    with pytest.raises(ValueError, match="No marked voxel lies inside the mask"):
        session.apply()


def update_live(session):
    session.live = True
    assert session.live_update.wait(20)


def save_training_data(session):
    session.save_training_data(session.recorder.workspace.path.parent / "a.training")


@pytest.mark.filterwarnings("ignore:.* lie outside the mask")
@pytest.mark.parametrize("do", [an.Session.preview, update_live, fail_to_apply, save_training_data])
def test_whatever_first_uses_a_mask_stores_it(image, tmp_path, do):
    path = tmp_path / "w.annotat"
    with an.Session(an.Volume(image), path) as session:
        begin_phases(session)
        expected = session.segmentation.data
        do(session)
        assert len(list(path.glob("results/mask-*"))) == 1
    with an.open(path) as again:
        assert again.notices == ()
        np.testing.assert_array_equal(again.results.mask.data, expected)


@pytest.mark.parametrize("takes_over", [False, True])
def test_a_mask_is_stored_though_its_job_never_began(image, tmp_path, takes_over):
    path, gate = tmp_path / "w.annotat", threading.Event()
    session = an.Session(an.Volume(image), path)
    begin_phases(session)
    expected = session.segmentation.data
    session.runner.submit("Long", lambda job: gate.wait(20))
    session.apply(block=False).cancel()
    threading.Timer(0.1, gate.set).start()
    if not takes_over:
        session.close()
    with an.open(path) as again:
        assert again.notices == ()
        np.testing.assert_array_equal(again.results.mask.data, expected)
    session.close()


@pytest.mark.filterwarnings("ignore:.* lie outside the mask")
def test_who_only_looks_may_save_training_data_from_inside_a_mask(image, tmp_path):
    with an.Session(an.Volume(image), tmp_path / "w.annotat") as session:
        begin_phases(session)
        session.save_training_data(tmp_path / "a.training")
        expected = (tmp_path / "a.training").read_bytes()
        session.pipeline = session.pipeline.model_copy(update={"mask": None})
        session.pipeline = session.pipeline.model_copy(update={"mask": (1,)})
        with an.open(tmp_path / "w.annotat", read_only=True) as looking:
            looking.save_training_data(tmp_path / "b.training")
    assert (tmp_path / "b.training").read_bytes() == expected


def test_a_result_is_dropped_when_the_mask_was_lifted_meanwhile(image):
    with an.Session(an.Volume(image)) as session:
        begin_phases(session)
        masked, gate = session.pipeline, threading.Event()
        session.runner.submit("Long", lambda job: gate.wait(20))
        job = session.apply(block=False)
        session.pipeline = masked.model_copy(update={"mask": None})
        session.pipeline = masked
        gate.set()
        with pytest.raises(SessionError, match="changed meanwhile, so the result was dropped"):
            job.result()


def test_lifting_the_mask_classifies_everything_again(image):
    with an.Session(an.Volume(image)) as session:
        segment_sample(session)
        segment_phases(session)
        session.pipeline = session.pipeline.model_copy(update={"mask": None})
        session.apply()
        assert set(np.unique(session.segmentation.data)) == {2, 3}
        assert session.results.mask is None


def test_a_mask_without_a_label_is_a_sentence(image):
    with an.Session(an.Volume(image)) as session:
        session.pipeline = an.Pipeline(mask=(1,), **FAST)
        session.classes.add("sample")
        session.paint([(2, 2)], label=0)
        session.paint([(16, 16)], label=1)
        with pytest.raises(SessionError, match="names classes of a label, and there is none"):
            session.apply()


def test_a_mask_of_no_class_is_refused():
    with pytest.raises(ValueError, match="at least one class; None lifts it"):
        an.Pipeline(mask=())


def save_phases(image, path):
    """Save a classifier that was trained inside the sample."""
    with an.Session(an.Volume(image)) as session:
        segment_sample(session)
        segment_phases(session)
        return session.save_classifier(path)


def test_a_classifier_of_a_mask_says_so_wherever_it_is_used(image, tmp_path):
    path = save_phases(image, tmp_path / "phases.classifier")
    expected = "trained inside the class sample of another label: without a mask, the whole image"
    assert expected in an.load_classifier(path).confinement
    with an.Session(an.Volume(image), tmp_path / "w.annotat") as session:
        session.load_classifier(path)
        assert expected in session.caution
        assert "is classified as dark phase or bright phase" in session.caution
        with pytest.warns(UserWarning, match=expected):
            session.apply()
    with an.open(tmp_path / "w.annotat") as again:
        assert expected in again.caution
        again.pipeline = again.pipeline.model_copy(update={"mask": (1,)})
        assert again.caution is None


def test_a_classifier_without_a_mask_and_an_older_file_say_nothing_of_one(image, tmp_path):
    with an.Session(an.Volume(image)) as session:
        segment_sample(session)
        assert session.trained.confinement == ""
    path = save_phases(image, tmp_path / "phases.classifier")
    head, arrays = read_arrays(path, "classifier", 1)
    del head["inside"]
    write_arrays(path, "classifier", head, arrays)
    assert an.load_classifier(path).inside == ()
    write_arrays(path, "classifier", head | {"inside": "sample"}, arrays)
    with pytest.raises(ReadError, match="does not list the classes inside which"):
        an.load_classifier(path)


def test_the_command_says_that_a_classifier_needs_a_mask(image, tmp_path):
    path = save_phases(image, tmp_path / "phases.classifier")
    tifffile.imwrite(tmp_path / "scan.tif", image, photometric="minisblack")
    said = CliRunner().invoke(
        cli.app, ["classify", str(path), str(tmp_path / "scan.tif"), "-o", str(tmp_path / "out")]
    )
    assert said.exit_code == 0
    assert "phases.classifier: It was trained inside the class sample" in said.stderr


def test_marks_outside_the_mask_are_counted(image):
    with an.Session(an.Volume(image)) as session:
        segment_sample(session)
        segment_phases(session)
        session.apply()  # no warning: all are inside
        session.paint([(2, 2), (2, 36)], label=2, index=1, radius=0)
        marked = session.markers.marked()[0].size
        expected = rf"35 of {marked} marked voxels lie outside the mask \(sample\) and are not used"
        with pytest.warns(UserWarning, match=expected):
            session.apply()


def test_a_mask_can_take_the_label_that_was_loaded_since(image, tmp_path):
    halves = np.zeros(image.shape, "uint8")
    halves[:, 16:] = 1
    tifffile.imwrite(tmp_path / "halves.tif", halves, photometric="minisblack")
    with an.Session(an.Volume(image), tmp_path / "w.annotat") as session:
        session.renew_mask()
        assert session.results.mask is None
        segment_sample(session)
        segment_phases(session)
        session.load_label(tmp_path / "halves.tif")
        assert session.results.mask.origin == "Apply"
        assert session.is_trained
        session.renew_mask()
        assert not session.is_trained
        session.apply()
        assert session.is_trained
        expected = np.where(halves == 1, np.where(image == 220, 3, 2), 0)
        np.testing.assert_array_equal(session.segmentation.data, expected)
    with an.open(tmp_path / "w.annotat") as again:
        np.testing.assert_array_equal(again.results.mask.data, halves)
        assert again.is_trained
    with an.open(tmp_path / "w.annotat", read_only=True) as looking, pytest.raises(ReadOnly):
        looking.renew_mask()
