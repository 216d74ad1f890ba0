import numpy as np
import pytest
import tifffile

from annotat_nb.io import read

ZYX = np.zeros((3, 4, 5), "uint8")


def scale(path, data=ZYX, **how):
    tifffile.imwrite(path, data, photometric="minisblack", **how)
    volume = read(path)
    return volume.voxel_size, volume.unit


def close(found, voxel_size, unit):
    assert found[1] == unit
    np.testing.assert_allclose(found[0], voxel_size, rtol=1e-6)


@pytest.mark.parametrize(
    ("unit", "shown"), [("um", "µm"), ("micron", "µm"), ("\\u00B5m", "µm"), ("mm", "mm")]
)
def test_imagej_calibration_is_read(tmp_path, unit, shown):
    metadata = {"spacing": 2.5, "unit": unit, "axes": "ZYX"}
    found = scale(tmp_path / "a.tif", imagej=True, resolution=(4, 2), metadata=metadata)
    close(found, (2.5, 0.5, 0.25), shown)


def test_imagej_omits_a_spacing_of_one(tmp_path):
    found = scale(
        tmp_path / "a.tif", imagej=True, resolution=(4, 4), metadata={"unit": "um", "axes": "ZYX"}
    )
    close(found, (1, 0.25, 0.25), "µm")


def test_imagej_without_calibration_is_in_pixels(tmp_path):
    close(scale(tmp_path / "a.tif", imagej=True, metadata={"axes": "ZYX"}), (1, 1, 1), "px")


def test_a_negative_imagej_spacing_is_a_distance(tmp_path):
    metadata = {"spacing": -2.0, "unit": "um", "axes": "ZYX"}
    found = scale(tmp_path / "a.tif", imagej=True, resolution=(1, 1), metadata=metadata)
    close(found, (2, 1, 1), "µm")


def ome(**attributes):
    return {"axes": "ZYX", **attributes}


def test_ome_physical_sizes_are_read(tmp_path):
    metadata = ome(PhysicalSizeZ=2.0, PhysicalSizeY=0.5, PhysicalSizeX=0.25)
    close(scale(tmp_path / "a.ome.tif", metadata=metadata), (2, 0.5, 0.25), "µm")


def test_ome_sizes_of_one_unit_keep_it(tmp_path):
    metadata = ome(**{f"PhysicalSize{a}": 3.0 for a in "XYZ"})
    metadata |= {f"PhysicalSize{a}Unit": "nm" for a in "XYZ"}
    close(scale(tmp_path / "a.ome.tif", metadata=metadata), (3, 3, 3), "nm")


def test_ome_sizes_of_several_units_become_micrometres(tmp_path):
    metadata = ome(**{f"PhysicalSize{a}": 3.0 for a in "XYZ"})
    metadata |= {"PhysicalSizeZUnit": "mm", "PhysicalSizeXUnit": "nm"}
    close(scale(tmp_path / "a.ome.tif", metadata=metadata), (3000, 3, 0.003), "µm")


def test_an_ome_depth_that_is_missing_is_that_of_a_cube(tmp_path):
    metadata = ome(PhysicalSizeY=0.5, PhysicalSizeX=0.5)
    close(scale(tmp_path / "a.ome.tif", metadata=metadata), (0.5, 0.5, 0.5), "µm")


@pytest.mark.parametrize("edge", [0.0, -1.0, float("nan"), float("inf")])
def test_an_impossible_size_in_a_file_counts_as_unknown(tmp_path, edge):
    metadata = ome(PhysicalSizeZ=edge, PhysicalSizeY=1.0, PhysicalSizeX=1.0)
    close(scale(tmp_path / "a.ome.tif", metadata=metadata), (1, 1, 1), "px")


@pytest.mark.parametrize(
    ("resolution", "unit", "edge"),
    [
        ((1000, 1000), "CENTIMETER", 10.0),
        ((25_400, 25_400), "INCH", 1.0),
        ((72, 72), "INCH", None),
        ((300, 300), "INCH", None),
        ((1, 1), "CENTIMETER", None),
        ((1, 1), "NONE", None),
    ],
)
def test_plain_resolution_counts_only_where_it_is_no_printers(tmp_path, resolution, unit, edge):
    found = scale(tmp_path / "a.tif", resolution=resolution, resolutionunit=unit)
    close(found, (edge or 1,) * 3, "µm" if edge else "px")


def test_a_voxel_size_that_is_given_counts_more(tmp_path):
    scale(tmp_path / "a.ome.tif", metadata=ome(PhysicalSizeY=0.5, PhysicalSizeX=0.5))
    volume = read(tmp_path / "a.ome.tif", voxel_size=(3, 2, 1))
    assert volume.voxel_size == (3, 2, 1)
    assert volume.unit == "µm"


@pytest.mark.parametrize("voxel_size", [(0, 1, 1), (-1, 1, 1), (1, 1), (float("nan"), 1, 1)])
def test_an_impossible_voxel_size_that_is_given_is_refused(tmp_path, voxel_size):
    scale(tmp_path / "a.tif")
    with pytest.raises(ValueError, match=r"^a\.tif: .*three positive numbers"):
        read(tmp_path / "a.tif", voxel_size=voxel_size)
