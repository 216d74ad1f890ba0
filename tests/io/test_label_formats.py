"""Labels in every format that is written: what other programs find in them, and what stays."""

import json
import subprocess
import sys
import tracemalloc

import h5py
import nibabel
import numpy as np
import pytest
import zarr

from annotat_nb.io import WriteError, write_labels, write_markers, write_superpixels
from annotat_nb.io.label_files import WRITERS

CLASSES = (
    {"id": 0, "name": "Background", "color": "#888888", "visible": True},
    {"id": 1, "name": "os\n\u202e<b>trabéculaire</b>", "color": "#e69F00", "visible": False},
)
LABELS = np.arange(24, dtype="uint8").reshape(2, 3, 4)
SIZE = (2.0, 0.5, 0.25)
NAMES = [f"a_4x3x2_8bits{suffix}" for suffix in WRITERS]


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "uint32"])
@pytest.mark.parametrize("suffix", WRITERS)
def test_other_programs_find_the_same_labels(tmp_path, suffix, dtype, pixels):
    labels = np.random.default_rng(0).integers(0, 250, (20, 33, 130))
    path = write_labels(tmp_path / f"a{suffix}", labels, dtype=dtype, classes=CLASSES)
    assert pixels(path).dtype == dtype
    np.testing.assert_array_equal(pixels(path), labels)


@pytest.mark.parametrize("suffix", [suffix for suffix in WRITERS if suffix != ".raw"])
def test_other_programs_find_the_same_markers_and_superpixels(tmp_path, suffix, pixels):
    markers = LABELS.astype("int16") - 1
    path = write_markers(tmp_path / f"m{suffix}", markers, classes=CLASSES)
    assert pixels(path, "markers").dtype == np.int16
    np.testing.assert_array_equal(pixels(path, "markers"), markers)
    ids = LABELS.astype("int64") + 2**20
    path = write_superpixels(tmp_path / f"s{suffix}", ids)
    assert pixels(path, "superpixels").dtype == np.uint32
    np.testing.assert_array_equal(pixels(path, "superpixels"), ids)


def test_an_hdf5_label_is_a_compressed_dataset_with_the_size_of_its_elements(tmp_path):
    path = write_labels(tmp_path / "a.h5", LABELS, classes=CLASSES, voxel_size=SIZE, unit="mm")
    with h5py.File(path) as file:
        assert list(file) == ["labels"]
        assert file["labels"].compression == "gzip"
        assert file["labels"].attrs["element_size_um"].tolist() == [2000, 500, 250]
        table = json.loads(file["labels"].attrs["annotat_nb_classes"])
    assert table["classes"] == list(CLASSES)


def test_an_hdf5_label_without_a_length_states_no_size(tmp_path):
    path = write_labels(tmp_path / "a.h5", LABELS)
    with h5py.File(path) as file:
        assert "element_size_um" not in file["labels"].attrs


def test_a_zarr_label_is_an_ome_zarr_label_image_of_version_0_4(tmp_path):
    path = write_labels(tmp_path / "a.zarr", LABELS, classes=CLASSES, voxel_size=SIZE, unit="µm")
    attributes = json.loads((path / ".zattrs").read_text())
    (multiscale,) = attributes["multiscales"]
    assert multiscale["version"] == attributes["image-label"]["version"] == "0.4"
    assert [axis["name"] for axis in multiscale["axes"]] == ["z", "y", "x"]
    assert {axis["unit"] for axis in multiscale["axes"]} == {"micrometer"}
    (level,) = multiscale["datasets"]
    assert level["coordinateTransformations"] == [{"type": "scale", "scale": list(SIZE)}]
    colors = [{"label-value": 0, "rgba": [136, 136, 136, 255]}]
    colors += [{"label-value": 1, "rgba": [230, 159, 0, 255]}]
    assert attributes["image-label"]["colors"] == colors
    assert attributes["image-label"]["properties"][1]["name"] == CLASSES[1]["name"]
    array = zarr.open_array(path / level["path"], mode="r")
    assert (array.metadata.zarr_format, array.metadata.dimension_separator) == (2, "/")


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
def test_a_nifti_label_says_size_and_unit_and_scales_nothing(tmp_path, name):
    path = write_labels(tmp_path / name, LABELS, classes=CLASSES, voxel_size=SIZE, unit="mm")
    header = nibabel.load(path).header
    assert header.get_zooms() == (0.25, 0.5, 2)
    assert header.get_xyzt_units() == ("mm", "unknown")
    assert header.get_slope_inter() in [(1, 0), (None, None)]
    np.testing.assert_array_equal(nibabel.load(path).affine, np.diag([0.25, 0.5, 2, 1]))


@pytest.mark.parametrize(
    ("unit", "edges", "said"),
    [
        ("µm", (0.25, 0.5, 2), "micron"),
        ("m", (0.25, 0.5, 2), "meter"),
        ("cm", (2500, 5000, 20000), "micron"),
        ("px", (0.25, 0.5, 2), "unknown"),
    ],
)
def test_a_nifti_label_keeps_the_units_that_nifti_has(tmp_path, unit, edges, said):
    path = write_labels(tmp_path / "a.nii", LABELS, voxel_size=SIZE, unit=unit)
    header = nibabel.load(path).header
    assert (header.get_zooms(), header.get_xyzt_units()[0]) == (edges, said)


