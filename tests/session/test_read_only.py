import subprocess
import sys

import numpy as np
import pytest

import annotat_nb as an
from annotat_nb.session import ReadOnly, SessionError
from annotat_nb.store import WorkspaceError, WorkspaceInUse

VOLUME = an.Volume(np.arange(3 * 20 * 20, dtype="uint16").reshape(3, 20, 20), name="ramp")
CHANGES = {
    "paint": lambda s: s.paint([(1, 1)], label=0),
    "erase": lambda s: s.erase([(5, 5)], index=1),
    "undo": lambda s: s.undo(),
    "a class": lambda s: s.classes.add("pore"),
    "a pipeline": lambda s: setattr(s, "pipeline", an.Pipeline(superpixels=None)),
    "a visualization image": lambda s: setattr(s, "visualization", VOLUME),
}


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "ramp.annotat"
    with an.Session(VOLUME, workspace=folder) as session:
        session.classes.add("bone")
        session.paint([(5, 5), (5, 15)], index=1, label=1, radius=2)
    return folder


def tree_of(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_workspace_open_elsewhere_is_refused_and_can_be_looked_at(folder):
    with an.open(folder) as owner:
        code = (
            "import sys, annotat_nb as an\n"
            f"try: an.open({str(folder)!r})\n"
            "except ValueError as error: print(error)\n"
            f"s = an.open({str(folder)!r}, read_only=True)\n"
            "print(s.recorder.state, s.markers.stroke_count(), s.classes[1].name)\n"
        )
        run = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        )
        refused, seen = run.stdout.splitlines()
        assert refused.startswith("ramp.annotat: is in use by")
        assert "read_only=True" in refused
        assert seen == "read-only 1 bone"
        owner.paint([(1, 1)], label=0)  # the other never took the lock
        assert owner.recorder.state == "saved"


@pytest.mark.parametrize("change", CHANGES)
def test_what_would_change_it_is_refused_and_nothing_is_written(folder, change):
    before = tree_of(folder)
    with an.open(folder, read_only=True) as session:
        markers = np.array(session.markers.data)
        with pytest.raises(ReadOnly, match="can only be looked at, as it is open by"):
            CHANGES[change](session)
        np.testing.assert_array_equal(session.markers.data, markers)
        session.show(z=2, radius=3)
    assert tree_of(folder) == before


def test_nothing_is_computed_on_what_is_looked_at(folder):
    with an.open(folder, read_only=True) as session, pytest.raises((ReadOnly, SessionError)):
        session.generate_superpixels()


def test_strokes_made_meanwhile_appear_when_it_is_opened_again(folder):
    with an.open(folder) as owner, an.open(folder, read_only=True) as first:
        owner.paint([(1, 1)], label=0)
        with an.open(folder, read_only=True) as second:
            assert first.markers.stroke_count() == 1
            np.testing.assert_array_equal(second.markers.data, owner.markers.data)


def test_looking_at_what_is_no_workspace_makes_none(tmp_path):
    (tmp_path / "empty.annotat").mkdir()
    with pytest.raises(WorkspaceError, match="has no image yet"):
        an.open(tmp_path / "empty.annotat", read_only=True)
    assert not list((tmp_path / "empty.annotat").iterdir())


def test_the_owner_is_named_with_the_time():
    error = WorkspaceInUse("a.annotat", "ann on node7 (process 3) since 21 Nov 2026, 05:14 UTC")
    assert str(error).startswith("a.annotat: is in use by ann on node7 (process 3) since 21 Nov")


def test_the_page_can_say_that_results_are_being_saved(folder, monkeypatch):
    states = []
    with an.open(folder) as session:
        session.recorder.changed.connect(lambda: states.append(session.recorder.state))
        session.paint([(8, 8)], label=0)
        session.show(z=2)
        session.recorder.save_view()
        assert set(states) == {"saved"}
        session.generate_superpixels()
        assert states[-1] == "saved"
        assert "saving" in states
