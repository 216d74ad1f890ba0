"""Results that do not fit into the memory budget: on disk, and otherwise no different."""

import gc
import os
import signal
import subprocess
import sys
import textwrap

import h5py
import numpy as np
import pytest

import annotat_nb as an
from annotat_nb.annotation.document import LabelOnDisk
from annotat_nb.room import NoRoom
from annotat_nb.store import WorkspaceError
from annotat_nb.store.stored import StoredArray

FAST = an.RandomForest(n_estimators=10)
FEATURES = (an.Identity(), an.Gaussian(radii=(1, 2), ndim=3))
KINDS = {
    "flat": an.Waterpixels(seed_spacing=5, ndim=2),
    "deep": an.Waterpixels(seed_spacing=5, ndim=3),
    "slic": an.Slic(seed_spacing=5, ndim=2),
    "voxels": None,
}


def pipeline(kind, **more):
    return an.Pipeline(superpixels=KINDS[kind], features=FEATURES, classifier=FAST, **more)


def paint_both(session):
    session.classes.add("ball")
    session.paint([(20, 20), (20, 28)], index=3, label=1, radius=2)
    session.paint([(4, 4), (4, 40)], index=3, label=0, radius=2)


def segmented(volume, path, budget, kind="flat", **more):
    session = an.Session(volume, workspace=path, memory_budget=budget)
    paint_both(session)
    session.pipeline = pipeline(kind, **more)
    if KINDS[kind] is not None:
        session.generate_superpixels()
    session.preview(index=3)
    session.apply()
    return session


def found_in(session):
    return {
        "superpixels": None if session.superpixels is None else np.asarray(session.superpixels),
        "count": session.superpixel_count,
        "label": np.asarray(session.segmentation),
        "fractions": session.fractions,
        "probabilities": np.asarray(session.probabilities),
        "uncertainty": np.asarray(session.uncertainty),
        "probe": session.probe((3, 20, 24)),
        "classifier": session.kept_features,
    }


@pytest.fixture
def path(tmp_path):
    return tmp_path / "ball.annotat"


@pytest.fixture
def stored(volume, path):
    with segmented(volume, path, 0) as session:
        yield session


@pytest.mark.parametrize("kind", KINDS)
def test_a_tiny_budget_changes_nothing_but_the_place(volume, tmp_path, kind):
    with segmented(volume, tmp_path / "a.annotat", None, kind) as session:
        assert isinstance(session.segmentation.data, np.ndarray)
        expected = found_in(session)
    with segmented(volume, tmp_path / "b.annotat", 0, kind) as session:
        assert isinstance(session.segmentation.data, StoredArray)
        assert session.superpixels is None or isinstance(session.superpixels.data, StoredArray)
        np.testing.assert_equal(found_in(session), expected)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.filterwarnings("ignore:.* lie outside the mask")
def test_so_it_is_with_a_mask(volume, tmp_path, kind):
    found = []
    for budget in (None, 0):
        with segmented(volume, tmp_path / f"{budget}.annotat", budget, kind) as session:
            session.pipeline = pipeline(kind, mask=(1,))
            session.paint([(20, 30), (20, 31)], index=3, label=0, radius=1)
            session.apply()
            session.apply()  # the first label is still that of the mask
            found.append(found_in(session))
    np.testing.assert_equal(*found)


@pytest.mark.parametrize("dtype", ["uint8", "uint32", "uint64"])
@pytest.mark.parametrize("kind", ["labels", "superpixels"])
def test_what_is_loaded_counts_once_however_wide_its_file_is(volume, tmp_path, kind, dtype):
    voxels = volume.data.size
    nbytes = voxels if kind == "labels" else 4 * voxels
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file[kind] = np.ones(volume.shape, dtype)
    with an.Session(volume, memory_budget=2 * (nbytes + 1000)) as session:
        (session.load_label if kind == "labels" else session.load_superpixels)(tmp_path / "a.h5")
        assert session._room.fits(1000)
        assert not session._room.fits(1001)


@pytest.mark.parametrize("budget", [None, 0])
def test_results_come_back_where_there_is_room_for_them(volume, path, budget):
    with segmented(volume, path, 0) as session:
        session.pipeline = pipeline("flat", mask=(0, 1))
        session.apply()
        ids, labels = np.asarray(session.superpixels), np.asarray(session.segmentation)
        fractions = session.fractions
    with an.open(path, memory_budget=budget) as again:
        kind = np.ndarray if budget is None else StoredArray
        assert isinstance(again.segmentation.data, kind)
        assert isinstance(again.superpixels.data, kind)
        assert isinstance(again.results.mask.data, kind)
        np.testing.assert_array_equal(again.superpixels, ids)
        np.testing.assert_array_equal(again.segmentation, labels)
        assert (again.fractions, again.superpixel_count) == (fractions, ids.max())
        again.apply()
        np.testing.assert_array_equal(again.segmentation, labels)


