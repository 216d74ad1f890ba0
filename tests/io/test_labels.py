import json

import h5py
import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from annotat_nb.io import (
    ChoiceNeeded,
    ReadError,
    WriteError,
    read,
    read_labels,
    read_superpixels,
    write_labels,
    write_superpixels,
)

CLASSES = (
    {"id": 0, "name": "Background", "color": "#888888", "visible": True},
    {"id": 1, "name": "os\n‮<b>trabéculaire</b>", "color": "#e69F00", "visible": False},
)
READABLE = ["a.tif", "a.raw", "a.h5", "a.ome.zarr", "a.nii", "a.nii.gz"]
LABELS = np.arange(24, dtype="uint8").reshape(2, 3, 4)
quick = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
names = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
tables = st.lists(
    st.fixed_dictionaries(
        {
            "id": st.integers(0, 65535),
            "name": names,
            "color": st.from_regex(r"#[0-9a-fA-F]{6}", fullmatch=True),
            "visible": st.booleans(),
        }
    ),
    max_size=4,
    unique_by=lambda entry: entry["id"],
)


def images(*dtypes, **elements):
    shapes = hnp.array_shapes(min_dims=3, max_dims=3, max_side=6)
    return st.sampled_from(dtypes).flatmap(
        lambda dtype: hnp.arrays(dtype, shapes, elements=elements or None)
    )


@pytest.mark.parametrize("name", READABLE)
@quick
@given(labels=images("uint8", "uint16"), classes=tables)
def test_labels_come_back_as_they_were(tmp_path, name, labels, classes):
    path = write_labels(tmp_path / name, labels, dtype=labels.dtype, classes=classes)
    found, table = read_labels(path, labels.shape)
    assert found.dtype == labels.dtype
    np.testing.assert_array_equal(found, labels)
    assert table == tuple(classes)
    again, table_again = read_labels(write_labels(path, found, dtype=found.dtype, classes=table))
    np.testing.assert_array_equal(again, labels)
    assert table_again == table


@pytest.mark.parametrize("name", READABLE)
@quick
@given(ids=images("uint32", "int64", min_value=1, max_value=2**32 - 1))
def test_superpixels_come_back_as_they_were(tmp_path, name, ids):
    found = read_superpixels(write_superpixels(tmp_path / name, ids), ids.shape)
    assert found.dtype == np.uint32
    np.testing.assert_array_equal(found, ids)


@pytest.mark.parametrize(("high", "dtype"), [(255, "uint8"), (256, "uint16"), (65535, "uint16")])
def test_the_smallest_dtype_is_chosen(tmp_path, high, dtype):
    path = write_labels(tmp_path / "a.tif", np.array([[0, high]], "int64"))
    assert tifffile.imread(path).dtype == dtype
    assert read_labels(path)[0].dtype == dtype


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "uint32"])
def test_a_raw_says_its_size_and_bits_in_its_name(tmp_path, dtype):
    path = write_labels(tmp_path / "labels.raw", LABELS, dtype=dtype)
    assert path == tmp_path / f"labels_4x3x2_{np.dtype(dtype).itemsize * 8}bits.raw"
    np.testing.assert_array_equal(np.fromfile(path, dtype).reshape(2, 3, 4), LABELS)
    np.testing.assert_array_equal(read_labels(path)[0], LABELS)


@pytest.mark.parametrize(
    ("given_name", "written"),
    [
        ("a_4x3x2_8bits.raw", "a_4x3x2_8bits.raw"),
        ("a_9x9x9_16bits.raw", "a_4x3x2_8bits.raw"),
        ("a_4x3x2_8bit_gray.raw", "a_4x3x2_8bit_gray.raw"),
    ],
)
def test_a_size_that_the_name_already_says_is_not_said_twice(tmp_path, given_name, written):
    assert write_labels(tmp_path / given_name, LABELS).name == written


def test_a_tiff_carries_voxel_size_and_classes_and_any_reader_opens_it(tmp_path):
    path = write_labels(
        tmp_path / "a.tif", LABELS, classes=CLASSES, voxel_size=(2, 0.5, 0.25), unit="µm"
    )
    volume = read(path)
    assert (volume.voxel_size, volume.unit) == ((2, 0.5, 0.25), "µm")
    assert read_labels(path)[1] == CLASSES
    with tifffile.TiffFile(path) as tif:
        assert tif.is_ome
        assert tif.series[0].axes == "ZYX"
        assert tif.pages[0].compression.name == "ADOBE_DEFLATE"
        np.testing.assert_array_equal(tif.asarray(), LABELS)


