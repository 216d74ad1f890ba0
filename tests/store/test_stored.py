import gc
import threading
from itertools import product

import numpy as np
import pytest

from annotat_nb.io import ReadError
from annotat_nb.store import WorkspaceError, scratch, stored
from annotat_nb.store.arrays import write_array
from annotat_nb.store.stored import StoredArray

SHAPE = (21, 300, 270)
RNG = np.random.default_rng(0)
VALUES = RNG.integers(0, 200, SHAPE).astype("uint8")


@pytest.fixture
def array(tmp_path):
    return StoredArray.create(tmp_path / "new", SHAPE, np.dtype("uint8"))


@pytest.fixture
def settled(array, tmp_path):
    array.fill(VALUES)
    array.settle(tmp_path / "label")
    return tmp_path / "label"


def reopened(path):
    return StoredArray.reopen(path, SHAPE, "uint8")


def boxes(edges):
    starts = product(*(range(0, side, edge) for side, edge in zip(SHAPE, edges, strict=True)))
    for corner in starts:
        ends = (min(c + e, s) for c, e, s in zip(corner, edges, SHAPE, strict=True))
        yield tuple(slice(c, e) for c, e in zip(corner, ends, strict=True))


@pytest.mark.parametrize("edges", [(21, 300, 270), (8, 256, 256), (1, 300, 270), (5, 97, 64)])
@pytest.mark.parametrize("kept", [0, 2**20, 2**26])
def test_it_is_written_in_boxes_of_any_size_and_order(array, edges, kept, monkeypatch):
    monkeypatch.setattr(scratch, "KEPT", kept)
    places = list(boxes(edges))
    for at in RNG.permutation(len(places)):
        array[places[at]] = VALUES[places[at]]
    np.testing.assert_array_equal(array[:], VALUES)
    np.testing.assert_array_equal(array[3:17:2, ..., 5], VALUES[3:17:2, ..., 5])
    array.settle(array.folder.with_name("label"))
    np.testing.assert_array_equal(array[:], VALUES)


def test_planes_rows_and_single_numbers_are_written(array):
    array[4] = VALUES[4]
    array[5, 7:9] = 3
    array[-1, 0, 0] = 8
    expected = np.zeros(SHAPE, "uint8")
    expected[4], expected[5, 7:9], expected[-1, 0, 0] = VALUES[4], 3, 8
    np.testing.assert_array_equal(array[:], expected)


def test_a_table_is_written_row_by_row(tmp_path):
    table = StoredArray.create(tmp_path / "new", (100_000, 3), np.dtype("float32"))
    table[70_000:70_002] = [[1, 2, 3], [4, 5, 6]]
    assert table[69_999:70_003, 1].tolist() == [0, 2, 5, 0]


def test_two_results_of_one_array_are_both_written_though_at_once(array, tmp_path, monkeypatch):
    array.fill(VALUES)
    sync_tree, settle = stored.sync_tree, StoredArray.settle
    moving, both, begun = threading.Event(), threading.Event(), []

    def note(self, path):
        begun.append(path)
        if len(begun) == 2:
            both.set()
        return settle(self, path)

    def sync_slowly(folder):
        moving.set()
        assert both.wait(5)
        sync_tree(folder)

    monkeypatch.setattr(StoredArray, "settle", note)
    monkeypatch.setattr(stored, "sync_tree", sync_slowly)
    thread = threading.Thread(target=write_array, args=(tmp_path / "label", array))
    thread.start()
    assert moving.wait(5)
    write_array(tmp_path / "mask", array)
    thread.join()
    for name in ("label", "mask"):
        np.testing.assert_array_equal(reopened(tmp_path / name)[:], VALUES)


def test_what_was_moved_but_not_synced_is_not_moved_again(array, tmp_path, monkeypatch):
    def refuse(folder):
        raise OSError(5, "Input/output error")

    array.fill(VALUES)
    with monkeypatch.context() as patch:
        patch.setattr(stored, "sync_folder", refuse)
        with pytest.raises(OSError, match="Input/output"):
            write_array(tmp_path / "label", array)
    write_array(tmp_path / "label", array)
    np.testing.assert_array_equal(reopened(tmp_path / "label")[:], VALUES)


