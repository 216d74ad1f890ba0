import pytest

from annotat_nb.io import gate
from annotat_nb.io.errors import ReadError


def test_the_memory_of_this_machine_is_a_plausible_number():
    assert 50e6 < gate.available_memory() < 2**50


def system(monkeypatch, files):
    monkeypatch.setattr(gate, "_lines", lambda path: files.get(path, "").splitlines())


def test_the_limit_of_a_container_counts(monkeypatch):
    files = {
        "/proc/meminfo": "MemTotal: 9000 kB\nMemAvailable: 8000 kB\n",
        "/sys/fs/cgroup/memory.max": "1000000\n",
        "/sys/fs/cgroup/memory.current": "600000\n",
        "/sys/fs/cgroup/memory.stat": "anon 300000\ninactive_file 100000\n",
    }
    system(monkeypatch, files)
    assert gate.available_memory() == 500_000
    files["/sys/fs/cgroup/memory.max"] = "max\n"
    assert gate.available_memory() == 8000 * 1024


def test_without_the_files_of_linux_the_physical_memory_counts(monkeypatch):
    system(monkeypatch, {})
    assert 50e6 < gate.available_memory() < 2**50


def test_the_ratio_of_a_blank_fax_page_passes_and_a_lie_does_not(tmp_path):
    gate.check_ratio(tmp_path / "a.tif", 80_000 * 500, 500)
    with pytest.raises(ReadError, match="its header is wrong"):
        gate.check_ratio(tmp_path / "a.tif", 200_000 * 500, 500)
