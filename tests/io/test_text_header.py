import gzip
import zlib

import numpy as np
import pytest

from annotat_nb.io import ChoiceNeeded, ReadError, read

ZYX = np.arange(5 * 6 * 7, dtype="<i2").reshape(5, 6, 7)
META = """ObjectType = Image
NDims = 3
DimSize = 7 6 5
ElementSpacing = 0.25 0.5 2
"""
NRRD = """NRRD0004
# a comment
type: short
dimension: 3
sizes: 7 6 5
spacings: 0.25 0.5 2
units: "um" "um" "um"
"""


def meta(more="", data=b"", kind="SHORT", file="LOCAL"):
    text = f"{META}{more}ElementType = MET_{kind}\nElementDataFile = {file}\n"
    return text.encode() + data


def nrrd(more="", data=b"", head=NRRD):
    return f"{head}{more}\n".encode() + data


def equal(path, expected, **how):
    volume = read(path, **how)
    data = np.asarray(volume.data)
    assert data.dtype == volume.dtype == expected.dtype.newbyteorder("=")
    np.testing.assert_array_equal(data, expected)
    return volume


BIG = ZYX.astype(">i2").tobytes()
PLAIN = ZYX.tobytes()
CASES = {
    "raw.mha": meta(data=PLAIN),
    "big.mha": meta("BinaryDataByteOrderMSB = True\n", BIG),
    "zlib.mha": meta("CompressedData = True\n", zlib.compress(PLAIN)),
    "raw.nrrd": nrrd("encoding: raw\nendian: little\n", PLAIN),
    "big.nrrd": nrrd("encoding: raw\nendian: big\nnote:=a key\n", BIG),
    "gzip.nrrd": nrrd("encoding: gzip\nendian: little\n", gzip.compress(PLAIN)),
    "skip.nrrd": nrrd("encoding: raw\nendian: little\nbyte skip: -1\n", b"junk" + PLAIN),
    "crlf.nrrd": nrrd("encoding: raw\nendian: little\n").replace(b"\n", b"\r\n") + PLAIN,
}


@pytest.mark.parametrize("name", CASES)
def test_values_in_the_file_are_read(tmp_path, name):
    (tmp_path / name).write_bytes(CASES[name])
    volume = equal(tmp_path / name, ZYX)
    assert volume.voxel_size == (2.0, 0.5, 0.25)
    assert volume.unit == ("µm" if name.endswith("nrrd") else "mm")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.mhd", meta("HeaderSize = 3\n", file="a.raw")),
        ("a.nhdr", nrrd("encoding: raw\nendian: little\nbyte skip: 3\ndata file: a.raw\n")),
        ("b.nhdr", nrrd("encoding: raw\nendian: little\nbyte skip: -1\ndatafile: a.raw")),
    ],
)
def test_values_beside_the_header_are_mapped(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    (tmp_path / "a.raw").write_bytes(b"abc" + PLAIN)
    volume = equal(tmp_path / name, ZYX)
    assert not hasattr(volume.data, "flags") or not volume.data.flags.writeable
    (tmp_path / "a.raw").write_bytes(PLAIN[:-1])
    with pytest.raises(ReadError, match=f"^{name}: (ends before its last|has the size)"):
        read(tmp_path / name)
    (tmp_path / "a.raw").unlink()
    with pytest.raises(ReadError, match=rf"^{name}: draws on a\.raw, which is missing"):
        read(tmp_path / name)


@pytest.mark.parametrize("place", ["../a.raw", "{root}/a.raw", "link.raw"])
def test_values_may_not_lie_elsewhere(tmp_path, place):
    folder = tmp_path / "scan"
    folder.mkdir()
    (tmp_path / "a.raw").write_bytes(PLAIN)
    (folder / "link.raw").symlink_to(tmp_path / "a.raw")
    place = place.format(root=tmp_path)
    (folder / "a.mhd").write_bytes(meta(file=place))
    (folder / "a.nhdr").write_bytes(nrrd(f"encoding: raw\nendian: little\ndata file: {place}\n"))
    for name in ("a.mhd", "a.nhdr"):
        with pytest.raises(ReadError, match=f"^{name}: draws on .* outside its folder"):
            read(folder / name)


def test_colours_and_time_are_picked(tmp_path):
    rgb = np.arange(5 * 6 * 7 * 3, dtype="u1").reshape(5, 6, 7, 3)
    more = "ElementNumberOfChannels = 3\n"
    (tmp_path / "a.mha").write_bytes(meta(more, rgb.tobytes(), "UCHAR"))
    head = "NRRD0004\ntype: uchar\nsizes: 3 7 6 5\nkinds: RGB-color space space space\n"
    (tmp_path / "a.nrrd").write_bytes(nrrd("encoding: raw\n", rgb.tobytes(), head))
    for name in ("a.mha", "a.nrrd"):
        with pytest.raises(ChoiceNeeded, match="3 values a pixel"):
            read(tmp_path / name)
        equal(tmp_path / name, rgb[..., 1], rgb=1)
        with pytest.raises(ReadError, match="has only one channel; leave channel= out"):
            read(tmp_path / name, channel=2)
    series = np.stack([ZYX, ZYX + 1])
    head = "NRRD0004\ntype: short\nsizes: 7 6 5 2\nencoding: raw\n"
    (tmp_path / "b.nrrd").write_bytes(nrrd("", series.tobytes(), head))
    equal(tmp_path / "b.nrrd", ZYX + 1, time=1)


def test_directions_give_the_voxel_size(tmp_path):
    more = "encoding: raw\nspace: LPS\nspace directions: (0.3,0.4,0) (0,-2,0) (0,0,3)\n"
    head = NRRD.replace('spacings: 0.25 0.5 2\nunits: "um" "um" "um"\n', "")
    (tmp_path / "a.nrrd").write_bytes(nrrd(more, PLAIN, head))
    volume = read(tmp_path / "a.nrrd")
    assert (volume.voxel_size, volume.unit) == ((3.0, 2.0, 0.5), "mm")


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.mha", meta(data=PLAIN[:-1]), "ends before its last value"),
        ("a.mha", meta("CompressedData = True\n", zlib.compress(PLAIN)[:-9]), "ends before"),
        ("a.mha", META.encode(), "ends inside its header"),
        ("a.mha", meta(kind="OTHER"), "holds MET_OTHER values"),
        ("a.mha", meta(file="LIST"), "has its slices in several files"),
        ("a.mha", meta().replace(b"7 6 5", b"7 -6 5"), "has the size 7 x -6 x 5"),
        ("a.mha", meta().replace(b"7 6 5", b"7 x 5"), "is damaged"),
        ("a.mha", meta().replace(b"7 6 5", b"70000 60000 50000"), "ends before"),
        ("a.nrrd", b"nothing of the kind", "is not NRRD"),
        ("a.nrrd", nrrd("encoding: hex\n", PLAIN), "is encoded as hex"),
        ("a.nrrd", nrrd("encoding: raw\nendian: little\n", PLAIN[:-1]), "ends before its last"),
        ("a.nrrd", nrrd("", PLAIN), "is damaged"),
    ],
)
def test_what_is_damaged_is_refused(tmp_path, name, content, sentence):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ReadError, match=f"^{name}: ") as error:
        read(tmp_path / name)
    assert sentence in str(error.value)


