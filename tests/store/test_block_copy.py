import os
import shutil
import subprocess
import sys
import textwrap

import numpy as np
import pytest

from annotat_nb.jobs import Cancelled
from annotat_nb.store.block_copy import BlockCopy, slab_depth
from annotat_nb.volume import Volume


def silent(step, share):
    pass


@pytest.fixture
def values():
    return np.random.default_rng(0).integers(0, 60_000, (70, 100, 90)).astype("uint16")


@pytest.fixture
def copy(tmp_path, values):
    return BlockCopy(tmp_path / "image.zarr", Volume(values), "digest")


def test_a_copy_holds_the_values_of_the_image(copy, values):
    assert copy.open() is None
    assert np.array_equal(copy.write(silent)[:], values)
    assert np.array_equal(copy.open()[:, 50], values[:, 50])


def test_progress_rises_with_every_slice(copy):
    told = []
    copy.write(lambda step, share: told.append((step, share)))
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert told[-1][0] == "Copying slice 70 of 70"


def test_a_cancelled_copy_goes_on_where_it_was(copy, values):
    def cancel(step, share):
        if share > 0.95:
            raise Cancelled

    with pytest.raises(Cancelled):
        copy.write(cancel)
    assert copy.open() is None
    told = []
    copy.write(lambda step, share: told.append(share))
    assert min(told) >= 64 / 70
    assert np.array_equal(copy.open()[:], values)


@pytest.mark.parametrize("what", [{"digest": "other"}, {"values": "float32"}, {"values": "uint8"}])
def test_the_copy_of_another_image_is_not_used(copy, values, tmp_path, what):
    copy.write(silent)
    other = Volume(values.astype(what.get("values", "uint16")))
    again = BlockCopy(tmp_path / "image.zarr", other, what.get("digest", "digest"))
    assert again.open() is None
    assert np.array_equal(again.write(silent)[:], other.data)


def test_metadata_that_we_do_not_write_is_never_asked_to_unpack_anything(copy, tmp_path):
    copy.write(silent)
    path = tmp_path / "image.zarr" / "zarr.json"
    path.write_text(path.read_text().replace('"zstd"', '"pickle"'))
    assert copy.open() is None


def test_a_torn_note_counts_as_none(copy, tmp_path):
    copy.write(silent)
    path = tmp_path / "image.zarr" / "done.txt"
    path.write_text(path.read_text()[:-3])
    assert copy.open() is None
    copy.write(silent)
    assert copy.open() is not None


def test_damage_is_found_when_it_is_read(copy, values, tmp_path):
    copy.write(silent)
    shard = next((tmp_path / "image.zarr" / "c").rglob("0/0/0"))
    content = bytearray(shard.read_bytes())
    content[len(content) // 2] ^= 0xFF
    shard.write_bytes(content)
    with pytest.raises(ValueError, match=r"[Cc]hecksum"):
        copy.open()[:]


def test_slabs_fit_into_memory():
    small, large = np.zeros((1, 64, 64), "uint8"), np.broadcast_to(np.uint16(0), (9, 8192, 8192))
    assert (slab_depth(Volume(small)), slab_depth(Volume(large))) == (64, 8)


KILLED = """
    import os, signal, sys
    import numpy as np
    from annotat_nb.store.block_copy import BlockCopy
    from annotat_nb.volume import Volume
    from pathlib import Path

    def report(step, share):
        if share >= {share}:
            os.kill(os.getpid(), signal.SIGKILL)

    values = np.arange(200 * 64 * 64, dtype="uint32").reshape(200, 64, 64)
    BlockCopy(Path(sys.argv[1]), Volume(values), "digest").write(report)
"""


@pytest.mark.parametrize("share", [0.0, 0.5, 0.98])
def test_a_killed_copy_is_not_used_and_goes_on(tmp_path, share):
    script = textwrap.dedent(KILLED.format(share=share))
    done = subprocess.run(
        [sys.executable, "-c", script, tmp_path / "image.zarr"], env=os.environ, check=False
    )
    assert done.returncode == -9
    values = np.arange(200 * 64 * 64, dtype="uint32").reshape(200, 64, 64)
    copy = BlockCopy(tmp_path / "image.zarr", Volume(values), "digest")
    assert copy.open() is None
    assert np.array_equal(copy.write(silent)[:], values)


@pytest.mark.parametrize("harm", ["missing", "shorter", "emptied"])
def test_a_shard_that_is_not_as_it_was_is_written_again(copy, values, tmp_path, harm):
    copy.write(silent)
    shard = tmp_path / "image.zarr" / "c" / "0" / "0" / "0"
    if harm == "missing":
        shutil.rmtree(tmp_path / "image.zarr" / "c" / "0")
    else:
        os.truncate(shard, 0 if harm == "emptied" else shard.stat().st_size - 1)
    assert copy.open() is None
    assert np.array_equal(copy.write(silent)[:], values)


def test_black_slabs_are_files_too(tmp_path):
    copy = BlockCopy(tmp_path / "image.zarr", Volume(np.zeros((9, 70, 70), "uint8")), "digest")
    assert copy.write(silent) is not None
    assert not copy.open()[:].any()


def test_a_copy_is_not_used_once_the_file_of_the_image_was_written_again(tmp_path, values):
    source = tmp_path / "scan.raw"
    source.write_bytes(b"first")
    volume = Volume(values, source=source)
    BlockCopy(tmp_path / "image.zarr", volume, "digest").write(silent)
    assert BlockCopy(tmp_path / "image.zarr", volume, "digest").open() is not None
    source.write_bytes(b"second")
    assert BlockCopy(tmp_path / "image.zarr", volume, "digest").open() is None
