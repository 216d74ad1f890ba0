import resource

import numpy as np
import pytest
import tifffile

import annotat_nb as an
from annotat_nb.session import SessionError


@pytest.fixture
def paged(tmp_path, monkeypatch):
    monkeypatch.setattr("annotat_nb.io.layout.CACHE_BYTES", 1_000_000)
    values = np.random.default_rng(0).integers(0, 255, (40, 200, 200)).astype("uint8")
    tifffile.imwrite(tmp_path / "scan.tif", values, compression="zlib", photometric="minisblack")
    return tmp_path / "scan.tif", values


def test_a_paged_tiff_becomes_fast_across_and_stays_so(paged, tmp_path):
    path, values = paged
    with an.Session(an.read(path), workspace=tmp_path / "scan.annotat") as session:
        assert session.is_slow_across("y")
        assert not session.is_slow_across("z")
        session.rechunk()
        assert not session.is_slow_across("x")
        assert np.array_equal(session.volume.slice("y", 20), values[:, 20])
        with pytest.raises(SessionError, match="fast along all axes already"):
            session.rechunk()
    with an.open(tmp_path / "scan.annotat") as session:
        assert session.volume.data.blocks is not None
        assert np.array_equal(session.volume.data, values)


def test_a_cancelled_copy_changes_nothing_and_can_go_on(paged, tmp_path):
    path, values = paged
    with an.Session(an.read(path), workspace=tmp_path / "scan.annotat") as session:
        job = session.rechunk(block=False)
        job.cancel()
        job.wait()
        assert job.state == "cancelled"
        assert session.is_slow_across("y")
        session.rechunk()
        assert np.array_equal(session.volume.slice("x", 7), values[:, :, 7])


def test_segmenting_reads_the_copy_and_the_file_alike(paged, tmp_path):
    path, _ = paged
    labels = []
    for rechunk in (False, True):
        with an.Session(an.read(path), workspace=tmp_path / f"{rechunk}.annotat") as session:
            if rechunk:
                session.rechunk()
            session.classes.add("bone")
            session.paint([(5, 5), (5, 40)], axis="y", index=3, label=0, radius=2)
            session.paint([(30, 5), (30, 40)], axis="x", index=9, label=1, radius=2)
            session.pipeline = an.Pipeline(
                superpixels=None,
                features=(an.Gaussian(radii=(1,)),),
                classifier=an.RandomForest(n_estimators=10),
            )
            session.apply()
            labels.append(np.asarray(session.segmentation.data))
    assert np.array_equal(*labels)


def test_without_a_workspace_there_is_no_place_for_a_copy(paged):
    with (
        an.Session(an.read(paged[0])) as session,
        pytest.raises(SessionError, match="There is no workspace"),
    ):
        session.rechunk()


def test_who_may_only_look_is_offered_no_copy(paged, tmp_path):
    path, _ = paged
    with an.Session(an.read(path), workspace=tmp_path / "scan.annotat") as owner:
        assert owner.rechunk_obstacle() is None
        with an.open(tmp_path / "scan.annotat", read_only=True) as session:
            assert session.rechunk_obstacle() == session.recorder.obstacle is not None


def test_a_full_disk_is_said_before_the_work(paged, tmp_path, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda path: type("Usage", (), {"free": 1000}))
    with (
        an.Session(an.read(paged[0]), workspace=tmp_path / "scan.annotat") as session,
        pytest.raises(SessionError, match="free some space"),
    ):
        session.rechunk()


def test_a_disk_that_fills_up_meanwhile_is_one_sentence(paged, tmp_path):
    with an.Session(an.read(paged[0]), workspace=tmp_path / "scan.annotat") as session:
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
        try:
            with pytest.raises(SessionError, match=r"^scan.annotat: .*goes on where it stopped"):
                session.rechunk()
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        session.rechunk()
        assert np.array_equal(session.volume.slice("y", 20), paged[1][:, 20])


def test_an_image_in_memory_needs_no_copy():
    with (
        an.Session(an.Volume(np.zeros((4, 5, 6), "uint8"))) as session,
        pytest.raises(SessionError, match="fast along all axes"),
    ):
        session.rechunk()