def test_a_label_on_disk_is_looked_at_like_any_other(stored):
    labels = np.asarray(stored.segmentation)
    for axis, number in (("z", 3), ("y", 20), ("x", 24)):
        across = ("z", "y", "x").index(axis)
        np.testing.assert_array_equal(
            stored.segmentation.slice(axis, number), labels.take(number, across)
        )
    stored.center_on(1)
    expected = np.argwhere(labels == 1).mean(axis=0).round()
    assert [stored.view.z, stored.view.y, stored.view.x] == expected.tolist()


@pytest.mark.parametrize("suffix", ["tif", "h5", "zarr", "nii.gz", "raw"])
def test_it_is_saved_and_loaded_in_every_format(stored, tmp_path, suffix):
    labels, ids = np.asarray(stored.segmentation), np.asarray(stored.superpixels)
    label_path = stored.save_label(tmp_path / f"labels.{suffix}")
    ids_path = stored.save_superpixels(tmp_path / f"ids.{suffix}")
    stored.load_label(label_path)
    stored.load_superpixels(ids_path)
    assert isinstance(stored.segmentation.data, StoredArray)
    np.testing.assert_array_equal(stored.segmentation, labels)
    np.testing.assert_array_equal(stored.superpixels, ids)
    assert stored.superpixel_count == ids.max()
    stored.apply()
    assert stored.probabilities is not None


def test_saving_reads_no_more_than_a_few_slices_at_once(stored, tmp_path, monkeypatch):
    data, planes = stored.segmentation.data, []
    read = data._take

    def counting(box):
        planes.append(box[0].stop - box[0].start)
        return read(box)

    monkeypatch.setattr(data, "_take", counting)
    monkeypatch.setattr("annotat_nb.io.integer_image.PLANES", 2)
    stored.save_label(tmp_path / "labels.tif")
    assert planes[-3:] == [2, 2, 2]


# What it cannot do


def test_a_class_of_a_label_on_disk_stays_until_it_is_brought_into_memory(stored):
    labels = np.asarray(stored.segmentation)
    with pytest.raises(LabelOnDisk, match=r"ball cannot be removed.*session.memory_budget"):
        stored.classes.remove(1)
    assert 1 in stored.classes
    assert stored.markers.stroke_count(1) == 1
    stored.memory_budget = 10**9
    stored.classes.remove(1)
    assert not np.asarray(stored.segmentation).any()
    stored.undo()
    np.testing.assert_array_equal(stored.segmentation, labels)


def test_an_edit_of_a_label_is_repeated_though_it_does_not_fit_any_more(volume, path):
    with segmented(volume, path, None) as session:
        session.classes.remove(1)
        session.undo()
        session.redo()
    with an.open(path, memory_budget=0) as again:
        assert not np.asarray(again.segmentation).any()


def test_a_class_that_the_label_lacks_is_removed(stored):
    number = stored.classes.add("pore")
    stored.classes.remove(number)
    assert number not in stored.classes


def test_a_class_removed_while_apply_runs_is_gone_from_the_label_on_disk(volume, path):
    with segmented(volume, path, 0) as session:
        session.memory_budget = None
        remove = session.classes.remove
        segment = session._engine.segment

        def segment_then_remove(*arguments):
            outcome = segment(*arguments)
            remove(1)
            return outcome

        session._engine.segment = segment_then_remove
        session.memory_budget = 10**9
        session.apply()
        assert not np.asarray(session.segmentation).any()


def test_without_a_workspace_the_remedy_is_one(volume):
    with an.Session(volume, memory_budget=1000) as session:
        paint_both(session)
        session.pipeline = pipeline("voxels")
        with pytest.raises(NoRoom, match="open the image with a workspace"):
            session.apply()
        session.memory_budget = None
        session.apply()


# What becomes of files


def folders(path, *, scratch=True):
    places = [*(path / "results").iterdir()]
    places += (path / "scratch").glob("*") if scratch else []
    return sorted(place.name.split("-")[0] for place in places)


def test_only_the_last_results_are_kept_and_what_is_still_read(stored, path):
    former, labels = stored.segmentation, np.asarray(stored.segmentation)
    stored.paint([(30, 30), (34, 40)], index=1, label=1, radius=2)
    stored.apply()
    np.testing.assert_array_equal(former, labels)
    del former
    stored.generate_superpixels()
    probability = stored.probabilities[0, 3, 20, 24]  # of the former superpixels
    stored.apply()
    gc.collect()
    assert folders(path, scratch=False) == ["classifier", "segmentation", "superpixels"]
    assert stored.probabilities[0, 3, 20, 24] == probability


def test_a_closed_session_leaves_results_only(volume, path):
    segmented(volume, path, 0).close()
    gc.collect()
    assert folders(path) == ["classifier", "segmentation", "superpixels"]


