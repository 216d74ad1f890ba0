import bz2
import gzip
import json
import lzma
import os
import shutil
import struct
import subprocess
import sys
import zlib

import numcodecs
import numpy as np
import pytest
import zarr

from annotat_nb.io import ChoiceNeeded, ReadError, datasets, read

ZYX = np.arange(5 * 6 * 7, dtype="uint16").reshape(5, 6, 7)
BYTES = {"name": "bytes", "configuration": {"endian": "little"}}


def write(path, data=ZYX, **how):
    zarr.create_array(path, data=data, **{"chunks": (2, 3, 4)} | how)
    return path


def equal(volume, expected):
    data = np.asarray(volume.data)
    assert data.dtype == volume.dtype == expected.dtype.newbyteorder("=")
    np.testing.assert_array_equal(data, expected)


def change(path, **fields):
    """Change fields of an array's metadata."""
    file = next(path / name for name in ("zarr.json", ".zarray") if (path / name).exists())
    file.write_text(json.dumps(json.loads(file.read_text()) | fields))


def refused(path, sentence, **how):
    with pytest.raises(ReadError) as error:
        _ = read(path, **how).data[:]
    assert str(error.value).startswith(f"{path.name}: ")
    assert sentence in str(error.value)
    return error.value


@pytest.mark.parametrize("dtype", ["u1", "u2", ">u2", "i4", ">f4", "f8", "f2", "bool", "i8"])
@pytest.mark.parametrize("version", [2, 3])
def test_any_numbers_come_back_exactly(tmp_path, dtype, version):
    data = (ZYX % 2 if dtype == "bool" else ZYX).astype(dtype)
    path = tmp_path / "a.zarr"
    if version == 3 and data.dtype.byteorder == ">":
        big = zarr.codecs.BytesCodec(endian="big")
        write(path, data.astype(data.dtype.newbyteorder("=")), serializer=big)
    else:
        write(path, data, zarr_format=version)
    equal(read(path), data)


V2 = [
    None,
    numcodecs.Zlib(),
    numcodecs.GZip(),
    numcodecs.BZ2(),
    numcodecs.LZMA(),
    numcodecs.Zstd(checksum=True),
    numcodecs.LZ4(),
    *(numcodecs.Blosc(name, shuffle=at) for at, name in enumerate(("lz4", "zstd", "zlib"))),
]


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("compressor", V2, ids=str)
def test_every_way_of_packing_of_version_2_is_read(tmp_path, compressor, order):
    path = tmp_path / "a.zarr"
    filters = [numcodecs.Shuffle(2)] if order == "F" else None
    write(path, zarr_format=2, compressors=compressor, filters=filters, order=order)
    equal(read(path), ZYX)


V3 = [
    None,
    zarr.codecs.GzipCodec(),
    zarr.codecs.ZstdCodec(checksum=True),
    zarr.codecs.BloscCodec(cname="lz4", shuffle="bitshuffle", typesize=2),
    [zarr.codecs.ZstdCodec(), zarr.codecs.Crc32cCodec()],
]


@pytest.mark.parametrize("shards", [None, (4, 6, 8)])
@pytest.mark.parametrize("filters", [None, [zarr.codecs.TransposeCodec(order=(2, 0, 1))]])
@pytest.mark.parametrize("compressors", V3, ids=str)
def test_every_way_of_packing_of_version_3_is_read(tmp_path, compressors, filters, shards):
    path = write(tmp_path / "a.zarr", compressors=compressors, filters=filters, shards=shards)
    volume = read(path)
    equal(volume, ZYX)
    np.testing.assert_array_equal(volume.slice("x", 5), ZYX[:, :, 5])


@pytest.mark.parametrize("location", ["start", "end"])
def test_shards_with_their_index_at_either_end_and_holes_are_read(tmp_path, location):
    how = {"chunks": (2, 3, 4), "shards": {"shape": (4, 6, 8), "index_location": location}}
    array = zarr.create_array(tmp_path / "a.zarr", shape=ZYX.shape, dtype="u2", fill_value=3, **how)
    array[:2, :3, :4] = ZYX[:2, :3, :4]
    equal(read(tmp_path / "a.zarr"), array[:])


