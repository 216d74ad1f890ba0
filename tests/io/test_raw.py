import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from annotat_nb.io import RawGuess, ReadError, fitting_sizes, parse_raw_name, read

ZYX = np.arange(2 * 3 * 4, dtype="uint16").reshape(2, 3, 4)
U32 = ("float32", "uint32", "int32")


@pytest.mark.parametrize(
    ("name", "shape", "dtypes"),
    [
        ("Beads_1024x1024x151_16bits.raw", (151, 1024, 1024), ("uint16",)),
        ("x_100x90x80_8bit_gray.raw", (80, 90, 100), ("uint8",)),
        ("polymer3d_8bit_128x128x128.raw", (128, 128, 128), ("uint8",)),
        ("a_16BIT_10X20X30.b", (30, 20, 10), ("uint16",)),
        ("a-10x20x30-32-bit.raw", (30, 20, 10), U32),
        ("a_10x20x30_float32.raw", (30, 20, 10), ("float32",)),
        ("a_10x20x30_int16.raw", (30, 20, 10), ("int16",)),
        ("slice_10x20_8bits.raw", (1, 20, 10), ("uint8",)),
        ("2x2x2binned_100x90x80_16bits.raw", (80, 90, 100), ("uint16",)),
        ("10x20x30.raw", (30, 20, 10), ()),
        ("scan_8bits.raw", None, ("uint8",)),
        ("scan_0x4x5.raw", None, ()),
        ("scan12bits.raw", None, ()),
        ("scan.raw", None, ()),
    ],
)
def test_size_and_type_are_found_anywhere_in_a_name(name, shape, dtypes):
    assert parse_raw_name(name) == RawGuess(shape, dtypes)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    hnp.arrays(
        st.sampled_from(["<u1", "<u2", ">u2", "<i4", ">f4", "<f8", ">i8", "<f2", "|b1"]),
        hnp.array_shapes(min_dims=3, max_dims=3, max_side=6),
    )
)
def test_any_numbers_come_back_exactly(tmp_path, data):
    (tmp_path / "a.raw").write_bytes(data.tobytes())
    volume = read(tmp_path / "a.raw", shape=data.shape, dtype=data.dtype.str)
    assert volume.dtype == data.dtype.newbyteorder("=")
    np.testing.assert_array_equal(np.asarray(volume.data), data)
    np.testing.assert_array_equal(volume.slice("x", 0), data[:, :, 0])


def test_a_real_scan_is_read_by_its_name(shared_data):
    path = shared_data / "ct_polymer_fibres" / "polymer3d_8bit_128x128x128.raw"
    volume = read(path)
    assert (volume.shape, volume.dtype, volume.source) == ((128,) * 3, np.uint8, path)
    expected = np.frombuffer(path.read_bytes(), "uint8").reshape(128, 128, 128)
    np.testing.assert_array_equal(np.asarray(volume.data), expected)


def test_the_name_says_x_first_and_the_keyword_z_first(tmp_path):
    path = tmp_path / "a_4x3x2_16bits.raw"
    path.write_bytes(ZYX.tobytes())
    np.testing.assert_array_equal(read(path).data, ZYX)
    path = path.rename(tmp_path / "a.raw")
    np.testing.assert_array_equal(read(path, shape=(2, 3, 4), dtype="uint16").data, ZYX)
    np.testing.assert_array_equal(
        read(path, shape=(6, 4), dtype="uint16").data[0], ZYX.reshape(6, 4)
    )


def test_how_a_volume_was_opened_survives_json_and_opens_it_again(tmp_path):
    (tmp_path / "a.raw").write_bytes(ZYX.astype(">u2").tobytes())
    volume = read(tmp_path / "a.raw", shape=(2, 3, 4), dtype=np.dtype(">u2"), voxel_size=(3, 2, 1))
    again = read(volume.source, **json.loads(json.dumps(volume.how)))
    np.testing.assert_array_equal(np.asarray(again.data), ZYX)
    assert again.voxel_size == (3, 2, 1)


