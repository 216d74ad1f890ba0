import numpy as np
import pytest
import tifffile

from annotat_nb.io import ReadError, WriteError, read_markers, write_markers

MARKERS = np.full((2, 3, 4), -1, np.int16)
MARKERS[0, 0, :2] = 0, 7
CLASSES = ({"id": 7, "name": "pore", "color": "#112233"},)


@pytest.mark.parametrize("name", ["m.tif", "m.h5", "m.zarr", "m.nii.gz"])
def test_markers_come_back_with_their_classes(tmp_path, name):
    path = write_markers(tmp_path / name, MARKERS, classes=CLASSES)
    markers, classes = read_markers(path, MARKERS.shape)
    np.testing.assert_array_equal(markers, MARKERS)
    assert markers.dtype == np.int16
    assert classes == CLASSES


@pytest.mark.parametrize("dtype", ["int8", "int32", "uint8", "uint16"])
def test_other_integers_are_understood(tmp_path, dtype):
    tifffile.imwrite(tmp_path / "m.tif", MARKERS.astype(dtype), photometric="minisblack")
    np.testing.assert_array_equal(read_markers(tmp_path / "m.tif")[0], MARKERS)


@pytest.mark.parametrize(
    ("image", "words"),
    [
        (np.zeros((2, 3, 4), "uint8"), "leaves no voxel unmarked"),
        (np.zeros((2, 3, 4), "float32"), "markers are integers"),
        (np.full((2, 3, 5), -1, "int16"), r"\(2, 3, 5\).*\(2, 3, 4\)"),
    ],
)
def test_what_are_no_markers_is_refused(tmp_path, image, words):
    tifffile.imwrite(tmp_path / "m.tif", image, photometric="minisblack")
    with pytest.raises(ReadError, match=rf"(?s)^m\.tif.*{words}"):
        read_markers(tmp_path / "m.tif", MARKERS.shape)


def test_a_format_that_tells_no_sign_is_refused(tmp_path):
    with pytest.raises(
        WriteError, match=r"^m\.raw: markers cannot be saved as '\.raw'; use one of"
    ):
        write_markers(tmp_path / "m.raw", MARKERS)
