import os
import signal
import subprocess
import sys
import textwrap
import threading

import numpy as np
import pytest
from psygnal import EmitLoopError

import annotat_nb as an
from annotat_nb.session import SessionClosed, SessionError
from annotat_nb.session.recorder import Recorder
from annotat_nb.store import WorkspaceError

FAST = an.RandomForest(n_estimators=20)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "ball.annotat"


def paint_both(session):
    session.classes.add("ball")
    session.paint([(20, 20), (20, 28)], index=3, label=1, radius=2)
    session.paint([(4, 4), (4, 40)], index=3, label=0, radius=2)


def test_everything_comes_back(volume, path):
    with an.Session(volume, workspace=path) as session:
        paint_both(session)
        session.erase([(4, 20)], index=3, radius=3)
        session.undo()
        session.classes.recolor(1, "#123456")
        session.classes.show(1, False)
        session.pipeline = an.Pipeline(superpixels=an.Slic(seed_spacing=5), classifier=FAST)
        session.generate_superpixels()
        session.apply()
        session.paint([(30, 30)], index=1, label=0, radius=1)
        session.show(axis="y", y=7, colormap="Viridis", radius=9, label=1)
        session.visualization = an.Volume(255 - volume.data, name="negative")
        before = describe(session)
    with an.open(path) as again:
        assert again.volume.name == "ball"
        for name, expected in before.items():
            np.testing.assert_equal(describe(again)[name], expected, err_msg=name)
        assert again.undo() == "paint"
        assert again.changes_since_apply == 0


def describe(session):
    return {
        "markers": np.asarray(session.markers.data),
        "classes": list(session.classes),
        "pipeline": session.pipeline,
        "superpixels": session.superpixels.data,
        "segmentation": session.segmentation.data,
        "fractions": session.fractions,
        "changes": session.changes_since_apply,
        "view": session.view,
        "visualization": session.visualization.data,
        "undo": [step.edit.name for step in session.annotation.history.done],
        "redo": [step.edit.name for step in session.annotation.history.undone],
    }


def test_superpixels_that_came_back_are_not_generated_again(volume, path):
    with an.Session(volume, workspace=path) as session:
        paint_both(session)
        session.generate_superpixels()
    with an.open(path) as again:
        again.apply()
        assert again.segmentation is not None


def test_whether_the_label_rests_on_other_superpixels_comes_back(volume, path, tmp_path):
    def says(is_changed):
        nonlocal session
        assert session.grounds_changed == is_changed
        session.close()
        session = an.open(path)
        assert session.grounds_changed == is_changed

    session = an.Session(volume, workspace=path)
    paint_both(session)
    session.generate_superpixels()
    session.apply()
    session.generate_superpixels()  # the same ones
    says(False)
    saved = session.save_superpixels(tmp_path / "superpixels.tif")
    session.load_superpixels(saved)
    says(True)
    session.apply()
    says(False)
    session.load_superpixels(saved)
    says(True)
    session.pipeline = session.pipeline.model_copy(update={"superpixels": None})
    session.apply()
    session.load_superpixels(saved)
    says(False)
    session.close()


def test_whether_the_label_rests_on_another_mask_comes_back(volume, path):
    with an.Session(volume, workspace=path) as session:
        paint_both(session)
        session.generate_superpixels()
        session.apply()
        session.pipeline = masked = session.pipeline.model_copy(update={"mask": (0, 1)})
        session.apply()
        assert not session.grounds_changed
    with an.open(path) as session:
        assert not session.grounds_changed
        session.pipeline = masked.model_copy(update={"mask": None})
        session.pipeline = masked
        assert session.grounds_changed
    with an.open(path) as session:
        assert not session.parameters_changed
        assert session.grounds_changed


def test_journals_that_do_not_say_what_the_label_rests_on_are_read(volume, path, monkeypatch):
    record = Recorder.record

    def former(self, kind, payload=b""):
        if isinstance(payload, dict):
            payload = {name: fact for name, fact in payload.items() if name not in ("on", "key")}
        return record(self, kind, payload)

    with monkeypatch.context() as patch, an.Session(volume, workspace=path) as session:
        patch.setattr(Recorder, "record", former)
        paint_both(session)
        session.generate_superpixels()
        session.apply()
        session.load_superpixels(session.save_superpixels(path / ".." / "superpixels.tif"))
        session.apply()
    with an.open(path) as again:
        assert not again.grounds_changed
        again.load_superpixels(path / ".." / "superpixels.tif")
        assert again.grounds_changed


def test_the_same_image_resumes_and_another_is_refused(volume, path):
    with an.Session(volume, workspace=path) as session:
        paint_both(session)
    with an.Session(an.Volume(volume.data.copy()), workspace=path) as again:
        assert again.markers.stroke_count() == 2
    with pytest.raises(WorkspaceError, match="belongs to ball"):
        an.Session(an.Volume(volume.data[:3]), workspace=path)


def test_opening_again_takes_over_and_the_former_session_says_so(volume, path):
    first = an.Session(volume, workspace=path)
    with an.open(path) as second:
        with pytest.raises(SessionClosed, match="use the newer session"):
            first.paint([(1, 1)], label=0)
        second.paint([(1, 1)], label=0)
    with an.open(path) as third:
        assert third.markers.stroke_count() == 1
    first.close()


