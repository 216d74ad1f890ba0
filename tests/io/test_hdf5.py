import os
import subprocess
import sys
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import h5py
import numpy as np
import pytest

from annotat_nb.io import ChoiceNeeded, ReadError, datasets, read

ZYX = np.arange(5 * 6 * 7, dtype="uint16").reshape(5, 6, 7)


@pytest.fixture
def file(tmp_path):
    """A writable HDF5 file, closed before it is read."""
    with h5py.File(tmp_path / "a.h5", "w") as file:
        yield file


def close(file):
    path = file.filename
    file.close()
    return path


def refused(file, sentence, **how):
    with pytest.raises(ReadError) as error:
        read(close(file), **how)
    assert str(error.value).startswith("a.h5: ")
    assert sentence in str(error.value)
    return error.value


def equal(volume, expected):
    data = np.asarray(volume.data)
    assert data.dtype == volume.dtype == expected.dtype.newbyteorder("=")
    np.testing.assert_array_equal(data, expected)


def test_a_real_file_of_ilastik_is_read_by_the_axes_it_names(shared_data):
    path = shared_data / "misc_h5" / "mitocheck_small_2D+t.h5"
    with h5py.File(path) as file:
        stored = file["exported_data"][:]
    with pytest.raises(ReadError, match="has 9 time points; pass time= 0 … 8"):
        read(path)
    equal(read(path, time=3), stored[3, ..., 0].transpose(2, 1, 0))


@pytest.mark.parametrize("dtype", ["<u1", "<u2", ">u2", "<i4", ">f4", "<f8", "<f2", "|b1", "<i8"])
@pytest.mark.parametrize(
    "how", [{}, {"chunks": (2, 3, 4)}, {"chunks": True, "compression": "gzip", "shuffle": True}]
)
def test_any_numbers_come_back_exactly(file, dtype, how):
    file.create_dataset("a/b", data=ZYX.astype(dtype), **how)
    equal(read(close(file)), ZYX.astype(dtype))


@pytest.mark.parametrize(
    "key",
    [
        2,
        -1,
        slice(1, 4),
        (slice(None), 3),
        (slice(None), slice(None), 6),
        (slice(4, None, -2), slice(1, 6, 2), -1),
        (slice(3, 3), 0),
        (..., 1),
        (1, ..., slice(None, None, 3)),
        ([3, 0], slice(None), 2),
        (np.int64(2), 3, 4),
    ],
    ids=str,
)
def test_any_box_is_that_of_the_array(file, key):
    file["a"] = ZYX.transpose(2, 0, 1)
    file["a"].attrs["axistags"] = '{"axes": [{"key": "x"}, {"key": "z"}, {"key": "y"}]}'
    np.testing.assert_array_equal(read(close(file)).data[key], ZYX[key])


@pytest.mark.parametrize("key", [5, -6, (0, 6), (0, 0, 0, 0)])
def test_an_index_outside_is_an_index_error(file, key):
    file["a"] = ZYX
    with pytest.raises(IndexError):
        read(close(file)).data[key]


def test_a_slice_across_x_reads_no_other_voxels(file, monkeypatch):
    file["a"] = ZYX
    volume, keys = read(close(file)), []
    getitem = h5py.Dataset.__getitem__

    def counted(dataset, key, *rest):
        keys.append(key)
        return getitem(dataset, key, *rest)

    monkeypatch.setattr(h5py.Dataset, "__getitem__", counted)
    np.testing.assert_array_equal(volume.slice("x", 3), ZYX[:, :, 3])
    assert keys == [(slice(0, 5, 1), slice(0, 6, 1), slice(3, 4))]


def test_the_only_volume_is_taken_among_images_tables_and_texts(file):
    file["note"] = "text"
    file["table"] = np.zeros(3, [("a", "f4")])
    file["line"] = np.arange(9)
    file["thumbnail"] = ZYX[0]
    file["complex"] = ZYX.astype("complex64")
    file["entry/data"] = ZYX
    path = close(file)
    equal(read(path), ZYX)
    assert [one.value for one in datasets(path)] == ["entry/data", "thumbnail"]


