import json
import shutil
import struct
import time
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from annotat_nb.io import Candidate, ChoiceNeeded, ReadError, read
from annotat_nb.io.tiff_check import check_ome

ZYX = np.arange(3 * 20 * 17, dtype="uint16").reshape(3, 20, 17)


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


GREY_IMAGES = {"shipped": 17, "shared": 74}


@pytest.fixture(params=GREY_IMAGES)
def zoo(request):
    """Folder of odd files, what others make of each, and how many are grey images."""
    shipped = Path(__file__).parents[1] / "data"
    data = shipped if request.param == "shipped" else request.getfixturevalue("shared_data")
    return *zoo_cases(data), GREY_IMAGES[request.param]


def test_every_grey_image_of_the_zoo_has_the_pixels_that_tifffile_reads(zoo):
    root, cases, grey_count = zoo
    read_count = 0
    for name, case in cases.items():
        seen = case["tifffile"]
        if not seen["ok"] or "S" in seen["axes"]:
            continue
        volume = read(root / name)
        equal(volume, tifffile.imread(root / name))
        read_count += 1
    assert read_count == grey_count


def test_every_other_file_of_the_zoo_is_refused_in_a_sentence_that_begins_with_its_name(zoo):
    root, cases, grey_count = zoo
    refused = 0
    for name, case in cases.items():
        seen = case["tifffile"]
        if seen["ok"] and "S" not in seen["axes"]:
            continue
        with pytest.raises(ReadError) as error:
            read(root / name)
        assert str(error.value).startswith(f"{(root / name).name}: ")
        refused += 1
    assert refused == len(cases) - grey_count


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


def test_channels_of_ome_are_called_by_their_names(tmp_path):
    said = {"axes": "ZCYX", "Channel": {"Name": ["DAPI", "GFP <b>"]}}
    path = write(tmp_path / "a.ome.tif", np.zeros((3, 2, 5, 6), "uint8"), metadata=said)
    with pytest.raises(ChoiceNeeded) as error:
        read(path)
    assert error.value.candidates == (Candidate(0, "0: DAPI"), Candidate(1, "1: GFP <b>"))


def test_an_unnamed_fourth_axis_is_refused_and_the_remedy_works(tmp_path):
    data = np.arange(2 * 3 * 4 * 5, dtype="uint8").reshape(2, 3, 4, 5)
    path = write(tmp_path / "a.tif", data)
    with pytest.raises(ReadError, match=r"4 dimensions 2 x 3 x 4 x 5 .* pass time= or channel="):
        read(path)
    equal(read(path, time=1), data[1])
    equal(read(path, channel=0), data[0])


@pytest.mark.parametrize("how", [{"time": 0}, {"channel": 0}, {"time": 0, "channel": 0}])
def test_an_axis_of_length_one_may_be_picked(tmp_path, how):
    equal(read(write(tmp_path / "a.tif", ZYX), **how), ZYX)


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
    with pytest.raises(ReadError, match=r"^a\.tif: holds complex64 values.*magnitude"):
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


def refuse(path, content, sentence):
    path.write_bytes(content)
    with pytest.raises(ReadError) as error:
        read(path)
    assert str(error.value).startswith(f"{path.name}: ")
    assert sentence in str(error.value)


def test_a_header_of_200000_squared_in_130_bytes_is_refused_at_once(tmp_path):
    for compression in (1, 8):
        lie = classic(tags(200_000, 200_000, 120, 10, compression), pixels=bytes(8))
        assert len(lie) <= 130
        tracemalloc.start()
        started = time.monotonic()
        refuse(tmp_path / "a.tif", lie, "a.tif: ")
        assert time.monotonic() - started < 1
        assert tracemalloc.get_traced_memory()[1] < 50e6
        tracemalloc.stop()


def test_more_pixels_than_any_compression_stores_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("annotat_nb.io.gate.available_memory", lambda: 2**60)
    lie = classic(tags(200_000, 200_000, 122, 100, 8), pixels=bytes(100))
    refuse(tmp_path / "a.tif", lie, "declares 40 GB of pixels but stores only 100 bytes")