def test_a_stroke_is_finished_before_somebody_takes_over(volume, path, monkeypatch):
    first, inside, opened = an.Session(volume, workspace=path), threading.Event(), threading.Event()
    make = first.annotation.make

    def make_slowly(edit):
        make(edit)
        inside.set()
        opened.wait(0.3)

    monkeypatch.setattr(first.annotation, "make", make_slowly)
    thread = threading.Thread(target=first.paint, args=([(1, 1)],), kwargs={"label": 0})
    thread.start()
    assert inside.wait(5)
    with an.open(path) as second:
        opened.set()
        thread.join()
        assert second.markers.stroke_count() == first.markers.stroke_count() == 1


def test_what_is_shown_is_remembered_for_who_takes_over(volume, path):
    first = an.Session(volume, workspace=path)
    first.show(z=1, radius=9)
    with an.open(path) as second:
        assert (second.view.z, second.view.radius) == (1, 9)
    first.close()


def test_no_workspace_is_a_sentence(tmp_path):
    with pytest.raises(SessionError, match=r"nothing\.annotat: no such workspace"):
        an.open(tmp_path / "nothing.annotat")


def test_a_workspace_that_failed_to_open_is_free_again(volume, path):
    an.Session(volume, workspace=path).close()
    for _ in range(2):
        with pytest.raises(WorkspaceError, match="belongs to"):
            an.Session(an.Volume(volume.data[:3]), workspace=path)


def test_strokes_survive_a_full_disk_and_are_written_later(volume, path, monkeypatch):
    with an.Session(volume, workspace=path) as session:
        session.paint([(1, 1)], label=0, radius=1)

        def full(_):
            raise OSError(28, "No space left on device")

        with monkeypatch.context() as patch:
            patch.setattr(os, "fdatasync", full)
            session.paint([(9, 9)], label=0, radius=1)
        assert session.recorder.state == "not saved"
        assert "No space left on device" in session.recorder.problem
        assert session.markers.stroke_count() == 2
        session.recorder.retry()
        assert session.recorder.state == "saved"
    with an.open(path) as again:
        assert again.markers.stroke_count() == 2


def test_what_the_disk_refused_is_written_when_the_session_closes(volume, path, monkeypatch):
    def full(_):
        raise OSError(28, "No space left on device")

    with an.Session(volume, workspace=path) as session:
        with monkeypatch.context() as patch:
            patch.setattr(os, "fdatasync", full)
            session.paint([(1, 1)], label=0, radius=1)
        assert session.recorder.state == "not saved"
    with an.open(path) as again:
        assert again.markers.stroke_count() == 1


def test_a_stroke_is_saved_before_anybody_hears_of_it(volume, path):
    def broken(_):
        raise RuntimeError("a view cannot draw")

    with an.Session(volume, workspace=path) as session:
        session.annotation.changed.connect(broken)
        with pytest.raises(EmitLoopError, match="cannot draw"):
            session.paint([(1, 1)], label=0, radius=1)
        with pytest.raises(EmitLoopError, match="cannot draw"):
            session.undo()
        with pytest.raises(EmitLoopError, match="cannot draw"):
            session.redo()
    with an.open(path) as again:
        assert again.markers.stroke_count() == 1
        assert not again.annotation.history.undone


def test_a_result_that_could_not_be_stored_is_stored_later(volume, path, monkeypatch):
    from annotat_nb.store import result_files as module

    def full(*_):
        raise OSError(28, "No space left on device")

    with an.Session(volume, workspace=path) as session:
        with monkeypatch.context() as patch:
            patch.setattr(module, "write_array", full)
            session.generate_superpixels()
        session.paint([(1, 1)], label=0, radius=1)
        assert session.recorder.state == "not saved"
        session.recorder.retry()
        assert session.recorder.state == "saved"
        expected = session.superpixels.data
    with an.open(path) as again:
        np.testing.assert_array_equal(again.superpixels.data, expected)


def test_a_damaged_result_costs_only_itself(volume, path):
    with an.Session(volume, workspace=path) as session:
        paint_both(session)
        session.generate_superpixels()
    (stored,) = (path / "results").glob("superpixels-*")
    (stored / "zarr.json").write_text("{}")
    with an.open(path) as again:
        assert again.superpixels is None
        assert again.markers.stroke_count() == 2


def test_a_lost_visualization_image_costs_only_itself(volume, path):
    with an.Session(volume, workspace=path) as session:
        session.visualization = an.Volume(255 - volume.data)
    (path / "visualization.npy").unlink()
    with an.open(path) as again:
        assert again.visualization is None
        assert "visualization image is left out" in again.notices[0]


def test_images_that_differ_anywhere_in_a_slice_are_told_apart(tmp_path):
    data = np.zeros((3, 2048, 700), "uint16")
    an.Session(an.Volume(data), workspace=tmp_path / "a").close()
    other = data.copy()
    other[1, 1500:1540] = 7
    with pytest.raises(WorkspaceError, match="belongs to another image"):
        an.Session(an.Volume(other), workspace=tmp_path / "a")


PAINTER = """
    import numpy as np, sys, annotat_nb as an
    session = an.Session(an.Volume(np.zeros((4, 64, 64), "uint8")), workspace=sys.argv[1])
    for number in range(10_000):
        session.paint([(number % 60, 5)], index=number % 4, label=0, radius=1)
        print(number + 1, flush=True)
"""


@pytest.mark.parametrize("strokes", [1, 7, 40])
def test_strokes_that_were_reported_saved_survive_a_kill(path, strokes):
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(PAINTER), str(path)],
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        seen = 0
        while seen < strokes:
            seen = int(process.stdout.readline())
        process.send_signal(signal.SIGKILL)
        seen = max([seen, *map(int, process.stdout.read().split())])
    with an.open(path) as session:
        made = len(session.annotation.history.done)
    assert seen <= made <= seen + 1
