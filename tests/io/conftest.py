"""What the tests of files share."""

import h5py
import nibabel
import numpy as np
import pytest
import tifffile
import zarr

from annotat_nb.io import parse_raw_name


@pytest.fixture(scope="session")
def pixels():
    """Return what reads all ids of a file, (z, y, x), as other programs do: no reader of ours."""
    return _pixels


def _pixels(path, kind="labels"):
    name = path.name
    if name.endswith((".tif", ".tiff")):
        return tifffile.imread(path)
    if name.endswith((".h5", ".hdf5")):
        with h5py.File(path, "r") as file:
            return file[kind][:]
    if name.endswith(".zarr"):
        return zarr.open_group(path, mode="r")["0"][:]
    if name.endswith((".nii", ".nii.gz")):
        image = nibabel.load(path)
        return np.asarray(image.dataobj).T
    guess = parse_raw_name(name)
    unsigned = next(dtype for dtype in guess.dtypes if dtype.startswith("uint"))
    return np.fromfile(path, unsigned).reshape(guess.shape)