def test_a_slice_larger_than_the_memory_is_refused(tmp_path, monkeypatch):
    write(tmp_path / "a.tif", ZYX, compression="zlib")
    monkeypatch.setattr("annotat_nb.io.gate.available_memory", lambda: 500)
    with pytest.raises(ReadError, match="one slice of it needs 680 bytes of memory and 500 bytes"):
        read(tmp_path / "a.tif")


def test_a_loop_of_image_directories_is_refused(tmp_path):
    loop = classic(tags(4, 4, 122, 16), following=8, pixels=bytes(16))
    refuse(tmp_path / "a.tif", loop, "form a loop")


KINDS = [{"metadata": {}}, {"metadata": None}, {"imagej": True}, {"ome": True}]


def outcome(path):
    """The whole image, or the sentence of its refusal."""
    try:
        return np.asarray(read(path).data)
    except ReadError as error:
        return str(error)


@pytest.mark.parametrize("compression", [None, "zlib", "lzw", "packbits"])
@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_a_file_cut_short_anywhere_is_refused(tmp_path, compression, kind):
    whole = write(tmp_path / "a.tif", ZYX, compression=compression, **kind).read_bytes()
    complete = 0
    for kept in range(1, len(whole), max(1, len(whole) // 50)):
        (tmp_path / "a.tif").write_bytes(whole[:kept])
        found = outcome(tmp_path / "a.tif")
        if isinstance(found, str):
            assert found.startswith("a.tif: ")
            continue
        np.testing.assert_array_equal(found, ZYX)
        complete += 1
    # Only bytes after the last pixel and directory may be missing without harm.
    assert complete <= 2


def test_slices_that_turn_out_damaged_later_are_refused_in_a_sentence(tmp_path):
    write(tmp_path / "a.tif", ZYX, compression="zlib", metadata=None)
    with tifffile.TiffFile(tmp_path / "a.tif") as tif:
        offset = tif.pages[2].dataoffsets[0]
    content = bytearray((tmp_path / "a.tif").read_bytes())
    content[offset : offset + 8] = b"\xff" * 8
    (tmp_path / "a.tif").write_bytes(content)
    volume = read(tmp_path / "a.tif")
    with pytest.raises(ReadError, match=r"^a\.tif: is damaged"):
        volume.slice("z", 2)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_a_mutated_file_gives_an_image_or_a_sentence(tmp_path, data):
    compression = data.draw(st.sampled_from([None, "zlib", "lzw"]))
    kind = data.draw(st.sampled_from(KINDS))
    path = write(tmp_path / "a.tif", ZYX[:2, :6, :5], compression=compression, **kind)
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    found = outcome(path)
    assert not isinstance(found, str) or found.startswith("a.tif: ")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        (b"II", "is not a TIFF file"),
        (b"\x89PNG\r\n\x1a\n", "is not a TIFF file"),
        (b"II*\0\0\0\0\0", "holds no image"),
        (b"II*\0\xff\xff\xff\x7f", "truncated"),
    ],
)
def test_what_is_no_tiff_is_refused(tmp_path, content, sentence):
    refuse(tmp_path / "a.tif", content, sentence)


def test_pixels_of_an_unknown_type_are_refused(tmp_path):
    eight_bit_floats = [*tags(4, 4, 134, 16), (339, 3, 1, 3)]
    refuse(
        tmp_path / "a.tif", classic(eight_bit_floats, pixels=bytes(16)), "unusual number of bits"
    )


def test_nonsense_in_tags_that_place_no_pixels_is_overlooked(tmp_path):
    strange_orientation = sorted([*tags(4, 4, 134, 16), (274, 3, 1, 999)])
    path = tmp_path / "a.tif"
    path.write_bytes(classic(strange_orientation, pixels=bytes(range(16))))
    equal(read(path), np.arange(16, dtype="uint8").reshape(4, 4))


