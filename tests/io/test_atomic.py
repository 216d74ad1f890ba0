import os
import signal
import stat
import subprocess
import sys
import threading

import pytest

from annotat_nb.io.atomic import atomic_write, remove_leftovers


def names_in(folder):
    return [path.name for path in folder.iterdir()]


def write(path, content):
    with atomic_write(path) as file:
        file.write(content)


def test_a_written_file_holds_the_bytes_and_nothing_else_is_left(tmp_path):
    write(tmp_path / "a", b"new")
    assert (tmp_path / "a").read_bytes() == b"new"
    assert names_in(tmp_path) == ["a"]


def test_a_failing_body_leaves_the_old_bytes_and_no_temporary_file(tmp_path):
    write(tmp_path / "a", b"old")
    with pytest.raises(TypeError), atomic_write(tmp_path / "a") as file:
        file.write("not bytes")
    assert (tmp_path / "a").read_bytes() == b"old"
    assert names_in(tmp_path) == ["a"]


def test_the_bytes_reach_the_disk_before_the_name_and_the_name_before_the_end(
    tmp_path, monkeypatch
):
    calls = []
    fsync, replace = os.fsync, os.replace

    def logged_fsync(descriptor):
        calls.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
        fsync(descriptor)

    def logged_replace(part, target):
        calls.append("rename")
        replace(part, target)

    monkeypatch.setattr(os, "fsync", logged_fsync)
    monkeypatch.setattr(os, "replace", logged_replace)
    write(tmp_path / "a", b"new")
    assert calls == ["file", "rename", "folder"]


def test_a_full_disk_leaves_the_old_bytes(tmp_path):
    write(tmp_path / "a", b"old")
    code = (
        "import resource, sys\n"
        "from annotat_nb.io.atomic import atomic_write\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
        "with atomic_write(sys.argv[1]) as file: file.write(bytes(100_000))\n"
    )
    done = subprocess.run([sys.executable, "-c", code, tmp_path / "a"], capture_output=True)
    assert b"File too large" in done.stderr
    assert (tmp_path / "a").read_bytes() == b"old"
    assert names_in(tmp_path) == ["a"]


def test_what_a_killed_writer_left_is_removed_by_the_next_write(tmp_path):
    write(tmp_path / "a", b"old")
    code = (
        "import sys\n"
        "from annotat_nb.io.atomic import atomic_write\n"
        "with atomic_write(sys.argv[1]) as file:\n"
        "    file.write(bytes(100_000)); file.flush()\n"
        "    print('ready', flush=True); sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", code, tmp_path / "a"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as writer:
        writer.stdout.readline()
        remove_leftovers(tmp_path)
        assert len(names_in(tmp_path)) == 2, "a living writer keeps its file"
        writer.send_signal(signal.SIGKILL)
        writer.wait()
    assert (tmp_path / "a").read_bytes() == b"old"
    write(tmp_path / "a", b"new")
    assert names_in(tmp_path) == ["a"]


def test_writers_of_one_path_leave_one_whole_file(tmp_path):
    contents = [bytes([number]) * 50_000 for number in range(8)]
    threads = [
        threading.Thread(target=write, args=(tmp_path / "a", content)) for content in contents
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (tmp_path / "a").read_bytes() in contents
    assert names_in(tmp_path) == ["a"]


def test_the_mode_of_a_replaced_file_is_kept(tmp_path):
    write(tmp_path / "a", b"old")
    (tmp_path / "a").chmod(0o640)
    write(tmp_path / "a", b"new")
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o640


def test_a_link_is_followed(tmp_path):
    write(tmp_path / "a", b"old")
    (tmp_path / "link").symlink_to("a")
    write(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "a").read_bytes() == b"new"


@pytest.mark.parametrize("name", ["a" * 255, "-a", "a\nb", "a\u202eb"])
def test_odd_names_are_written(tmp_path, name):
    write(tmp_path / name, b"new")
    assert names_in(tmp_path) == [name]


def test_a_device_or_folder_is_never_replaced(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for name in ["pipe", "."]:
        with pytest.raises(OSError, match="not a regular file"):
            write(tmp_path / name, b"new")
