import os
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotat_nb.store import Journal, JournalError
from annotat_nb.store.journal import Entry, _read

RECORDS = [("edit", b"abc"), ("undo", b""), ("edit", bytes(range(256)) * 40)]


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "journal"


def fill(folder, records=RECORDS):
    journal = Journal(folder)
    for kind, payload in records:
        journal.append(kind, payload)
    journal.close()


def read(folder):
    return [(entry.kind, entry.payload) for entry in Journal(folder).entries]


def test_reopening_gives_every_record_in_order(folder):
    fill(folder)
    fill(folder, [("view", b"later")])
    assert read(folder) == [*RECORDS, ("view", b"later")]
    assert [entry.number for entry in Journal(folder).entries] == [1, 2, 3, 4]


@given(st.integers(0, 200))
def test_a_torn_file_gives_the_records_before_the_tear(cut):
    packed = [Entry(n, 1.0, "edit", bytes([n]) * 20).to_bytes() for n in (1, 2, 3, 4)]
    raw = b"".join(packed)[:cut]
    whole = min(4, cut // len(packed[0]))
    assert [entry.number for entry, _ in _read(raw)] == list(range(1, whole + 1))


@given(st.integers(0, 199), st.integers(1, 255))
def test_a_flipped_byte_is_never_read_as_an_action(at, flip):
    packed = [Entry(n, 1.0, "edit", bytes([n]) * 20).to_bytes() for n in (1, 2, 3, 4)]
    raw = bytearray(b"".join(packed))
    at %= len(raw)
    raw[at] ^= flip
    good = at // len(packed[0])
    assert [entry.number for entry, _ in _read(bytes(raw))] == list(range(1, good + 1))


def test_work_goes_on_after_a_torn_record(folder):
    fill(folder)
    (log,) = folder.glob("*.log")
    log.write_bytes(log.read_bytes()[:-5])
    fill(folder, [("edit", b"new")])
    assert read(folder) == [*RECORDS[:2], ("edit", b"new")]


def test_a_failing_disk_keeps_the_records_and_writes_them_later(folder, monkeypatch):
    journal = Journal(folder)
    journal.append("edit", b"1")

    def full(_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fdatasync", full)
        for payload in (b"2", b"3"):
            with pytest.raises(JournalError, match="No space left"):
                journal.append("edit", payload)
    assert journal.pending == 2
    journal.append("edit", b"4")
    assert journal.pending == 0
    journal.close()
    assert read(folder) == [("edit", b"1"), ("edit", b"2"), ("edit", b"3"), ("edit", b"4")]


def test_a_disk_that_takes_only_a_part_loses_nothing(folder):
    """A write may be cut short, as by a limit of the file size or a full disk."""
    import resource

    journal = Journal(folder)
    journal.append("edit", b"1")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
    try:
        with pytest.raises(JournalError):
            journal.append("edit", b"2" * 500)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    journal.append("edit", b"3")
    journal.close()
    assert read(folder) == [("edit", b"1"), ("edit", b"2" * 500), ("edit", b"3")]


def test_work_after_a_damaged_record_is_kept(folder):
    fill(folder)
    fill(folder, [("edit", b"later")])
    (first, _) = sorted(folder.glob("*.log"))
    raw = bytearray(first.read_bytes())
    raw[-3] ^= 1
    first.write_bytes(raw)
    assert Journal(folder).lost == 1
    fill(folder, [("edit", b"new"), ("edit", b"newer")])
    assert read(folder) == [*RECORDS[:2], ("edit", b"new"), ("edit", b"newer")]


def test_two_threads_write_whole_records(folder):
    journal = Journal(folder)
    threads = [
        threading.Thread(target=lambda: [journal.append("edit", b"x" * 100) for _ in range(50)])
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    journal.close()
    assert len(Journal(folder).entries) == 200


def test_a_record_counts_only_once_it_is_synced(folder, monkeypatch):
    synced = []
    real = os.fdatasync
    monkeypatch.setattr(os, "fdatasync", lambda fd: synced.append(fd) or real(fd))
    fill(folder)
    assert len(synced) == len(RECORDS)