@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.parametrize("fill", [7, np.nan, np.inf, -0.5])
def test_what_was_never_written_has_the_fill_value(tmp_path, version, fill):
    path = tmp_path / "a.zarr"
    how = {"shape": (5, 6, 7), "chunks": (2, 3, 4), "dtype": "f4", "zarr_format": version}
    array = zarr.create_array(path, fill_value=fill, **how)
    array[1:3, 2:5] = 1
    equal(read(path), array[:])


@pytest.mark.parametrize("key", [2, (slice(None), 3), (slice(4, None, -2), slice(1, 6, 2), -1)])
@pytest.mark.parametrize("chunks", [(1, 1, 1), (2, 3, 4), (9, 9, 9)])
def test_any_box_is_that_of_the_array(tmp_path, key, chunks):
    path = write(tmp_path / "a.zarr", chunks=chunks)
    np.testing.assert_array_equal(read(path).data[key], ZYX[key])


def test_a_box_reads_no_more_chunks_than_it_touches(tmp_path, monkeypatch):
    from annotat_nb.io.packing import Packing

    path = write(tmp_path / "a.zarr")
    decoded, decode = [], Packing.decode
    monkeypatch.setattr(Packing, "decode", lambda *of: decoded.append(1) or decode(*of))
    volume = read(path)
    assert decoded == []
    np.testing.assert_array_equal(volume.data[:2, :3, 5], ZYX[:2, :3, 5])
    assert len(decoded) == 1


def test_a_folder_is_known_by_its_metadata_whatever_its_name(tmp_path):
    write(tmp_path / "scan.ome")
    equal(read(tmp_path / "scan.ome"), ZYX)


def test_names_of_dimensions_put_the_axes_in_order(tmp_path):
    path = write(tmp_path / "a.zarr", dimension_names=("x", "y", "z"))
    equal(read(path), ZYX.transpose())
    path = write(tmp_path / "b.zarr", zarr_format=2, attributes={"_ARRAY_DIMENSIONS": list("yzx")})
    equal(read(path), ZYX.transpose(1, 0, 2))


# Groups and OME-Zarr


def test_arrays_of_a_group_are_listed(tmp_path):
    path = tmp_path / "a.zarr"
    group = zarr.create_group(path)
    group.create_array("raw", data=ZYX)
    group.create_array("more/float", data=ZYX.astype("f4"))
    group.create_array("line", data=np.arange(4))
    error = refused(path, "a.zarr: holds 2 images; pass dataset='raw' or another of these")
    assert isinstance(error, ChoiceNeeded)
    assert [one.value for one in error.candidates] == ["raw", "more/float"]
    assert {one.label for one in datasets(path)} == {
        "raw: 5 x 6 x 7 uint16",
        "more/float: 5 x 6 x 7 float32",
    }
    equal(read(path, dataset="more/float"), ZYX.astype("f4"))
    refused(path, "has no array 'none'; pass dataset=", dataset="none")
    refused(path, "has no array 'more'", dataset="more")