def test_pixels_are_mapped_and_never_writable(tmp_path):
    path = tmp_path / "a_4x3x2_16bits.raw"
    path.write_bytes(ZYX.tobytes())
    data = read(path).data
    assert isinstance(data, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        data[0, 0, 0] = 1


@pytest.mark.parametrize(
    ("name", "size", "how", "sentence"),
    [
        ("a_2x2x2_32bits.raw", 32, {}, "pass dtype='float32' or 'uint32' or 'int32'"),
        ("a_2x2x2.raw", 16, {}, "pass dtype='uint16' or 'int16' or 'float16'"),
        ("a_2x2x2.raw", 17, {}, "which no type fills"),
        ("a_16bits.raw", 16, {}, "shape=(2, 2, 2) dtype=uint16"),
        ("a.raw", 5, {}, "pass shape=(z, y, x)"),
        ("a_10x10x2_8bits.raw", 600, {}, "shape=(6, 10, 10) dtype=uint8"),
        ("a_10x10x2_8bits.raw", 600, {}, "shape=(3, 10, 10) dtype=uint16"),
        ("a_10x10x2_16bits.raw", 200, {}, "shape=(2, 10, 10) dtype=uint8"),
        ("a_10x10x2_8bits.raw", 201, {}, "check it for a header"),
        ("a_10x10x2_8bits.raw", 201, {}, "has 201 bytes, but shape (2, 10, 10) of uint8 needs 200"),
        ("a_2x2x2_8bits.raw", 8, {"dtype": "complex64"}, "holds complex64 values"),
        ("a_2x2x2_8bits.raw", 8, {"dtype": "nonsense"}, "cannot be read as dtype 'nonsense'"),
        ("a_2x2x2_8bits.raw", 8, {"dtype": "O"}, "holds object values"),
        ("a_2x2x2_8bits.raw", 8, {"shape": (2, -2, 2)}, "cannot have the shape"),
        ("a_2x2x2_8bits.raw", 8, {"shape": (8,)}, "cannot have the shape"),
        ("a_2x2x2_8bits.raw", 8, {"time": 0}, "has no time axis; leave time= out"),
        ("a_2x2x2_8bits.raw", 0, {}, "is empty"),
    ],
)
def test_what_does_not_fit_is_refused_with_what_would(tmp_path, name, size, how, sentence):
    (tmp_path / name).write_bytes(bytes(size))
    with pytest.raises(ReadError) as error:
        read(tmp_path / name, **how)
    assert str(error.value).startswith(f"{name}: ")
    assert sentence in str(error.value)


def test_every_remedy_that_is_offered_works(tmp_path):
    path = tmp_path / "a_10x10x2_8bits.raw"
    path.write_bytes(bytes(2400))
    with pytest.raises(ReadError) as error:
        read(path)
    offers = str(error.value).split("would fit: ")[1].split(", shape=")
    for offer in offers:
        shape, dtype = offer.removeprefix("shape=").split(" dtype=")
        sides = tuple(int(side) for side in shape.strip("()").split(","))
        assert read(path, shape=sides, dtype=dtype).shape == sides
    assert len(offers) == 4


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ((1, 1, 1), {(64, 512, 512), (16, 1024, 1024), (1, 4096, 4096), (256, 256, 256)}),
        ((1, 1, 128), {(1024, 128, 128), (1, 4096, 4096), (256, 256, 256)}),
        ((1, 512, 128), {(256, 512, 128)}),
    ],
)
def test_sizes_are_offered_whatever_was_typed_of_them(typed, offered):
    found = fitting_sizes(2**24, typed, "uint8")
    assert offered <= {shape for shape, dtype in found if dtype == "uint8"}
    assert {np.prod(shape) * np.dtype(dtype).itemsize for shape, dtype in found} == {2**24}
