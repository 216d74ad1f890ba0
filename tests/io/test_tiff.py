import json
import struct

import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from annotat_nb.io import ReadError, read

ZYX = np.arange(3 * 20 * 17, dtype="uint16").reshape(3, 20, 17)

# Files of the zoo that a grey 3D image cannot hold without a decision of the user.
REFUSED = {"exampletiffs/shapes_multi_color.tif": "holds 5 images of different kinds"}


def write(path, data, **how):
    tifffile.imwrite(path, data, photometric="minisblack", **how)
    return path


def equal(volume, expected):
    data = np.asarray(volume.data)
    assert data.dtype == volume.dtype == expected.dtype.newbyteorder("=")
    np.testing.assert_array_equal(data, expected.reshape(volume.shape))


def zoo_cases(shared_data):
    root = shared_data / "tiff_zoo"
    return root, json.loads((root / "index.json").read_text())


def test_every_grey_image_of_the_zoo_has_the_pixels_that_tifffile_reads(shared_data):
    root, cases = zoo_cases(shared_data)
    read_count = 0
    for name, case in cases.items():
        seen = case["tifffile"]
        if not seen["ok"] or "S" in seen["axes"] or name in REFUSED:
            continue
        volume = read(root / name)
        equal(volume, tifffile.imread(root / name))
        read_count += 1
    assert read_count == 67


def test_every_other_file_of_the_zoo_is_refused_in_a_sentence_that_begins_with_its_name(
    shared_data,
):
    root, cases = zoo_cases(shared_data)
    refused = 0
    for name, case in cases.items():
        seen = case["tifffile"]
        if seen["ok"] and "S" not in seen["axes"] and name not in REFUSED:
            continue
        with pytest.raises(ReadError) as error:
            read(root / name)
        assert str(error.value).startswith(f"{(root / name).name}: ")
        refused += 1
    assert refused == len(cases) - 67


def test_colours_of_the_zoo_are_read_by_channel(shared_data):
    root, cases = zoo_cases(shared_data)
    count = 0
    for name, case in cases.items():
        seen = case["tifffile"]
        if seen["ok"] and seen["axes"] in ("YXS", "SYX") and seen["n_series"] == 1:
            expected = np.moveaxis(tifffile.imread(root / name), seen["axes"].index("S"), 0)
            equal(read(root / name, rgb=1), expected[1])
            count += 1
    assert count > 50


@pytest.mark.parametrize("compression", [None, "zlib", "lzw", "zstd", "lzma", "packbits"])
@pytest.mark.parametrize("tile", [None, (16, 16)])
@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize("bigtiff", [False, True])
def test_however_it_is_stored_the_pixels_are_the_same(
    tmp_path, compression, tile, byteorder, bigtiff
):
    path = tmp_path / "a.tif"
    write(path, ZYX, compression=compression, tile=tile, byteorder=byteorder, bigtiff=bigtiff)
    volume = read(path)
    equal(volume, ZYX)
    np.testing.assert_array_equal(volume.slice("y", 5), ZYX[:, 5])
    assert volume.dtype.isnative


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    data=hnp.arrays(
        st.sampled_from(
            [f"{o}{t}" for o in "<>" for t in ("i1", "u2", "i4", "u8", "f2", "f4", "f8")]
        ),
        hnp.array_shapes(min_dims=2, max_dims=3, max_side=7),
    ),
    compression=st.sampled_from([None, "zlib"]),
)
def test_any_numbers_come_back_exactly_with_nan_and_infinity(tmp_path, data, compression):
    byteorder = ">" if data.dtype.byteorder == ">" else "<"
    path = write(tmp_path / "a.tif", data, compression=compression, byteorder=byteorder)
    volume = read(path)
    expected = data if data.ndim == 3 else data[None]
    assert volume.shape == expected.shape
    equal(volume, expected)


def test_a_bool_image_is_read(tmp_path):
    mask = np.eye(9, dtype=bool)
    equal(read(write(tmp_path / "a.tif", mask)), mask)