def test_a_size_in_voxels_comes_back(tmp_path):
    path = write_labels(tmp_path / "a.tif", LABELS, voxel_size=(3, 1, 1), unit="px")
    assert (read(path).voxel_size, read(path).unit) == ((3, 1, 1), "px")


def test_the_classes_of_a_raw_lie_beside_it_and_never_outlive_it(tmp_path):
    path = write_labels(tmp_path / "a.raw", LABELS, classes=CLASSES)
    beside = tmp_path / "a_4x3x2_8bits.classes.json"
    assert json.loads(beside.read_text())["classes"] == list(CLASSES)
    write_labels(tmp_path / "a.raw", LABELS)
    assert not beside.exists()
    assert read_labels(path)[1] == ()


@pytest.mark.parametrize("name", ["a.h5", "a.zarr", "a.nii.gz"])
def test_voxel_size_and_unit_come_back(tmp_path, name):
    path = write_labels(tmp_path / name, LABELS, voxel_size=(2, 0.5, 0.25), unit="µm")
    assert (read(path).voxel_size, read(path).unit) == ((2, 0.5, 0.25), "µm")


def several(path, *names):
    """Write an HDF5 file of several images, each of its own value."""
    with h5py.File(path, "w") as file:
        for number, name in enumerate(names):
            file[name] = np.full((2, 3, 4), number, "uint8")
    return path


def test_of_several_images_that_called_labels_is_taken(tmp_path):
    path = several(tmp_path / "a.h5", "image", "labels", "superpixels")
    assert np.unique(read_labels(path, (2, 3, 4))[0]) == [1]
    assert np.unique(read_superpixels(path)) == [2]


def test_of_several_images_one_can_be_named(tmp_path):
    path = several(tmp_path / "a.h5", "exported/a", "exported/b")
    with pytest.raises(ChoiceNeeded, match=r"^a\.h5: .*exported/a") as error:
        read_labels(path)
    assert [c.value for c in error.value.candidates] == ["exported/a", "exported/b"]
    assert np.unique(read_labels(path, dataset="exported/b")[0]) == [1]


def test_two_dimensional_and_boolean_labels_are_one_slice(tmp_path):
    labels, _ = read_labels(write_labels(tmp_path / "a.tif", np.eye(5, dtype=bool)))
    np.testing.assert_array_equal(labels, np.eye(5, dtype="uint8")[None])


def test_foreign_labels_are_narrowed(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", LABELS.astype(">i4"), photometric="minisblack")
    labels, classes = read_labels(tmp_path / "a.tif")
    assert (labels.dtype, classes) == (np.uint8, ())
    np.testing.assert_array_equal(labels, LABELS)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (np.full((2, 3, 4), -1, "int16"), "holds -1 … -1, but labels are 0 … 65535"),
        (np.full((2, 3, 4), 65536, "uint32"), "holds 65536 … 65536, but labels"),
        (np.zeros((2, 3, 4), "float32"), "holds float32 values, but labels are integers"),
        (np.zeros((2, 4, 3), "uint8"), "has shape (2, 4, 3), but the image has (2, 3, 4)"),
    ],
)
def test_what_is_no_label_of_this_image_is_refused(tmp_path, data, sentence):
    tifffile.imwrite(tmp_path / "a.tif", data, photometric="minisblack")
    with pytest.raises(ReadError) as error:
        read_labels(tmp_path / "a.tif", (2, 3, 4))
    assert str(error.value).startswith("a.tif: ")
    assert sentence in str(error.value)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (np.zeros((2, 3, 4), "uint32"), "holds 0 … 0, but superpixel ids are 1 … "),
        (np.full((2, 3, 4), -5, "int32"), "holds -5 … -5"),
        (np.ones((2, 3, 4), "float32"), "superpixels are integers"),
        (np.ones((2, 4, 3), "uint32"), "has shape (2, 4, 3), but the image has (2, 3, 4)"),
    ],
)
def test_what_are_no_superpixels_of_this_image_is_refused(tmp_path, data, sentence):
    tifffile.imwrite(tmp_path / "a.tif", data, photometric="minisblack")
    with pytest.raises(ReadError) as error:
        read_superpixels(tmp_path / "a.tif", (2, 3, 4))
    assert sentence in str(error.value)


