import json
import os
import stat
import subprocess
import sys

import numpy as np
import pytest

import annotat_nb as an
from annotat_nb.room import Room
from annotat_nb.store import Workspace, WorkspaceError

GREY = {"photometric": "minisblack"}


@pytest.fixture
def volume():
    return an.Volume(np.arange(60, dtype="uint8").reshape(3, 4, 5), name="memory")


def test_only_the_owner_may_look_into_a_workspace(tmp_path):
    workspace = Workspace(tmp_path / "a.annotat")
    assert stat.S_IMODE(workspace.path.stat().st_mode) == 0o700


def test_a_volume_in_memory_is_stored_and_opened_again(tmp_path, volume):
    workspace = Workspace(tmp_path / "a.annotat")
    workspace.bind(volume)
    found = workspace.open_image()
    np.testing.assert_array_equal(found.data, volume.data)
    assert (found.name, found.voxel_size) == ("memory", volume.voxel_size)
    with pytest.raises(ValueError, match="read-only"):
        found.data[0, 0, 0] = 1


def test_another_image_is_refused_with_both_shapes(tmp_path, volume):
    Workspace(tmp_path / "a.annotat").bind(volume)
    other = an.Volume(np.zeros((2, 4, 5)), name="other")
    with pytest.raises(WorkspaceError, match=r"a.annotat: belongs to memory of shape \(3, 4, 5\)"):
        Workspace(tmp_path / "a.annotat").bind(other)


def test_the_same_shape_with_other_voxels_is_another_image(tmp_path, volume):
    Workspace(tmp_path / "a.annotat").bind(volume)
    with pytest.raises(WorkspaceError, match="belongs to memory"):
        Workspace(tmp_path / "a.annotat").bind(an.Volume(255 - volume.data))


def test_opening_again_in_this_process_takes_the_workspace_over(tmp_path):
    first = Workspace(tmp_path / "a.annotat")
    second = Workspace(tmp_path / "a.annotat")
    assert (first.is_open, second.is_open) == (False, True)


def test_another_process_is_refused_and_told_who_works_there(tmp_path):
    workspace = Workspace(tmp_path / "a.annotat")
    code = f"from annotat_nb.store import Workspace; Workspace({str(workspace.path)!r})"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "a.annotat: is in use by" in run.stderr
    assert f"process {os.getpid()}" in run.stderr


def test_a_folder_with_other_files_is_never_made_a_workspace(tmp_path):
    (tmp_path / "thesis.tex").write_text("hours of work")
    with pytest.raises(WorkspaceError, match="holds other files"):
        Workspace(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_file_is_no_workspace(tmp_path):
    (tmp_path / "a").write_text("")
    with pytest.raises(WorkspaceError, match="is a file"):
        Workspace(tmp_path / "a")


@pytest.mark.parametrize(
    ("content", "reason"), [("{", "cannot be read"), ('{"schema": 99}', "newer annotat_nb")]
)
def test_a_project_file_that_cannot_be_used_is_explained(tmp_path, content, reason):
    Workspace(tmp_path / "a.annotat").close()
    (tmp_path / "a.annotat" / "project.json").write_text(content)
    with pytest.raises(WorkspaceError, match=reason):
        Workspace(tmp_path / "a.annotat")


def save(workspace, data):
    """Store an array, and return what tells it from others."""
    file = workspace.results.next_file("labels")
    workspace.results.save(file, data)
    return {"file": file, "shape": data.shape, "dtype": data.dtype.str}


def test_results_are_kept_whole_and_old_ones_dropped(tmp_path):
    workspace = Workspace(tmp_path / "a.annotat")
    old, new = (save(workspace, np.full((2, 3, 4), n, "uint8")) for n in (0, 2))
    workspace.results.drop_older("labels", keep=new["file"])
    assert workspace.results.load(old, Room()) is None
    np.testing.assert_array_equal(workspace.results.load(new, Room()), np.full((2, 3, 4), 2))


@pytest.fixture
def stored(tmp_path):
    """A workspace with one array, where it lies, and how to read it."""
    workspace = Workspace(tmp_path / "a.annotat")
    facts = save(workspace, np.arange(24, dtype="uint8").reshape(2, 3, 4))
    assert workspace.results.load(facts, Room()) is not None
    return workspace, workspace.path / "results" / facts["file"], facts


def test_a_result_name_cannot_leave_the_workspace(stored):
    workspace, _, facts = stored
    assert (
        workspace.results.load({**facts, "file": f"../results/../../{facts['file']}"}, Room())
        is not None
    )
    assert workspace.results.load({**facts, "file": "../project.json"}, Room()) is None


@pytest.mark.parametrize("what", ["chunk gone", "chunk changed", "metadata gone", "nonsense"])
def test_a_damaged_result_is_no_result(stored, what):
    workspace, path, facts = stored
    chunk = next(p for p in (path / "c").rglob("*") if p.is_file())
    if what == "chunk gone":
        chunk.unlink()
    elif what == "chunk changed":
        chunk.write_bytes(chunk.read_bytes()[::-1])
    elif what == "metadata gone":
        (path / "zarr.json").unlink()
    else:
        (path / "zarr.json").write_text("{}")
    assert workspace.results.load(facts, Room()) is None


@pytest.mark.parametrize(
    ("name", "value"), [("shape", [10**9] * 3), ("dtype", "<u4"), ("file", "labels-000099")]
)
def test_a_result_that_is_not_what_was_stored_is_no_result(stored, name, value):
    workspace, _, facts = stored
    assert workspace.results.load({**facts, name: value}, Room()) is None


def test_an_array_packed_with_a_foreign_codec_is_never_unpacked(stored):
    workspace, path, facts = stored
    metadata = json.loads((path / "zarr.json").read_text())
    metadata["codecs"][-1]["name"] = "numcodecs.pickle"
    (path / "zarr.json").write_text(json.dumps(metadata))
    assert workspace.results.load(facts, Room()) is None


def test_an_unreadable_view_is_no_view(tmp_path):
    workspace = Workspace(tmp_path / "a.annotat")
    assert workspace.load_view() is None
    (workspace.path / "view.json").write_text("[1")
    assert workspace.load_view() is None


def test_a_missing_image_says_which_and_a_moved_one_is_found_again(tmp_path):
    import tifffile

    image = tmp_path / "scan.tif"
    tifffile.imwrite(image, np.arange(60, dtype="uint8").reshape(3, 4, 5), **GREY)
    with Workspace(tmp_path / "a.annotat") as workspace:
        workspace.bind(an.read(image))
    moved = image.rename(tmp_path / "moved.tif")
    with Workspace(tmp_path / "a.annotat") as workspace:
        with pytest.raises(an.ReadError, match=r"^scan\.tif"):
            workspace.open_image()
        workspace.bind(an.read(moved))
        assert json.loads((workspace.path / "project.json").read_text())["image"]["path"] == str(
            moved
        )


def test_an_image_whose_content_changed_is_refused(tmp_path):
    import tifffile

    image = tmp_path / "scan.tif"
    tifffile.imwrite(image, np.zeros((3, 4, 5), "uint8"), **GREY)
    with Workspace(tmp_path / "a.annotat") as workspace:
        workspace.bind(an.read(image))
    tifffile.imwrite(image, np.ones((3, 4, 5), "uint8"), **GREY)
    workspace = Workspace(tmp_path / "a.annotat")
    with workspace, pytest.raises(an.ReadError, match=r"^scan\.tif: is no longer the image"):
        workspace.open_image()