def ome(path, version, data, axes, scale, unit="micrometer"):
    """Write two levels of an OME-Zarr image."""
    group = zarr.create_group(path, zarr_format=2 if version == "0.4" else 3)
    levels = []
    for number in range(2):
        spatial = [2**number if axis in "yx" else 1 for axis in axes]
        binned = data[tuple(slice(None, None, step) for step in spatial)]
        group.create_array(str(number), data=binned, chunks=(1,) * (data.ndim - 2) + (8, 8))
        edges = [edge * step for edge, step in zip(scale, spatial, strict=True)]
        steps = [{"type": "scale", "scale": edges}]
        levels.append({"path": str(number), "coordinateTransformations": steps})
    kinds = {"t": "time", "c": "channel"}
    said = [{"name": a, "type": kinds.get(a, "space")} for a in axes]
    for axis in said:
        if axis["type"] == "space":
            axis["unit"] = unit
    image = {"axes": said, "datasets": levels, "version": version}
    if version == "0.4":
        group.attrs["multiscales"] = [image]
    else:
        group.attrs["ome"] = {"version": version, "multiscales": [image]}
    return path


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_ome_zarr_gives_the_finest_level_and_others_when_asked(tmp_path, version):
    path = ome(tmp_path / "a.ome.zarr", version, ZYX, "zyx", (2.0, 0.5, 0.25))
    volume = read(path)
    equal(volume, ZYX)
    assert (volume.voxel_size, volume.unit) == ((2.0, 0.5, 0.25), "µm")
    coarse = read(path, dataset="1")
    equal(coarse, ZYX[:, ::2, ::2])
    assert coarse.voxel_size == (2.0, 1.0, 0.5)
    assert [one.label for one in datasets(path)] == ["0: 5 x 6 x 7 uint16", "1: 5 x 3 x 4 uint16"]


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_time_and_channel_of_ome_zarr_are_picked(tmp_path, version):
    data = np.arange(2 * 3 * 4 * 5 * 6, dtype="u2").reshape(2, 3, 4, 5, 6)
    path = ome(tmp_path / "a.zarr", version, data, "tczyx", (1, 1, 2, 1, 1), "nanometer")
    refused(path, "has 2 time points")
    refused(path, "has 3 channels", time=0)
    volume = read(path, time=1, channel=2)
    equal(volume, data[1, 2])
    assert (volume.voxel_size, volume.unit) == ((2.0, 1.0, 1.0), "nm")


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_channels_of_ome_zarr_are_called_by_their_labels(tmp_path, version):
    data = np.zeros((3, 4, 5, 6), "u2")
    path = ome(tmp_path / "a.zarr", version, data, "czyx", (1, 2, 1, 1))
    channels = [{"label": "DAPI"}, {"color": "FF0000"}, {"label": "a\nb"}]
    group = zarr.open_group(path)
    if version == "0.4":
        group.attrs["omero"] = {"channels": channels}
    else:
        group.attrs["ome"] = dict(group.attrs["ome"]) | {"omero": {"channels": channels}}
    asked = refused(path, "has 3 channels")
    assert [(one.value, one.label) for one in asked.candidates] == [
        (0, "0: DAPI"),
        (1, "channel 1"),
        (2, "2: a\\nb"),
    ]


@pytest.mark.parametrize("omero", ["x", {"channels": 3}, {"channels": ["x", None]}])
def test_nonsense_about_channels_is_overlooked(tmp_path, omero):
    path = ome(tmp_path / "a.zarr", "0.4", ZYX[None], "czyx", (1, 2, 1, 1))
    zarr.open_group(path).attrs["omero"] = omero
    equal(read(path), ZYX)


@pytest.mark.parametrize("edge", ["wide", None, 0, [2]])
def test_a_scale_that_is_no_size_is_overlooked(tmp_path, edge):
    path = ome(tmp_path / "a.zarr", "0.4", ZYX, "zyx", (2, 1, 1))
    group = zarr.open_group(path)
    images = group.attrs["multiscales"]
    images[0]["datasets"][0]["coordinateTransformations"][0]["scale"][1] = edge
    group.attrs["multiscales"] = images
    volume = read(path)
    equal(volume, ZYX)
    assert (volume.voxel_size, volume.unit) == ((1.0, 1.0, 1.0), "px")


def test_a_level_that_is_missing_is_named(tmp_path):
    path = ome(tmp_path / "a.zarr", "0.4", ZYX, "zyx", (2, 1, 1))
    shutil.rmtree(path / "0")
    missing = "lists level 0 in its metadata, but that is missing"
    assert [one.value for one in refused(path, missing).candidates] == ["1"]
    shutil.rmtree(path / "1")
    refused(path, f"{missing}; copy the whole folder again")