def test_uncompressed_pixels_are_mapped_and_never_writable(tmp_path):
    volume = read(write(tmp_path / "a.tif", ZYX))
    assert isinstance(volume.data, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        volume.data[0, 0, 0] = 1


def test_compressed_slices_are_decoded_when_they_are_asked_for(tmp_path, monkeypatch):
    path = write(tmp_path / "a.tif", ZYX, compression="zlib")
    decoded = []
    asarray = tifffile.TiffPage.asarray

    def counted(page, **how):
        decoded.append(page.index)
        return asarray(page, **how)

    monkeypatch.setattr(tifffile.TiffPage, "asarray", counted)
    monkeypatch.setattr(tifffile.TiffFrame, "asarray", counted)
    volume = read(path)
    volume.slice("z", 2)
    volume.slice("z", 2)
    assert decoded == [0, 2]


def test_a_slice_that_was_read_cannot_be_written(tmp_path):
    volume = read(write(tmp_path / "a.tif", ZYX, compression="zlib"))
    with pytest.raises(ValueError, match="read-only"):
        volume.slice("z", 0)[0, 0] = 1


def test_time_and_channel_are_picked(tmp_path):
    data = np.arange(2 * 3 * 4 * 5 * 6, dtype="uint16").reshape(2, 3, 4, 5, 6)
    for compression in (None, "zlib"):
        path = write(
            tmp_path / "a.ome.tif", data, metadata={"axes": "TZCYX"}, compression=compression
        )
        equal(read(path, time=1, channel=2), data[1, :, 2])


@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        ({}, "has 2 time points; pass time= 0 … 1"),
        ({"time": 0}, "has 4 channels; pass channel= 0 … 3"),
        ({"time": 2, "channel": 0}, "has no time=2"),
        ({"time": -1, "channel": 0}, "has no time=-1"),
        ({"time": 0, "channel": 0, "rgb": 1}, "has no colours; leave rgb= out"),
        ({"dataset": "x"}, "has no datasets to choose from; leave dataset= out"),
        ({"shape": (1, 2, 3)}, "leave shape= out"),
        ({"dtype": "uint8"}, "leave dtype= out"),
    ],
)
def test_a_missing_or_wrong_choice_is_refused_with_the_remedy(tmp_path, how, sentence):
    data = np.zeros((2, 3, 4, 5, 6), "uint8")
    path = write(tmp_path / "a.ome.tif", data, metadata={"axes": "TZCYX"})
    with pytest.raises(ReadError) as error:
        read(path, **how)
    assert str(error.value).startswith("a.ome.tif: ")
    assert sentence in str(error.value)


def test_an_unnamed_fourth_axis_is_refused_and_the_remedy_works(tmp_path):
    data = np.arange(2 * 3 * 4 * 5, dtype="uint8").reshape(2, 3, 4, 5)
    path = write(tmp_path / "a.tif", data)
    with pytest.raises(ReadError, match=r"4 dimensions 2 x 3 x 4 x 5 .* pass time= or channel="):
        read(path)
    equal(read(path, time=1), data[1])
    equal(read(path, channel=0), data[0])


def test_luminance_is_that_of_scikit_image(tmp_path):
    from skimage.color import rgb2gray

    rgb = np.random.default_rng(0).integers(0, 256, (2, 6, 7, 3), dtype="uint8")
    expected = rgb2gray(rgb) * 255
    for compression in (None, "zlib"):
        for planar in ("contig", "separate"):
            stored = rgb if planar == "contig" else np.moveaxis(rgb, -1, 1)
            tifffile.imwrite(
                tmp_path / "a.tif",
                stored,
                photometric="rgb",
                planarconfig=planar,
                compression=compression,
            )
            volume = read(tmp_path / "a.tif", rgb="luminance")
            assert volume.dtype == np.uint8
            np.testing.assert_allclose(np.asarray(volume.data), expected, atol=0.6)


def test_complex_numbers_are_refused(tmp_path):
    path = write(tmp_path / "a.tif", np.zeros((3, 4), "complex64"))
    with pytest.raises(ReadError, match=r"^a\.tif: holds complex64 numbers.*magnitude"):
        read(path)


def test_a_file_of_several_images_says_which_and_opens_the_chosen_one(tmp_path):
    with tifffile.TiffWriter(tmp_path / "a.tif") as tif:
        tif.write(ZYX, photometric="minisblack")
        tif.write(ZYX[0, :5, :5].astype("float32"), photometric="minisblack")
    with pytest.raises(ReadError, match=r"2 images .*0: 3 x 20 x 17 uint16, 1: 5 x 5 float32"):
        read(tmp_path / "a.tif")
    equal(read(tmp_path / "a.tif", dataset="1"), ZYX[0, :5, :5].astype("float32"))


def test_how_a_volume_was_opened_opens_it_again(tmp_path, monkeypatch):
    data = np.arange(2 * 3 * 4 * 5, dtype="uint8").reshape(2, 3, 4, 5)
    write(tmp_path / "a.tif", data)
    monkeypatch.chdir(tmp_path)
    volume = read("a.tif", time=1, voxel_size=(3, 2, 1))
    assert volume.source == tmp_path / "a.tif"
    assert volume.how == {"time": 1, "voxel_size": (3, 2, 1)}
    again = read(volume.source, **volume.how)
    equal(again, data[1])
    assert again.voxel_size == volume.voxel_size == (3, 2, 1)


def classic(entries, following=0, pixels=b""):
    """Build a little-endian TIFF of one directory out of (tag, type, count, value)."""
    body = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    directory = struct.pack("<H", len(entries)) + body + struct.pack("<I", following)
    return b"II*\0" + struct.pack("<I", 8) + directory + pixels


def tags(width, height, offset, length, compression=1):
    return [
        (256, 4, 1, width),
        (257, 4, 1, height),
        (258, 3, 1, 8),
        (259, 3, 1, compression),
        (262, 3, 1, 1),
        (273, 4, 1, offset),
        (277, 3, 1, 1),
        (278, 4, 1, height),
        (279, 4, 1, length),
    ]