def test_threads_that_write_into_one_block_lose_nothing(array):
    def write(offset):
        for row in range(offset, SHAPE[1], 4):
            array[:, row] = VALUES[:, row]

    threads = [threading.Thread(target=write, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    np.testing.assert_array_equal(array[:], VALUES)


def test_what_is_not_settled_goes_with_the_object(tmp_path):
    array = StoredArray.create(tmp_path / "new", (3, 4, 5), np.dtype("uint8"))
    array[:] = 1
    assert (tmp_path / "new").exists()
    del array
    gc.collect()
    assert list(tmp_path.iterdir()) == []


def test_what_is_settled_stays_and_is_not_written_any_more(settled):
    gc.collect()
    again = reopened(settled)
    np.testing.assert_array_equal(again[:], VALUES)
    with pytest.raises(ValueError, match="settled"):
        again[0] = 1


def test_it_is_removed_in_the_end_not_while_it_is_read(settled):
    again = reopened(settled)
    again.remove_in_the_end()
    np.testing.assert_array_equal(again[:], VALUES)
    del again
    gc.collect()
    assert not settled.exists()


def test_reading_keeps_few_blocks_in_memory(settled, monkeypatch):
    from annotat_nb.store import stored

    monkeypatch.setattr(stored, "KEPT", 2**20)
    again = reopened(settled)
    for plane in range(SHAPE[0]):
        np.testing.assert_array_equal(again[plane], VALUES[plane])
    assert again._source._kept._used <= 2**20


@pytest.mark.parametrize("harm", ["gone", "shorter", "metadata", "sizes", "another shape"])
def test_what_is_not_all_there_is_noticed_when_it_is_opened(settled, harm):
    chunk = settled / "c" / "1" / "0" / "1"
    if harm == "gone":
        chunk.unlink()
    elif harm == "shorter":
        chunk.write_bytes(chunk.read_bytes()[:-1])
    elif harm == "metadata":
        (settled / "zarr.json").write_text("{}")
    elif harm == "sizes":
        (settled / "sizes.txt").unlink()
    shape = (21, 300, 271) if harm == "another shape" else SHAPE
    assert StoredArray.reopen(settled, shape, "uint8") is None


def test_damage_is_one_sentence_when_it_is_read(settled):
    chunk = settled / "c" / "1" / "0" / "1"
    content = bytearray(chunk.read_bytes())
    content[len(content) // 2] ^= 255
    chunk.write_bytes(content)
    again = reopened(settled)
    np.testing.assert_array_equal(again[:8], VALUES[:8])
    with pytest.raises(ReadError, match=r"^label: is damaged .*; generate the superpixels again"):
        again[:]


def test_a_folder_that_goes_away_is_one_sentence(settled, tmp_path):
    again = reopened(settled)
    settled.rename(tmp_path / "elsewhere")
    with pytest.raises(ReadError, match="label: is no longer there"):
        again[:]


def test_a_full_disk_is_one_sentence(array, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(scratch.Scratch, "write", full)
    with pytest.raises(WorkspaceError, match=r"cannot be written \(No space left on device\)"):
        array[0] = 1


def test_settling_can_be_tried_again(array, tmp_path, monkeypatch):
    from annotat_nb.store import stored

    def full(*_):
        raise OSError(28, "No space left on device")

    array[:] = VALUES
    with monkeypatch.context() as patch:
        patch.setattr(stored, "sync_tree", full)
        with pytest.raises(OSError, match="No space"):
            array.settle(tmp_path / "label")
    np.testing.assert_array_equal(array[:], VALUES)
    array.settle(tmp_path / "label")
    np.testing.assert_array_equal(reopened(tmp_path / "label")[:], VALUES)