def test_several_volumes_are_listed_with_shape_and_dtype(file, tmp_path):
    file["raw"] = ZYX
    file["entry/data"] = ZYX.astype("float32")
    error = refused(file, "a.h5: holds 2 images; pass dataset='raw' or another of these: ")
    assert isinstance(error, ChoiceNeeded)
    assert error.keyword == "dataset"
    assert {one.value: one.label for one in error.candidates} == {
        "raw": "raw: 5 x 6 x 7 uint16",
        "entry/data": "entry/data: 5 x 6 x 7 float32",
    }
    for value in ("entry/data", "/entry/data", "/entry/./data"):
        equal(read(tmp_path / "a.h5", dataset=value), ZYX.astype("float32"))


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("table", "holds [('a', '<f4')] values"),
        ("note", "holds object values"),
        ("complex", "holds complex64 values"),
        ("empty", "holds no values"),
        ("none", "has no dataset 'none'; pass dataset='raw'"),
        ("", "has no dataset ''"),
        ("raw/deeper", "has no dataset"),
        ("../raw", "has no dataset"),
    ],
)
def test_a_dataset_that_is_no_image_is_refused(file, name, sentence):
    file["raw"] = ZYX
    file["table"] = np.zeros(3, [("a", "f4")])
    file["note"] = "text"
    file["complex"] = ZYX.astype("complex64")
    file["empty"] = np.zeros((0, 4, 5))
    refused(file, sentence, dataset=name)


def test_a_file_without_an_image_says_so(file):
    file["note"] = "text"
    refused(file, "holds no image; check what it holds")


@pytest.mark.parametrize("axes", ["tzyxc", "cxyzt", "zctyx"])
def test_named_axes_are_put_in_order(file, axes):
    sides = dict(zip("tczyx", (2, 3, 4, 5, 6), strict=True))
    data = np.arange(720).reshape([sides[axis] for axis in axes])
    dataset = file.create_dataset("a", data=data)
    for number, axis in enumerate(axes):
        dataset.dims[number].label = axis
    volume = read(close(file), time=1, channel=2)
    index = tuple({"t": 1, "c": 2}.get(axis, slice(None)) for axis in axes)
    rest = "".join(axis for axis in axes if axis in "zyx")
    equal(volume, data[index].transpose([rest.index(axis) for axis in "zyx"]))


def test_colours_are_read_lazily_as_asked(file):
    rgb = np.random.default_rng(0).integers(0, 256, (4, 20, 18, 3), dtype="uint8")
    file["a"] = rgb
    path = close(file)
    with pytest.raises(ChoiceNeeded, match="3 values a pixel"):
        read(path)
    equal(read(path, rgb=1), rgb[..., 1])
    grey = read(path, rgb="luminance")
    expected = rgb @ np.array([0.2126, 0.7152, 0.0722])
    np.testing.assert_allclose(grey.slice("y", 3), expected[:, 3], atol=0.6)


def test_unnamed_axes_are_picked_or_left_out_when_they_are_1_long(file):
    file["a"] = np.arange(2 * 24).reshape(1, 2, 2, 3, 4)
    path = close(file)
    with pytest.raises(ChoiceNeeded) as error:
        read(path)
    assert error.value.keyword == "time"
    equal(read(path, time=1), np.arange(24, 48).reshape(2, 3, 4))


@pytest.mark.parametrize(
    ("edges", "found"),
    [
        ([2.0, 0.5, 0.25], ((2.0, 0.5, 0.25), "µm")),
        ([2.0, -1.0, 1.0], ((1.0, 1.0, 1.0), "px")),
        ([np.nan] * 3, ((1.0, 1.0, 1.0), "px")),
        ([1.0, 1.0], ((1.0, 1.0, 1.0), "px")),
        ("text", ((1.0, 1.0, 1.0), "px")),
    ],
)
def test_the_voxel_size_is_read_where_it_makes_sense(file, edges, found):
    file["a"] = ZYX
    file["a"].attrs["element_size_um"] = edges
    volume = read(close(file))
    assert (volume.voxel_size, volume.unit) == found


def test_what_was_never_written_has_the_fill_value(file):
    data = file.create_dataset("a", (5, 6, 7), "u2", chunks=(2, 3, 4), fillvalue=9)
    packed = file.create_dataset("b", data=ZYX, chunks=(2, 3, 4), compression="gzip")
    sparse = file.create_dataset("c", (5, 6, 7), "u2", chunks=(2, 3, 4), compression="gzip")
    data[:2], sparse[1:3, 2:5] = 1, 7
    expected = data[:], packed[:], sparse[:]
    path = close(file)
    for name, values in zip("abc", expected, strict=True):
        equal(read(path, dataset=name), values)


def test_chunks_that_were_stored_without_a_filter_are_read(file):
    noise = np.random.default_rng(0).integers(0, 256, (4, 4, 4), dtype="uint8")
    data = file.create_dataset("a", (8, 4, 4), "u1", chunks=(4, 4, 4), compression="gzip")
    data[4:] = 1
    data.id.write_direct_chunk((0, 0, 0), noise.tobytes(), filter_mask=1)
    volume = read(close(file))
    np.testing.assert_array_equal(volume.data[:4], noise)
    np.testing.assert_array_equal(volume.data[4:], np.ones((4, 4, 4)))