def test_a_side_too_long_for_the_first_nifti_makes_the_second(tmp_path, pixels):
    labels = np.ones((1, 1, 40_000), "uint8")
    path = write_labels(tmp_path / "a.nii", labels)
    assert isinstance(nibabel.load(path), nibabel.Nifti2Image)
    np.testing.assert_array_equal(pixels(path), labels)


@pytest.mark.parametrize("name", [name for name in NAMES if ".tif" not in name])
def test_the_same_labels_give_the_same_bytes(tmp_path, name):
    # Only an OME-TIFF has an identifier of its own.
    contents = []
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        path = write_labels(tmp_path / folder / name, LABELS, classes=CLASSES)
        files = sorted(file for file in (path, *path.rglob("*")) if file.is_file())
        contents.append([file.read_bytes() for file in files])
    assert contents[0] == contents[1]


@pytest.mark.parametrize("name", NAMES)
def test_a_full_disk_leaves_the_old_labels(tmp_path, name, pixels):
    old = np.ones((3, 300, 300), "uint8")
    path = write_labels(tmp_path / name.replace("4x3x2", "300x300x3"), old)
    code = (
        "import resource, sys, numpy as np\n"
        "from annotat_nb.io import write_labels, WriteError\n"
        "labels = np.random.default_rng(0).integers(0, 255, (3, 300, 300), dtype='uint8')\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))\n"
        "try: write_labels(sys.argv[1], labels)\n"
        "except WriteError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True)
    assert done.stdout.startswith(f"{path.name}: cannot be written (File too large)")
    assert done.returncode == 0, done.stderr
    np.testing.assert_array_equal(pixels(path), old)
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("suffix", WRITERS)
def test_writing_a_large_label_copies_little_of_it(tmp_path, suffix):
    labels = np.zeros((768, 256, 256), "uint8")
    write_labels(tmp_path / f"a{suffix}", labels[:1])  # the libraries are there afterwards
    tracemalloc.start()
    write_labels(tmp_path / f"a{suffix}", labels)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < labels.nbytes / 2


@pytest.mark.parametrize("content", ["other files", "an image"])
def test_a_folder_that_is_no_label_is_never_replaced(tmp_path, content):
    path = tmp_path / "scan.zarr"
    if content == "an image":
        zarr.save_group(path, data=LABELS)
    else:
        path.mkdir()
        (path / "thesis.txt").write_text("years of work")
    before = sorted(path.rglob("*"))
    with pytest.raises(WriteError, match=r"^scan\.zarr: exists and is no label .* another name"):
        write_labels(path, LABELS)
    assert sorted(path.rglob("*")) == before


def test_a_table_of_thousands_of_classes_fits_everywhere(tmp_path):
    classes = [{"id": number, "name": f"cell {number}"} for number in range(20_000)]
    for name in NAMES:
        write_labels(tmp_path / name, LABELS, classes=classes)
    with h5py.File(tmp_path / "a_4x3x2_8bits.h5") as file:
        table = json.loads(file["labels"].attrs["annotat_nb_classes"])
    assert table["classes"] == classes


@pytest.mark.parametrize(
    "name", ["-a", "a\nb", "a\u202eb", "<b>a</b>".replace("/", "\u2215"), "a" * 240]
)
@pytest.mark.parametrize("suffix", [suffix for suffix in WRITERS if suffix != ".raw"])
def test_labels_of_odd_names_are_written(tmp_path, suffix, name, pixels):
    path = write_labels(tmp_path / f"{name}{suffix}", LABELS)
    assert path.name == f"{name}{suffix}"
    np.testing.assert_array_equal(pixels(path), LABELS)


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
def test_a_nifti_label_lies_where_the_nifti_image_does(tmp_path, suffix):
    affine = np.array([[-0.5, 0, 0, 9], [0, 0.4, 0.3, -8], [0, -0.3, 0.4, 7], [0, 0, 0, 1]])
    scan = nibabel.Nifti1Image(LABELS.T, affine)
    scan.header.set_xyzt_units("mm")
    nibabel.save(scan, tmp_path / "scan.nii.gz")
    source = tmp_path / "scan.nii.gz"
    path = write_labels(tmp_path / f"a{suffix}", LABELS, classes=CLASSES, like=source)
    label = nibabel.load(path)
    np.testing.assert_allclose(label.affine, affine, rtol=1e-6)
    np.testing.assert_allclose(label.get_qform(), scan.get_qform(), rtol=1e-6)
    assert label.header.get_xyzt_units() == ("mm", "unknown")
    np.testing.assert_array_equal(np.asarray(label.dataobj), np.asarray(scan.dataobj))


def test_an_image_of_another_shape_or_kind_places_no_label(tmp_path):
    nibabel.save(nibabel.Nifti1Image(LABELS, np.diag([5, 5, 5, 1])), tmp_path / "scan.nii")
    (tmp_path / "broken.nii").write_bytes(b"hello")
    for like in ("scan.nii", "broken.nii", "none.nii", "scan.tif"):
        path = write_labels(tmp_path / "a.nii", LABELS, like=tmp_path / like)
        np.testing.assert_array_equal(nibabel.load(path).affine, np.eye(4))
