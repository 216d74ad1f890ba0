"""What must never lose a stroke that the page calls saved: interrupts, take-overs, damage."""

import signal
import threading

import numpy as np
import pytest
import tifffile

import annotat_nb as an
from annotat_nb.session import SessionClosed, SessionError
from annotat_nb.store import WorkspaceError

FAST = an.Pipeline(
    superpixels=None,
    features=(an.Identity(),),
    selection=None,
    classifier=an.RandomForest(n_estimators=5),
)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "ball.annotat"


def paint_both(session):
    session.classes.add("ball")
    session.paint([(20, 20), (20, 28)], index=3, label=1, radius=2)
    session.paint([(4, 4), (4, 40)], index=3, label=0, radius=2)
    session.pipeline = FAST


def paint_on(session, timer):
    timer.start()
    for number in range(100_000):
        session.paint([(number % 40, 9), (9, number % 40)], label=0, radius=2)


@pytest.mark.parametrize("milliseconds", range(2, 22))
def test_an_interrupt_while_painting_costs_one_stroke_at_most(volume, path, milliseconds):
    session = an.Session(volume, workspace=path)
    timer = threading.Timer(
        milliseconds / 1000,
        signal.pthread_kill,
        (threading.main_thread().ident, signal.SIGINT),
    )
    with pytest.raises(KeyboardInterrupt):
        paint_on(session, timer)
    timer.join()
    session.paint([(9, 9)], label=0)
    expected = np.asarray(session.markers.data)
    session.close()
    with an.open(path) as again:
        np.testing.assert_array_equal(again.markers.data, expected)


def test_a_session_that_was_taken_over_writes_nothing(volume, path):
    former = an.Session(volume, workspace=path)
    former.classes.add("ball")
    with an.Session(volume, workspace=path) as session:
        former.classes.show(1, False)
        for column in (5, 15):
            session.paint([(5, column)], label=1)
        with pytest.raises(SessionClosed):
            former.undo()
    with an.open(path) as again:
        assert again.markers.stroke_count() == 2
        assert again.classes[1].visible
    former.close()


def test_taking_over_while_a_result_is_written_loses_nothing(volume, path):
    for _ in range(5):
        former = an.Session(volume, workspace=path)
        if 1 not in former.classes:
            paint_both(former)
        landed = threading.Event()
        former.results.segmentation_changed.connect(landed.set)
        job = former.apply(block=False)
        assert landed.wait(30)
        with an.Session(volume, workspace=path) as session:
            count = session.markers.stroke_count()
            job.wait(30)
            session.paint([(30, 5)], index=count % 6, label=1, radius=0)
        with an.open(path) as again:
            assert again.markers.stroke_count() == count + 1
        former.close()


def test_a_session_is_not_disturbed_by_the_wrong_image(volume, path):
    with an.Session(volume, workspace=path) as session:
        with pytest.raises(WorkspaceError, match="belongs to ball"):
            an.Session(an.Volume(np.zeros((3, 3, 3))), workspace=path)
        session.paint([(5, 5)], label=0)


def test_nobody_takes_over_what_the_disk_still_refuses(volume, path, monkeypatch):
    def full(_):
        raise OSError(28, "No space left on device")

    with an.Session(volume, workspace=path) as session:
        with monkeypatch.context() as patch:
            patch.setattr("os.fdatasync", full)
            session.paint([(5, 5)], label=0)
            with pytest.raises(WorkspaceError, match="1 actions of the session that is open"):
                an.Session(volume, workspace=path)
        session.recorder.retry()
        assert session.recorder.state == "saved"
    with an.open(path) as again:
        assert again.markers.stroke_count() == 1


@pytest.mark.parametrize("at", [0.2, 0.5, 0.8])
def test_damage_in_the_journal_is_said(volume, path, at):
    with an.Session(volume, workspace=path) as session:
        for column in range(10):
            session.paint([(5, 3 * column)], label=0, radius=0)
    (log,) = (path / "journal").glob("*.log")
    raw = bytearray(log.read_bytes())
    raw[int(at * len(raw))] ^= 255
    log.write_bytes(raw)
    with an.open(path) as again:
        assert again.markers.stroke_count() < 10
        assert "actions are lost" in again.notices[0]


def test_a_torn_last_record_is_no_damage(volume, path):
    with an.Session(volume, workspace=path) as session:
        for column in range(3):
            session.paint([(5, 3 * column)], label=0, radius=0)
    (log,) = (path / "journal").glob("*.log")
    log.write_bytes(log.read_bytes()[:-3])
    with an.open(path) as again:
        assert again.markers.stroke_count() == 2
        assert again.notices == ()


def test_a_lost_result_is_said(volume, path):
    with an.Session(volume, workspace=path) as session:
        paint_both(session)
        session.apply()
    (stored,) = (path / "results").glob("segmentation-*")
    (stored / "sizes.txt").unlink()
    with an.open(path) as again:
        assert again.segmentation is None
        assert "press Apply again" in again.notices[0]