@pytest.mark.parametrize("kind", ["superpixels", "segmentation"])
@pytest.mark.parametrize("harm", ["gone", "shorter"])
def test_a_lost_block_is_noticed_when_the_workspace_is_opened(volume, path, kind, harm):
    segmented(volume, path, 0).close()
    (folder,) = (path / "results").glob(f"{kind}-*")
    chunk = next(file for file in sorted((folder / "c").rglob("*")) if file.is_file())
    if harm == "gone":
        chunk.unlink()
    else:
        os.truncate(chunk, chunk.stat().st_size - 1)
    with an.open(path, memory_budget=0) as again:
        assert any(f"The stored {kind} cannot be read" in notice for notice in again.notices)
        assert again.markers.stroke_count() == 2


@pytest.mark.parametrize("kind", ["superpixels", "segmentation"])
def test_a_damaged_block_is_one_sentence_and_crashes_nothing(volume, path, kind):
    segmented(volume, path, 0).close()
    (folder,) = (path / "results").glob(f"{kind}-*")
    chunk = next(file for file in sorted((folder / "c").rglob("*")) if file.is_file())
    content = bytearray(chunk.read_bytes())
    content[len(content) // 2] ^= 255
    chunk.write_bytes(content)
    with an.open(path, memory_budget=0) as again:
        app = an.Annotator(again)
        app.close()
        if kind == "superpixels":
            with pytest.raises(an.ReadError, match=r"superpixels-.*generate the superpixels again"):
                again.apply()
            again.generate_superpixels()
        again.apply()
        assert np.asarray(again.segmentation).max() == 1


def test_a_full_disk_is_one_sentence_and_loses_nothing(volume, path, monkeypatch):
    from annotat_nb.store import scratch

    def full(*_):
        raise OSError(28, "No space left on device")

    with segmented(volume, path, 0) as session:
        labels, ids = np.asarray(session.segmentation), np.asarray(session.superpixels)
        with monkeypatch.context() as patch:
            patch.setattr(scratch.Scratch, "write", full)
            for verb in (session.generate_superpixels, session.apply):
                session.paint([(30, 30)], index=1, label=1, radius=2)
                with pytest.raises(WorkspaceError, match=r"^ball\.annotat: .*No space left"):
                    verb()
        np.testing.assert_array_equal(session.segmentation, labels)
        np.testing.assert_array_equal(session.superpixels, ids)
        session.apply()
        strokes = session.markers.stroke_count()
    with an.open(path) as again:
        assert again.markers.stroke_count() == strokes


def test_a_disk_that_is_full_in_the_end_is_tried_again(volume, path, monkeypatch):
    from annotat_nb.store import stored

    def full(*_):
        raise OSError(28, "No space left on device")

    with segmented(volume, path, 0) as session:
        with monkeypatch.context() as patch:
            patch.setattr(stored, "sync_tree", full)
            session.paint([(30, 30)], index=1, label=1, radius=2)
            session.apply()
        assert session.recorder.state == "not saved"
        labels = np.asarray(session.segmentation)
        session.recorder.retry()
        assert session.recorder.state == "saved"
    with an.open(path) as again:
        np.testing.assert_array_equal(again.segmentation, labels)


KILLED = """
    import os, signal, sys
    import numpy as np
    import annotat_nb as an
    from annotat_nb.store import stored, scratch

    session = an.open(sys.argv[1], memory_budget=0)
    session.paint([(30, 30)], index=1, label=1, radius=2)
    left = int(sys.argv[3])

    def dying(original):
        def act(*arguments):
            global left
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            left -= 1
            return original(*arguments)
        return act

    target = {"scratch": (scratch.Scratch, "write"), "sync": (stored, "sync_tree"),
              "rename": (stored, "sync_folder")}[sys.argv[4]]
    setattr(*target, dying(getattr(*target)))
    getattr(session, sys.argv[2])()
    print("survived")
"""


@pytest.mark.parametrize("verb", ["generate_superpixels", "apply"])
@pytest.mark.parametrize(
    ("moment", "left"), [("scratch", 0), ("scratch", 3), ("sync", 0), ("rename", 0)]
)
def test_a_kill_leaves_the_old_result_or_the_new_one(volume, path, verb, moment, left):
    segmented(volume, path, 0).close()
    with an.open(path) as session:
        ids, labels = np.asarray(session.superpixels), np.asarray(session.segmentation)
    arguments = [textwrap.dedent(KILLED), path, verb, str(left), moment]
    done = subprocess.run(
        [sys.executable, "-c", *map(str, arguments)],
        env=os.environ,
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (-signal.SIGKILL, b""), done.stderr.decode()
    with an.open(path, memory_budget=0) as again:
        np.testing.assert_array_equal(again.superpixels, ids)
        found = np.asarray(again.segmentation)
        assert moment == "rename" or np.array_equal(found, labels)
        assert again.markers.stroke_count() == 3
        assert not list((path / "scratch").glob("*"))
        again.generate_superpixels()  # what the kill kept from being removed goes now
        again.apply()
    gc.collect()
    assert folders(path) == ["classifier", "segmentation", "superpixels"]
