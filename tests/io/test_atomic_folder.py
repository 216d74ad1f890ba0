import os
import signal
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from annotat_nb.io import atomic_folder as module
from annotat_nb.io.atomic import remove_leftovers
from annotat_nb.io.atomic_folder import atomic_folder, restore_folder

OLD = {"a": b"old", "deep/b": b"old too"}
NEW = {"a": b"new", "deep/c": b"and new"}


def write(path, files):
    with atomic_folder(path) as folder:
        for name, content in files.items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_bytes(content)


def content_of(path):
    files = (file for file in path.rglob("*") if file.is_file())
    return {str(file.relative_to(path)): file.read_bytes() for file in files}


def names_in(folder):
    return [path.name for path in folder.iterdir()]


@pytest.fixture(params=["exchange", "old file system"])
def target(tmp_path, request, monkeypatch):
    """A folder to write, where names can be exchanged in one step and where they cannot."""
    if request.param == "old file system":
        monkeypatch.setattr(module, "_exchange", lambda *_: False)
    return tmp_path / "a.zarr"


def test_a_folder_takes_the_place_of_another_wholly(target):
    for files in (OLD, NEW):
        write(target, files)
        assert content_of(target) == files
    assert names_in(target.parent) == [target.name]


def test_a_failing_body_leaves_the_old_folder_and_nothing_else(target):
    write(target, OLD)
    with pytest.raises(TypeError), atomic_folder(target) as folder:
        (folder / "a").write_bytes("not bytes")
    assert content_of(target) == OLD
    assert names_in(target.parent) == [target.name]


def test_this_system_exchanges_names_in_one_step(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).touch()
    assert module._exchange(tmp_path / "a", tmp_path / "b")
    assert (names_in(tmp_path / "a"), names_in(tmp_path / "b")) == (["b"], ["a"])
    with pytest.raises(FileNotFoundError):
        module._exchange(tmp_path / "a", tmp_path / "none")


def test_everything_reaches_the_disk_before_the_name(tmp_path, monkeypatch):
    synced = []
    fsync, put = os.fsync, module._put

    def logged_fsync(descriptor):
        synced.append(os.fstat(descriptor).st_ino)
        fsync(descriptor)

    def checked_put(part, target):
        assert set(synced) == {path.stat().st_ino for path in (part, *part.rglob("*"))}
        put(part, target)

    monkeypatch.setattr(os, "fsync", logged_fsync)
    monkeypatch.setattr(module, "_put", checked_put)
    write(tmp_path / "a.zarr", NEW)
    assert synced[-1] == tmp_path.stat().st_ino


def test_what_a_killed_writer_left_is_removed_by_the_next_write(tmp_path):
    write(tmp_path / "a.zarr", OLD)
    code = (
        "import sys\n"
        "from annotat_nb.io.atomic_folder import atomic_folder\n"
        "with atomic_folder(sys.argv[1]) as folder:\n"
        "    (folder / 'a').write_bytes(bytes(100_000))\n"
        "    print('ready', flush=True); sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", code, tmp_path / "a.zarr"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as writer:
        writer.stdout.readline()
        remove_leftovers(tmp_path)
        assert len(names_in(tmp_path)) == 2, "a living writer keeps its folder"
        writer.send_signal(signal.SIGKILL)
        writer.wait()
    assert content_of(tmp_path / "a.zarr") == OLD
    write(tmp_path / "a.zarr", NEW)
    assert names_in(tmp_path) == ["a.zarr"]


class Killed(BaseException):
    """Stands for a process that dies: nothing of it may run afterwards."""


@pytest.mark.parametrize("moment", [1, 2])
def test_a_kill_while_an_old_file_system_renames_is_mended(tmp_path, monkeypatch, moment):
    target = tmp_path / "a.zarr"
    write(target, OLD)
    part = tmp_path / "part"
    part.mkdir()
    (part / "a").write_bytes(b"new")
    renames = []
    rename = type(target).rename

    def dying(self, name):
        renames.append(name)
        if len(renames) == moment:
            raise Killed
        return rename(self, name)

    with monkeypatch.context() as patch:
        patch.setattr(type(target), "rename", dying)
        with pytest.raises(Killed):
            module._move_aside(part, target)
    restore_folder(target)
    assert content_of(target) == OLD


def test_a_full_disk_leaves_the_old_folder(tmp_path):
    write(tmp_path / "a.zarr", OLD)
    code = (
        "import resource, sys\n"
        "from annotat_nb.io.atomic_folder import atomic_folder\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
        "with atomic_folder(sys.argv[1]) as folder: (folder / 'a').write_bytes(bytes(9_000))\n"
    )
    done = subprocess.run([sys.executable, "-c", code, tmp_path / "a.zarr"], capture_output=True)
    assert b"File too large" in done.stderr
    assert content_of(tmp_path / "a.zarr") == OLD
    assert names_in(tmp_path) == ["a.zarr"]


def test_a_file_is_never_replaced_by_a_folder(tmp_path):
    (tmp_path / "a.zarr").write_bytes(b"file")
    with pytest.raises(NotADirectoryError):
        write(tmp_path / "a.zarr", NEW)
    assert (tmp_path / "a.zarr").read_bytes() == b"file"


def test_a_link_is_followed(tmp_path):
    write(tmp_path / "a.zarr", OLD)
    (tmp_path / "link").symlink_to("a.zarr")
    write(tmp_path / "link", NEW)
    assert (tmp_path / "link").is_symlink()
    assert content_of(tmp_path / "a.zarr") == NEW


@pytest.mark.parametrize("name", ["a" * 255, "-a", "a\nb", "a\u202eb"])
def test_odd_names_are_written(tmp_path, name):
    write(tmp_path / name, OLD)
    write(tmp_path / name, NEW)
    assert names_in(tmp_path) == [name]
    assert stat.S_ISDIR((tmp_path / name).stat().st_mode)


def test_writers_of_one_folder_leave_one_whole_folder(tmp_path):
    def write(content):
        with atomic_folder(tmp_path / "a.zarr") as folder:
            for number in range(20):
                (folder / str(number)).write_bytes(content)

    contents = [bytes([number]) * 100 for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, contents))
    written = {path.read_bytes() for path in (tmp_path / "a.zarr").iterdir()}
    assert len(written) == 1
    assert len(list((tmp_path / "a.zarr").iterdir())) == 20
    assert [path.name for path in tmp_path.iterdir()] == ["a.zarr"]
