import subprocess
import sys

import numpy as np
import pytest

import annotat_nb
from annotat_nb.io import ReadError, datasets, read

HEAVY = ("tifffile", "imagecodecs", "scipy", "skimage", "zarr", "h5py", "torch", "numba")


def test_the_shipped_volume_opens(request):
    folder = request.config.rootpath / "annotat_nb" / "data"
    volume = read(folder / "trabecular_bone.tif")
    assert (volume.shape, volume.dtype) == ((200, 200, 200), np.uint8)
    assert volume.name == "trabecular_bone.tif"


def test_reading_loads_heavy_libraries_only_when_a_file_needs_them():
    code = f"import annotat_nb.io, sys; print([m for m in {HEAVY} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_package_offers_reading():
    assert annotat_nb.read is read
    assert annotat_nb.ReadError is ReadError


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("a.tif", "does not exist; check the path"),
        ("a.docx", "is of an unknown kind '.docx'; give one of .tif"),
        ("a", "has no suffix"),
        ("b" * 300 + ".tif", "cannot be opened (File name too long)"),
    ],
)
def test_a_path_that_names_no_image_is_refused(tmp_path, name, sentence):
    with pytest.raises(ReadError) as error:
        read(tmp_path / name)
    assert str(error.value).startswith(f"{name}: {sentence}")


@pytest.mark.parametrize("name", ["../x.tif", "-x.tif", "<b>x.tif", "x\n.tif", "x\u202efit.tif"])
def test_odd_names_are_said_in_one_printable_line(tmp_path, name):
    with pytest.raises(ReadError) as error:
        read(tmp_path / name)
    assert str(error.value).isprintable()


def test_a_device_or_pipe_is_not_opened(tmp_path):
    import os

    os.mkfifo(tmp_path / "a.tif")
    with pytest.raises(ReadError, match="is not a regular file"):
        read(tmp_path / "a.tif")


def test_a_file_without_permission_is_refused(tmp_path, monkeypatch):
    (tmp_path / "a.tif").write_bytes(b"II*\0")
    monkeypatch.setattr("os.access", lambda path, mode: False)
    with pytest.raises(ReadError, match=r"^a\.tif: may not be read by you; ask its owner"):
        read(tmp_path / "a.tif")


@pytest.mark.parametrize(
    "data",
    [
        np.full((2, 3, 4), np.nan, "float32"),
        np.array([[[np.inf, -np.inf, 1.0]]]),
        np.zeros((1, 1, 9), "uint8"),
        np.zeros((9, 1, 1), "uint8"),
        np.full((3, 3, 3), 7, "int8"),
        np.ones((2, 3, 4), "float16"),
    ],
    ids=["nan", "inf", "1x1xN", "Nx1x1", "constant int8", "float16"],
)
def test_unusual_images_open(tmp_path, data):
    import tifffile

    tifffile.imwrite(tmp_path / "a.tif", data, photometric="minisblack")
    (tmp_path / "a.raw").write_bytes(data.tobytes())
    for volume in (
        read(tmp_path / "a.tif"),
        read(tmp_path / "a.raw", shape=data.shape, dtype=data.dtype),
    ):
        assert volume.shape == data.shape
        np.testing.assert_array_equal(np.asarray(volume.data), data)


def test_the_images_of_a_file_are_listed_without_decoding_any(tmp_path, monkeypatch):
    import tifffile

    with tifffile.TiffWriter(tmp_path / "a.tif") as tif:
        tif.write(np.zeros((3, 4, 5), "uint8"), photometric="minisblack")
        tif.write(np.zeros((6, 7), "float32"), photometric="minisblack")
    monkeypatch.setattr(tifffile.TiffPage, "asarray", None)
    found = {one.value: one.label for one in datasets(tmp_path / "a.tif")}
    assert found == {"0": "0: 3 x 4 x 5 uint8", "1": "1: 6 x 7 float32"}


def test_listing_says_what_reading_says_about_a_bad_file(tmp_path):
    (tmp_path / "a.tif").write_bytes(b"nothing")
    with pytest.raises(ReadError, match=r"^a\.tif: is not a TIFF file"):
        datasets(tmp_path / "a.tif")
    with pytest.raises(ReadError, match=r"^b\.tif: does not exist"):
        datasets(tmp_path / "b.tif")


def test_a_workspace_is_no_image_and_the_sentence_says_what_to_do(tmp_path):
    (tmp_path / "a.annotat").mkdir()
    with pytest.raises(ReadError, match=r"^a\.annotat: is a workspace.*annotat_nb\.open"):
        read(tmp_path / "a.annotat")


@pytest.mark.parametrize("name", ["scan.tif", "scan.h5", "scan"])
def test_a_folder_of_slices_is_one_whatever_its_name(tmp_path, name):
    import tifffile

    (tmp_path / name).mkdir()
    for z in range(2):
        tifffile.imwrite(tmp_path / name / f"{z}.tif", np.full((4, 5), z, "uint8"))
    assert read(tmp_path / name).shape == (2, 4, 5)