def test_the_file_stays_free_to_be_written(file):
    file["a"] = ZYX
    path = close(file)
    volume = read(path)
    code = f"import h5py; f = h5py.File({path!r}, 'r+'); f['a'][0, 0, 0] = 77; f.close()"
    subprocess.run([sys.executable, "-c", code], check=True)
    assert volume.data[0, 0, 0] == 77
    with h5py.File(path, "r+") as again:
        again["a"][0, 0, 0] = 78
    assert volume.data[0, 0, 0] == 78


def test_a_file_of_another_shape_under_the_same_name_is_refused(file):
    file["a"] = ZYX
    volume = read(path := close(file))
    with h5py.File(path, "w") as other:
        other["a"] = ZYX[:2]
    with pytest.raises(ReadError, match=r"^a\.h5: was changed since it was opened"):
        volume.slice("z", 0)


@pytest.mark.parametrize("compression", [None, "gzip", "lzf"])
def test_threads_read_together(file, compression):
    data = np.random.default_rng(0).integers(0, 999, (40, 50, 60), dtype="uint16")
    file.create_dataset("a", data=data, chunks=(8, 16, 16), compression=compression)
    volume = read(close(file))
    keys = [(slice(None), y) for y in range(50)] + [(z,) for z in range(40)]
    with ThreadPoolExecutor(8) as pool:
        for key, found in zip(keys, pool.map(volume.data.__getitem__, keys), strict=True):
            np.testing.assert_array_equal(found, data[key])


# Links


def test_links_of_every_kind_are_followed_inside_the_folder(tmp_path, file):
    (tmp_path / "raw").mkdir()
    with h5py.File(tmp_path / "raw" / "b.h5", "w") as other:
        other["entry/data"] = ZYX
        other["entry/again"] = h5py.SoftLink("data")
    file["outer"] = h5py.ExternalLink("raw/b.h5", "/entry")
    file["soft"] = h5py.SoftLink("/outer/again")
    path = close(file)
    equal(read(path, dataset="soft"), ZYX)
    assert len(datasets(path)) == 1
    equal(read(path), ZYX)


def test_groups_that_hold_themselves_and_links_in_circles_end(file):
    file["a/b/data"] = ZYX
    file["a/b/hard"] = file["a"]
    file["a/soft"] = h5py.SoftLink("/a/soft")
    file["a/self"] = h5py.ExternalLink("a.h5", "/a")
    file["gone"] = h5py.SoftLink("/nowhere/at/all")
    path = close(file)
    equal(read(path), ZYX)
    with pytest.raises(ReadError, match="links that form a loop"):
        read(path, dataset="a/soft")


@pytest.fixture
def secret(tmp_path):
    """A file beside the folder that the HDF5 file lies in."""
    with h5py.File(tmp_path / "secret.h5", "w") as file:
        file["data"] = ZYX
    (tmp_path / "scan").mkdir()
    return tmp_path / "secret.h5"


@pytest.mark.parametrize("kind", ["relative", "absolute", "symlink", "soft over external"])
def test_a_link_out_of_the_folder_is_refused_unless_the_user_allows_it(secret, kind, monkeypatch):
    path = secret.parent / "scan" / "a.h5"
    (path.parent / "inside.h5").symlink_to(secret)
    names = {"relative": "../secret.h5", "absolute": str(secret), "symlink": "inside.h5"}
    with h5py.File(path, "w") as file:
        file["outer"] = h5py.ExternalLink(names.get(kind, "../secret.h5"), "/")
        file["data"] = h5py.SoftLink("/outer/data")
    for how in ({}, {"dataset": "data"}, {"dataset": "outer/data"}):
        with pytest.raises(ReadError, match=r"^a\.h5: draws on .* outside its folder") as error:
            read(path, **how)
    assert "ANNOTAT_NB_DATA_ROOTS" in str(error.value)
    monkeypatch.setenv("ANNOTAT_NB_DATA_ROOTS", f"/nowhere{os.pathsep}{secret.parent}")
    equal(read(path), ZYX)


def virtual(path, sources, shape=None):
    layout = h5py.VirtualLayout(shape or (len(sources), *ZYX.shape[1:]), "u2")
    for z, (file, name) in enumerate(sources):
        layout[z] = h5py.VirtualSource(str(file), name, shape=ZYX.shape)[z]
    with h5py.File(path, "a") as file:
        file.create_virtual_dataset("v", layout)
    return path


def test_a_virtual_dataset_reads_from_files_inside_the_folder(tmp_path, file):
    with h5py.File(tmp_path / "b.h5", "w") as other:
        other["data"] = ZYX
    file["own"] = ZYX
    path = close(file)
    virtual(path, [("b.h5", "data"), (".", "own"), ("b.h5", "data"), ("b.h5", "/data")])
    equal(read(path, dataset="v"), ZYX[:4])