def test_companions_of_ome_are_read_from_the_same_folder_only(tmp_path, shared_data):
    source = shared_data / "tiff_zoo" / "ometiff_multifile_master"
    name = "multifile-Z1.ome.tiff"
    for file in source.iterdir():
        shutil.copy(file, tmp_path / file.name)
    assert read(tmp_path / name).shape == (5, 24, 18)
    content = (tmp_path / name).read_bytes()
    outside = content.replace(b"multifile-Z2.ome.tiff", b"../tifile-Z2.ome.tiff")
    assert outside != content
    refuse(tmp_path / name, outside, "names a companion outside its folder")


def test_a_companion_that_is_a_link_out_of_the_folder_is_refused(
    tmp_path, shared_data, monkeypatch
):
    source = shared_data / "tiff_zoo" / "ometiff_multifile_master"
    (tmp_path / "scan").mkdir()
    for file in source.iterdir():
        shutil.copy(file, tmp_path / "scan" / file.name)
    companion = tmp_path / "scan" / "multifile-Z2.ome.tiff"
    companion.rename(tmp_path / companion.name)
    companion.symlink_to(tmp_path / companion.name)
    path = tmp_path / "scan" / "multifile-Z1.ome.tiff"
    refuse(path, path.read_bytes(), "which is outside its folder")
    monkeypatch.setenv("ANNOTAT_NB_DATA_ROOTS", str(tmp_path))
    assert read(path).shape == (5, 24, 18)


def test_an_ome_series_that_lacks_a_companion_is_refused(tmp_path, shared_data):
    source = shared_data / "tiff_zoo" / "ometiff_multifile_master" / "multifile-Z1.ome.tiff"
    refuse(tmp_path / source.name, source.read_bytes(), "lacks some of its slices")


@pytest.mark.parametrize("size", ['SizeZ="2000000"', 'SizeZ="1001" SizeT="1001"'])
def test_absurd_numbers_of_planes_are_refused(tmp_path, size):
    xml = f"<OME><Image><Pixels {size}/></Image></OME>"
    with pytest.raises(ReadError, match=r"^a\.tif: declares [\d,]+ planes"):
        check_ome(tmp_path / "a.tif", xml)


@pytest.mark.parametrize(
    "name", ["../b.tif", "/etc/b.tif", "c/b.tif", "..\\b.tif", "C:\\b.tif", ".."]
)
def test_every_way_out_of_the_folder_is_refused(tmp_path, name):
    xml = f'<OME><UUID FileName="{name}"/></OME>'
    with pytest.raises(ReadError, match="outside its folder"):
        check_ome(tmp_path / "a.tif", xml)


def test_pages_written_one_by_one_are_one_stack(tmp_path):
    values = np.arange(3 * 4 * 5, dtype="uint16").reshape(3, 4, 5)
    with tifffile.TiffWriter(tmp_path / "scan.tif") as writer:
        for page in values:
            writer.write(page, contiguous=False, compression="zlib")
    assert np.array_equal(read(tmp_path / "scan.tif").data, values)


def last_choice(path, **how):
    """Read a file, answering each question with its last candidate."""
    try:
        return read(path, **how)
    except ChoiceNeeded as question:
        return last_choice(path, **how, **{question.keyword: question.candidates[-1].value})


def test_whatever_of_the_zoo_tifffile_reads_is_read_once_its_questions_are_answered(shared_data):
    root, cases = zoo_cases(shared_data)
    count = 0
    for name, case in cases.items():
        if not case["tifffile"]["ok"]:
            continue
        volume = last_choice(root / name)
        with tifffile.TiffFile(root / name) as tif:
            series = tif.series[int(volume.how.get("dataset", 0))]
            expected = series.asarray()
            if "rgb" in volume.how and "S" in series.axes:
                expected = np.take(expected, volume.how["rgb"], series.axes.index("S"))
        equal(volume, expected)
        count += 1
    assert count == 138