def test_an_image_in_a_group_of_images_is_found(tmp_path):
    zarr.create_group(tmp_path / "a.zarr", zarr_format=2)
    ome(tmp_path / "a.zarr" / "0", "0.4", ZYX, "zyx", (3, 1, 1))
    volume = read(tmp_path / "a.zarr")
    equal(volume, ZYX)
    assert volume.voxel_size == (3, 1, 1)
    equal(read(tmp_path / "a.zarr", dataset="0/1"), ZYX[:, ::2, ::2])


# What may not be


@pytest.mark.parametrize(
    "codec", [{"id": "pickle"}, {"id": "json2"}, {"id": "imagecodecs_jpeg2k"}, {"id": "../x"}]
)
def test_no_codec_but_those_that_are_known_is_asked(tmp_path, codec):
    path = write(tmp_path / "a.zarr", zarr_format=2)
    change(path, compressor=codec)
    refused(path, "which is not read; save it with zstd, gzip or blosc")
    change(path, compressor=None, filters=[codec])
    refused(path, "which is not read")


def test_codecs_of_version_3_are_checked_within_shards_too(tmp_path):
    path = write(tmp_path / "a.zarr")
    unknown = {"name": "numcodecs.pickle"}
    change(path, codecs=[BYTES, unknown])
    refused(path, "'numcodecs.pickle', which is not read")
    index = {"chunk_shape": [2, 3, 4], "index_codecs": [BYTES]}
    inner = {"name": "sharding_indexed", "configuration": index | {"codecs": [BYTES, unknown]}}
    change(path, codecs=[inner])
    refused(path, "'numcodecs.pickle', which is not read")


@pytest.mark.parametrize("dtype", ["|O", "<U5", "|S3", "<c8", "<M8[s]", [["a", "<f4"]], "|V4", ""])
def test_values_that_are_no_numbers_are_refused(tmp_path, dtype):
    path = write(tmp_path / "a.zarr", zarr_format=2)
    change(path, dtype=dtype)
    refused(path, "values, but an image holds real numbers")


@pytest.mark.parametrize("kind", ["folder", "chunk", "metadata", "outer"])
def test_symbolic_links_out_of_the_folder_are_refused(tmp_path, kind, monkeypatch):
    outside = write(tmp_path / "secret.zarr", zarr_format=2)
    path = tmp_path / "scan" / "a.zarr"
    zarr.create_group(path, zarr_format=2)
    if kind == "folder":
        (path / "x").symlink_to(outside)
    else:
        write(path / "x", zarr_format=2)
        name = {"chunk": "0.0.0", "metadata": ".zarray", "outer": ".zattrs"}[kind]
        (path / "x" / name).unlink()
        (path / "x" / name).symlink_to(outside / name)
    refused(path, "outside its folder", dataset="x")
    refused(path, "outside its folder")
    monkeypatch.setenv("ANNOTAT_NB_DATA_ROOTS", str(tmp_path))
    equal(read(path, dataset="x"), ZYX)


def test_names_that_lead_out_of_the_folder_are_refused(tmp_path):
    write(tmp_path / "secret.zarr", zarr_format=2)
    path = ome(tmp_path / "scan" / "a.zarr", "0.4", ZYX, "zyx", (1, 1, 1))
    refused(path, "outside its folder", dataset="../../secret.zarr")
    text = (path / ".zattrs").read_text()
    (path / ".zattrs").write_text(text.replace('"path": "0"', '"path": "../../secret.zarr"'))
    refused(path, "outside its folder")


def test_folders_that_hold_one_another_end(tmp_path):
    path = tmp_path / "a.zarr"
    zarr.create_group(path).create_array("x", data=ZYX)
    (path / "loop").symlink_to(path)
    equal(read(path), ZYX)


# Lies