@pytest.mark.parametrize(
    ("name", "labels", "how", "sentence"),
    [
        (
            "a.tif",
            [[300]],
            {"dtype": "uint8"},
            "labels reach 300, but uint8 holds 255; use dtype='uint16'",
        ),
        ("a.tif", [[-1]], {}, "labels are 0 … 65535, got -1 … -1"),
        ("a.tif", [[65536]], {}, "labels are 0 … 65535"),
        ("a.tif", [[1.0]], {}, "labels must be integers, got float64"),
        ("a.tif", [[1]], {"dtype": "int16"}, "cannot be saved as int16"),
        ("a.tif", [[1]], {"dtype": "wide"}, "cannot be saved as wide; use one of uint8, uint16"),
        ("a.tif", [1], {}, "got shape (1,)"),
        ("a.tif", [[]], {}, "labels must be integers"),
        ("a.png", [[1]], {}, "cannot be saved as '.png'; use one of .tif, .tiff, .h5"),
        ("no/such/a.tif", [[1]], {}, "there is no folder "),
    ],
)
def test_what_cannot_be_written_is_refused_in_a_sentence(tmp_path, name, labels, how, sentence):
    with pytest.raises(WriteError) as error:
        write_labels(tmp_path / name, np.array(labels), **how)
    assert str(error.value).startswith(f"{(tmp_path / name).name}: ")
    assert sentence in str(error.value)
    assert not list(tmp_path.iterdir())


def test_superpixels_without_a_positive_id_everywhere_are_not_written(tmp_path):
    with pytest.raises(WriteError, match=r"ids are 1 … 4294967295, got 0 … 3"):
        write_superpixels(tmp_path / "a.tif", np.arange(4).reshape(2, 2))


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        ("{", "it is not JSON"),
        ("[" * 100_000, "it is not JSON"),
        ("[]", "it has no list of classes"),
        ('{"classes": 3}', "it has no list of classes"),
        ('{"classes": [{"id": 1}]}', "lacks its id or name"),
        ('{"classes": [{"id": true, "name": "a"}]}', "has id 'True'"),
        ('{"classes": [{"id": 65536, "name": "a"}]}', "has id '65536'"),
        ('{"classes": [{"id": 1, "name": 2}]}', "has name '2'"),
        ('{"classes": [{"id": 1, "name": "a", "color": "red"}]}', "has color 'red'"),
        ('{"classes": [{"id": 1, "name": "a", "visible": 1}]}', "has visible '1'"),
        ('{"classes": [{"id": 1, "name": "a"}, {"id": 1, "name": "b"}]}', "same id"),
    ],
)
def test_a_broken_class_table_is_refused_in_a_sentence(tmp_path, table, sentence):
    path = write_labels(tmp_path / "a.raw", LABELS)
    path.with_suffix(".classes.json").write_text(table)
    with pytest.raises(ReadError) as error:
        read_labels(path)
    assert str(error.value).startswith(f"{path.name}: has a broken class table")
    assert sentence in str(error.value)


def test_a_table_of_another_program_needs_only_ids_and_names(tmp_path):
    path = write_labels(tmp_path / "a.raw", LABELS)
    table = {"classes": [{"id": 1, "name": "bone", "note": "x"}]}
    path.with_suffix(".classes.json").write_text(json.dumps(table))
    assert read_labels(path)[1] == ({"id": 1, "name": "bone"},)


def test_raw_labels_without_a_size_in_the_name_take_that_of_the_image(tmp_path):
    (tmp_path / "a.raw").write_bytes(LABELS.astype("<u2").tobytes())
    labels, _ = read_labels(tmp_path / "a.raw", LABELS.shape)
    np.testing.assert_array_equal(labels, LABELS)
    with pytest.raises(ReadError, match="pass shape="):
        read_labels(tmp_path / "a.raw")