def test_a_virtual_dataset_that_draws_on_what_it_may_not_is_refused(secret):
    folder = secret.parent / "scan"
    with h5py.File(folder / "b.h5", "w") as file:
        file["link"] = h5py.ExternalLink("../secret.h5", "data")
        file.create_dataset("raw", ZYX.shape, "u2", external="../secret.h5")
    virtual(folder / "c.h5", [("../secret.h5", "data")])
    cases = {
        ("../secret.h5", "data"): "outside its folder",
        (secret, "data"): "outside its folder",
        ("b.h5", "link"): "outside its folder",
        ("b.h5", "raw"): "in a raw file",
        ("c.h5", "v"): "outside its folder",
        ("d.h5", "v"): "lacks 'd.h5'",
        ("b.h5", "none"): "lacks 'none' of b.h5",
        (".", "v"): "form a loop",
    }
    for number, (source, sentence) in enumerate(cases.items()):
        path = virtual(folder / f"a{number}.h5", [source])
        with pytest.raises(ReadError, match=rf"^a{number}\.h5: .*{sentence}"):
            read(path, dataset="v")


def test_values_in_a_raw_file_are_refused(file, tmp_path):
    (tmp_path / "a.bin").write_bytes(ZYX.tobytes())
    file.create_dataset("a", ZYX.shape, "u2", external=str(tmp_path / "a.bin"))
    refused(file, "keeps its values in a raw file")


# Lies


def test_8000_terabytes_of_nothing_are_refused(file):
    layout = h5py.VirtualLayout((10**6, 10**5, 80_000), "u1")
    layout[0, 0, 0] = h5py.VirtualSource(".", "b", shape=(1,))[0]
    file["b"] = np.zeros(1, "u1")
    file.create_virtual_dataset("a", layout)
    refused(file, "declares 8e+03 TB of pixels but stores only 1 bytes", dataset="a")


def test_never_written_chunks_beyond_memory_are_refused(file):
    file.create_dataset("a", (10**5,) * 3, "u1", chunks=(64,) * 3)
    refused(file, "declares 1e+03 TB of pixels")


def test_a_chunk_larger_than_memory_is_refused(file, monkeypatch):
    file.create_dataset("a", data=ZYX, chunks=ZYX.shape)
    monkeypatch.setattr("annotat_nb.io.gate.available_memory", lambda: 400)
    refused(file, "one chunk of it needs 420 bytes")


LIMITED = """
import resource, sys
import annotat_nb.io.hdf5, h5py, numpy
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
from annotat_nb.io import ReadError, read
try:
    read(sys.argv[1]).slice("z", 0)
except ReadError as error:
    print(error)
grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
assert grown < 200_000, grown
"""


def test_a_chunk_that_unpacks_to_more_than_it_may_is_refused_in_little_memory(file):
    shape = (1, 1000, 1000)
    data = file.create_dataset("a", shape, "u1", chunks=shape, compression="gzip")
    data.id.write_direct_chunk((0, 0, 0), zlib.compress(bytes(3 * 10**8), 1))
    run = [sys.executable, "-c", LIMITED, close(file)]
    said = subprocess.run(run, check=True, capture_output=True, text=True).stdout
    assert said.startswith("a.h5: is damaged")
    assert "more than the 1,004,096 bytes" in said


def test_a_filter_that_is_missing_is_named(file):
    plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plist.set_chunk((2, 2, 2))
    plist.set_filter(32008, h5py.h5z.FLAG_OPTIONAL, (0, 2))
    space = h5py.h5s.create_simple((4, 4, 4))
    h5py.h5d.create(file.id, b"a", h5py.h5t.STD_U8LE, space, plist)
    refused(file, "filter that is not installed (32008")


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("how", [{}, {"chunks": (2, 6, 7), "compression": "gzip"}])
def test_a_file_cut_short_is_refused(file, kept, how):
    file.create_dataset("a", data=ZYX, **how)
    path = Path(close(file))
    os.truncate(path, int(path.stat().st_size * kept))
    with pytest.raises(ReadError, match=r"^a\.h5: "):
        read(path)


def test_what_is_no_hdf5_is_refused(tmp_path):
    (tmp_path / "a.h5").write_bytes(b"nothing of the kind")
    with pytest.raises(ReadError, match=r"^a\.h5: is not HDF5, whatever its name says"):
        read(tmp_path / "a.h5")


def test_how_it_was_opened_opens_it_again(file):
    file["a/b"] = np.stack([ZYX, ZYX + 1])
    file["c"] = ZYX
    volume = read(close(file), dataset="a/b", time=1)
    equal(read(volume.source, **volume.how), ZYX + 1)