def test_packed_values_that_memory_does_not_hold_are_refused(tmp_path):
    lie = meta("CompressedData = True\n", zlib.compress(PLAIN)).replace(
        b"7 6 5", b"70000 60000 50000"
    )
    (tmp_path / "a.mha").write_bytes(lie)
    with pytest.raises(ReadError, match=r"^a\.mha: declares 420 TB of pixels but stores only"):
        read(tmp_path / "a.mha")


@pytest.mark.parametrize(
    ("kinds", "pick"),
    [
        ("vector domain domain domain", {"channel": 1}),
        ("time space space space", {"time": 1}),
        ("RGB-color space space space", {"rgb": 1}),
        ("domain domain domain list", {"channel": 1}),
        ("domain domain domain time", {"time": 1}),
    ],
)
def test_the_kinds_of_an_nrrd_name_its_axes(tmp_path, kinds, pick):
    data = np.arange(3 * 210, dtype="i2").reshape(3, 5, 6, 7)
    is_last = kinds.startswith("domain")
    stored = data if is_last else np.moveaxis(data, 0, -1)  # NRRD counts from the fastest axis
    sizes, spacings = ("7 6 5 3", "0.25 0.5 2 9") if is_last else ("3 7 6 5", "nan 0.25 0.5 2")
    head = f"NRRD0004\ntype: short int\nsizes: {sizes}\nspacings: {spacings}\nkinds: {kinds}\n"
    (tmp_path / "a.nrrd").write_bytes(nrrd("encoding: raw\n", stored.tobytes(), head))
    assert equal(tmp_path / "a.nrrd", data[1], **pick).voxel_size == (2.0, 0.5, 0.25)


def test_bytes_to_skip_count_once_unpacked(tmp_path):
    more = "encoding: gzip\nendian: little\nbyte skip: 4\n"
    (tmp_path / "a.nrrd").write_bytes(nrrd(more, gzip.compress(b"junk" + PLAIN)))
    equal(tmp_path / "a.nrrd", ZYX)


def test_local_values_may_end_with_the_file(tmp_path):
    (tmp_path / "a.mha").write_bytes(meta("HeaderSize = -1\n", b"junk" + PLAIN))
    equal(tmp_path / "a.mha", ZYX)


@pytest.mark.parametrize("kind", ["unsigned short int", "unsigned short", "ushort", "uint16_t"])
def test_a_type_has_many_names(tmp_path, kind):
    head = NRRD.replace("type: short", f"type: {kind}")
    (tmp_path / "a.nrrd").write_bytes(nrrd("encoding: raw\n", PLAIN, head))
    equal(tmp_path / "a.nrrd", ZYX.astype("u2"))


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.mha", meta("BinaryData = False\n", PLAIN), "holds its values as text; save it as bin"),
        ("a.mha", meta("HeaderSize = 4\n", PLAIN), "states a HeaderSize of 4"),
        ("a.nrrd", nrrd("encoding: raw\nbyte skip: -9\n", PLAIN), "has a byte skip of -9"),
        ("a.nrrd", nrrd("encoding: raw\nline skip: 2\n", PLAIN), "has a line skip of 2"),
        ("a.nrrd", nrrd("encoding: raw\nsizes: 5 6 7\n", PLAIN), "states sizes twice"),
    ],
)
def test_what_cannot_be_read_right_is_refused(tmp_path, name, content, sentence):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ReadError, match=f"^{name}: {sentence}"):
        read(tmp_path / name)
