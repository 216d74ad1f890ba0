"""Arrays with a JSON head in one file."""

import json
import pickle
import signal
import subprocess
import sys
import time

import joblib
import numpy as np
import pytest
from safetensors.numpy import load_file, save

from annotat_nb.io import ReadError, WriteError, read_markers
from annotat_nb.io.array_file import KEY, LARGEST_HEAD, read_arrays, write_arrays

HEAD = {"schema": 1, "note": "bone · é"}
ARRAYS = {
    "rows": np.arange(12, dtype="float32").reshape(3, 4),
    "targets": np.array([0, 1, 1], "int16"),
    "none": np.empty((0, 4), "float64"),
}


@pytest.fixture
def path(tmp_path):
    return write_arrays(tmp_path / "a.classifier", "classifier", HEAD, ARRAYS)


def packed(arrays=ARRAYS, **changes):
    """A safetensors file with any head."""
    head = {"kind": "classifier", **HEAD, **changes}
    return save(arrays, {KEY: json.dumps(head)})


def refusal(path, kind="classifier"):
    with pytest.raises(ReadError) as caught:
        read_arrays(path, kind, 1)
    sentence = str(caught.value)
    assert sentence.startswith(f"{path.name}: ")
    assert "; " in sentence
    return sentence


def test_what_is_written_is_read(path):
    head, arrays = read_arrays(path, "classifier", 1)
    assert head == {"kind": "classifier", **HEAD}
    assert arrays.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(arrays[name], array)
        assert arrays[name].dtype == array.dtype


def test_any_program_that_knows_safetensors_reads_it(path):
    np.testing.assert_array_equal(load_file(path)["rows"], ARRAYS["rows"])


def test_the_same_content_gives_the_same_bytes(path, tmp_path):
    again = write_arrays(tmp_path / "b", "classifier", HEAD, dict(reversed(ARRAYS.items())))
    assert again.read_bytes() == path.read_bytes()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"II*\0nonsense", "is no classifier file of annotat_nb"),
        (b"\xff" * 100, "is no classifier file of annotat_nb"),
        ((2**40).to_bytes(8, "little") + b"{}", "is no classifier file of annotat_nb"),
        (save(ARRAYS), "is no classifier file of annotat_nb"),
        (save(ARRAYS, {KEY: "[" * 100_000}), "is no classifier file of annotat_nb"),
        (packed(kind="training data"), "holds 'training data', not a classifier"),
        (packed(kind=["x"] * 99), "not a classifier"),
        (packed(schema=2), "was made by a newer annotat_nb; update"),
        (packed(schema="1"), "has the version '1'"),
        (packed(schema=True), "has the version 'True'"),
        (packed(), "its checksum differs"),
        (packed(checksum=0), "its checksum differs"),
    ],
)
def test_what_is_no_such_file_is_refused(tmp_path, content, words):
    (tmp_path / "a.classifier").write_bytes(content)
    assert words in refusal(tmp_path / "a.classifier")


@pytest.mark.parametrize("end", [4, 9, 200, -1])
def test_a_cut_off_file_is_refused(path, end):
    path.write_bytes(path.read_bytes()[:end])
    refusal(path)


@pytest.mark.parametrize("at", range(-9, 0))
def test_a_flipped_bit_is_noticed(path, at):
    content = bytearray(path.read_bytes())
    content[at] ^= 4
    path.write_bytes(content)
    assert "its checksum differs" in refusal(path)


def test_a_changed_word_in_the_head_is_noticed(path):
    path.write_bytes(path.read_bytes().replace(b"bone", b"bond"))
    assert "its checksum differs" in refusal(path)


def test_a_folder_or_nothing_is_refused(tmp_path):
    assert "is a folder" in refusal(tmp_path)
    assert "does not exist" in refusal(tmp_path / "missing")


def test_a_large_foreign_file_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "a.classifier"
    with path.open("wb") as file:
        file.truncate(2**40)
    started = time.process_time()
    refusal(path)
    assert time.process_time() - started < 0.1


def test_a_head_that_none_would_read_is_not_written(tmp_path):
    with pytest.raises(WriteError, match="more feature channels"):
        write_arrays(tmp_path / "a", "classifier", {"note": "x" * LARGEST_HEAD}, ARRAYS)
    assert not (tmp_path / "a").exists()


def test_a_missing_folder_is_a_sentence(tmp_path):
    with pytest.raises(WriteError, match="there is no folder"):
        write_arrays(tmp_path / "no" / "a", "classifier", HEAD, ARRAYS)


# Pickles


class Bomb:
    def __reduce__(self):
        return (pytest.fail, ("a pickle was run",))


LEGACY = {
    "annotation": {(0, 1, 2): (1, 7)},
    "new annotation": [["Background"], (np.arange(2),) * 3, np.arange(2), {"z": {0}}],
    "classifier": {"version": "1.0", "labels": [0, 1]},
    "object": Bomb(),
}


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("name", LEGACY)
@pytest.mark.parametrize("kind", ["classifier", "training data"])
def test_a_pickle_is_never_opened_and_the_way_over_is_said(tmp_path, name, protocol, kind):
    (tmp_path / "old.pkl").write_bytes(pickle.dumps(LEGACY[name], protocol))
    sentence = refusal(tmp_path / "old.pkl", kind)
    assert "is a Python pickle, as Annotat3D saves" in sentence
    assert "as an int16 image that is -1 where nothing is marked" in sentence


@pytest.mark.parametrize("compress", [0, 3, ("gzip", 3)])
def test_training_data_of_joblib_are_recognised(tmp_path, compress):
    joblib.dump({"superpixel_features": np.ones((9, 9))}, tmp_path / "old", compress=compress)
    assert "is a Python pickle" in refusal(tmp_path / "old", "training data")


def test_a_pickled_annotation_says_how_to_export_it(tmp_path):
    (tmp_path / "old.pkl").write_bytes(pickle.dumps(LEGACY["annotation"]))
    with pytest.raises(ReadError, match=r"^old\.pkl: is a Python pickle.* into an int16 image"):
        read_markers(tmp_path / "old.pkl")


def test_no_length_of_the_head_looks_like_a_pickle(tmp_path):
    for length in range(2000):
        path = write_arrays(tmp_path / "a", "classifier", {**HEAD, "x": "x" * length}, ARRAYS)
        read_arrays(path, "classifier", 1)


# Faults

KILLER = """
import sys, time, os
import numpy as np
from annotat_nb.io.array_file import write_arrays
write_arrays(sys.argv[1], "classifier", {"schema": 1}, {"n": np.zeros(200_000)})
print("ready", flush=True)
while True:
    for n in (1, 2):
        write_arrays(sys.argv[1], "classifier", {"schema": 1}, {"n": np.full(200_000, n)})
"""


@pytest.mark.parametrize("trials", [5, pytest.param(100, marks=pytest.mark.soak)])
def test_a_kill_while_saving_leaves_the_old_or_the_new(tmp_path, trials):
    path = tmp_path / "a.classifier"
    for trial in range(trials):
        command = [sys.executable, "-c", KILLER, path]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as writer:
            writer.stdout.readline()
            time.sleep(0.003 + 0.007 * (trial % 7))
            writer.send_signal(signal.SIGKILL)
        values = read_arrays(path, "classifier", 1)[1]["n"]
        assert values.min() == values.max()
    write_arrays(path, "classifier", HEAD, ARRAYS)
    assert [file.name for file in tmp_path.iterdir()] == ["a.classifier"]