SIZE = 2 * 3 * 4 * 2
BIG = bytes(2 * 10**8)
BOMBS = {
    "zlib": zlib.compress(BIG, 1)[: 2 * SIZE + 4000],
    "gzip": gzip.compress(BIG, 1)[: 2 * SIZE + 4000],
    "bz2": bz2.compress(BIG),
    "lzma": lzma.compress(BIG[: 10**7], preset=0),
    "zstd": bytes(numcodecs.Zstd().encode(BIG))[: 2 * SIZE + 4000],
    "blosc": struct.pack("<BBBBIII", 2, 1, 0, 1, 2**31 - 1, 2**31 - 1, 16),
    "lz4": struct.pack("<I", 2**31 - 1) + bytes(20),
}

LIMITED = """
import resource, sys
import annotat_nb.io.zarr, numcodecs, numcodecs.blosc, numcodecs.lz4, imagecodecs
from annotat_nb.io import ReadError, read
from annotat_nb.io.codecs import unpack
for path in sys.argv[1:]:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        _ = read(path).data[0]
    except ReadError as error:
        print(error)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 50_000, (path, grown)
"""


def test_chunks_that_claim_or_unpack_to_more_than_they_may_are_refused_in_little_memory(tmp_path):
    paths = []
    for codec, bomb in BOMBS.items():
        path = write(tmp_path / f"{codec}.zarr", zarr_format=2)
        change(path, compressor={"id": codec})
        (path / "0.0.0").write_bytes(bomb)
        paths.append(str(path))
    run = [sys.executable, "-c", LIMITED, *paths]
    said = subprocess.run(run, check=True, capture_output=True, text=True).stdout.splitlines()
    assert [line.split(": ")[0] for line in said] == [f"{codec}.zarr" for codec in BOMBS]
    assert all("is damaged" in line for line in said)


def test_a_chunk_file_larger_than_a_chunk_can_be_is_not_read(tmp_path):
    path = write(tmp_path / "a.zarr", zarr_format=2)
    os.truncate(path / "0.0.0", 2**40)
    refused(path, "chunk 0.0.0 is larger than it can be")


def test_a_pipe_in_place_of_a_chunk_is_not_opened(tmp_path):
    path = write(tmp_path / "a.zarr", zarr_format=2)
    (path / "0.0.0").unlink()
    os.mkfifo(path / "0.0.0")
    refused(path, "chunk 0.0.0")


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"shape": [10**12, 10**6, 10**6]}, "pixels but stores only"),
        ({"shape": [2**70, 6, 7]}, "has the shape"),
        ({"shape": [5, -6, 7]}, "has the shape"),
        ({"shape": [5, True, 7]}, "has the shape"),
        ({"shape": [7]}, "has the shape"),
        ({"shape": [1] * 40}, "has the shape"),
        ({"shape": "567"}, "has the shape"),
        ({"shape": [5, 6]}, "chunks that do not fit"),
        ({"chunks": [0, 3, 4]}, "has the shape"),
        ({"chunks": [2**20, 2**20, 4]}, "one chunk of it needs"),
        ({"shape": None}, "has damaged metadata in its root"),
        ({"compressor": "zlib"}, "has damaged metadata"),
        ({"dimension_separator": "../"}, "damaged names of chunks"),
    ],
)
def test_damaged_metadata_are_refused(tmp_path, fields, sentence):
    path = write(tmp_path / "a.zarr", zarr_format=2)
    change(path, **fields)
    refused(path, sentence)


def test_a_chunk_that_is_cut_short_is_refused(tmp_path):
    for compressor in V2:
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}.zarr"
        write(path, zarr_format=2, compressors=compressor)
        whole = (path / "1.0.0").read_bytes()
        (path / "1.0.0").write_bytes(whole[: len(whole) // 2])
        refused(path, "is damaged")


def test_damage_that_a_checksum_shows_is_refused(tmp_path):
    crc = [zarr.codecs.Crc32cCodec()]
    path = write(tmp_path / "a.zarr", compressors=crc)
    file = path / "c" / "0" / "0" / "0"
    file.write_bytes(b"\xff" + file.read_bytes()[1:])
    refused(path, "crc32c data are damaged")


def test_an_empty_folder_is_no_zarr(tmp_path):
    (tmp_path / "a.zarr").mkdir()
    refused(tmp_path / "a.zarr", "is not a Zarr folder")