def test_a_kill_before_a_result_is_written_leaves_the_former_one(volume, path, monkeypatch):
    with an.Session(volume, workspace=path) as session:
        paint_both(session)
        session.apply()
        former = session.segmentation.data.copy()
        session.paint([(30, 4), (30, 40)], index=3, label=1, radius=4)
        monkeypatch.setattr(session.results, "write", lambda: None)
        session.apply()
    with an.open(path) as again:
        np.testing.assert_array_equal(again.segmentation.data, former)
        assert again.changes_since_apply == 1
        assert "press Apply again" in again.notices[0]


def test_strokes_without_their_image_are_given_to_no_other(volume, path):
    an.Session(volume, workspace=path).paint([(5, 5)], label=0)
    (path / "project.json").unlink()
    with pytest.raises(WorkspaceError, match=r"project\.json.*is missing"):
        an.Session(an.Volume(np.zeros((8, 100, 100))), workspace=path)


def test_a_damaged_project_file_is_one_sentence(volume, path):
    an.Session(volume, workspace=path).close()
    project = path / "project.json"
    project.write_text(project.read_text().replace('"shape"', '"shade"'))
    with pytest.raises(WorkspaceError, match=r"its project\.json is damaged \(shape of the image"):
        an.open(path)


def test_removing_a_class_as_apply_lands_is_undone_alike_after_reopening(volume, path):
    with an.Session(volume, workspace=path) as session:
        paint_both(session)
        landed = threading.Event()
        session.results.segmentation_changed.connect(landed.set)
        job = session.apply(block=False)
        assert landed.wait(30)
        session.classes.remove(1)
        job.wait(30)
        session.undo()
        expected = session.segmentation.data.copy()
    with an.open(path) as again:
        np.testing.assert_array_equal(again.segmentation.data, expected)
        assert again.redo() == "remove class"
        assert not again.segmentation.data.any()


def test_threads_that_add_classes_lose_none(session):
    def add(thread):
        for number in range(20):
            session.classes.add(f"{thread}-{number}")

    threads = [threading.Thread(target=add, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(session.classes) == 81


def test_a_removed_class_leaves_no_invisible_successor(session):
    session.classes.add("ball")
    session.classes.show(1, False)
    session.classes.remove(1)
    session.classes.add("pore")
    assert session.classes[1].visible


@pytest.mark.parametrize("far", [10**7, 2**63 - 1, -(2**63)])
def test_a_stroke_that_leaves_the_world_is_refused_at_once(session, far):
    with pytest.raises(ValueError, match="points"):
        session.paint([(0, 0), (0, far)], label=0, radius=1)


def test_a_pipeline_may_be_given_as_a_mapping_and_is_kept(volume, path):
    with an.Session(volume, workspace=path) as session:
        session.pipeline = {"superpixels": None}
        with pytest.raises(ValueError, match="did you mean 'features'"):
            session.pipeline = {"feature": ()}
    with an.open(path) as again:
        assert again.pipeline == an.Pipeline(superpixels=None)


@pytest.mark.parametrize(
    "bad",
    [
        {"features": [{"kind": "Feature"}]},
        {"features": [{"kind": "Multiscale", "radii": [1]}]},
        {"classifier": {"kind": "Classifier"}},
        {"superpixels": {"kind": "SuperpixelMethod"}},
        {"superpixels": {}},
    ],
)
def test_an_abstract_kind_is_refused_with_the_real_ones(bad):
    with pytest.raises(ValueError, match="is called") as error:
        an.Pipeline.model_validate(bad)
    assert "Multiscale," not in str(error.value)


def test_the_image_is_never_written_over(volume, tmp_path):
    image = tmp_path / "scan.tif"
    tifffile.imwrite(image, volume.data, photometric="minisblack")
    before = image.read_bytes()
    with an.Session(an.read(image), workspace=tmp_path / "w") as session:
        paint_both(session)
        session.apply()
        for save in (session.save_label, session.save_annotation):
            with pytest.raises(SessionError, match=r"scan\.tif: is the image itself"):
                save(image)
        with pytest.raises(SessionError, match="lies in the workspace"):
            session.save_label(tmp_path / "w" / "labels.tif")
    assert image.read_bytes() == before


def test_a_slice_of_the_image_is_never_written_over(volume, tmp_path):
    for number, plane in enumerate(volume.data):
        tifffile.imwrite(tmp_path / f"slice{number}.tif", plane, photometric="minisblack")
    for source in (tmp_path, tmp_path / "*.tif"):
        with an.Session(an.read(source)) as session:
            paint_both(session)
            session.apply()
            with pytest.raises(SessionError, match="is a part of the image"):
                session.save_label(tmp_path / "slice2.tif")


def test_a_type_that_does_not_exist_is_one_sentence(volume, tmp_path):
    with an.Session(volume) as session:
        paint_both(session)
        session.apply()
        with pytest.raises(an.WriteError, match="cannot be saved as nonsense"):
            session.save_label(tmp_path / "labels.raw", dtype="nonsense")


def test_a_closed_session_says_so(volume):
    session = an.Session(volume)
    session.close()
    for act in (session.erase_all, session.apply, lambda: session.paint([(1, 1)], label=0)):
        with pytest.raises(SessionClosed, match="closed"):
            act()
