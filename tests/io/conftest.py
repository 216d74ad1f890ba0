"""What the tests of files share."""

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import h5py
import nibabel
import numpy as np
import pytest
import tifffile
import zarr

from annotat_nb.io import parse_raw_name, write_labels
from annotat_nb.io.label_files import WRITERS


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


@pytest.fixture(scope="session")
def limited(tmp_path_factory):
    """Return what opens a file in a limited process and tells outcome, seconds and bytes grown.

    An image is told by shape, dtype and CRC-32 of its slices; `act` may be "labels", "markers",
    "classifier", which is then used too, or "training data".
    """
    folder = tmp_path_factory.mktemp("seeds")
    seeds = [write_labels(folder / f"a{suffix}", np.eye(9, dtype="u1")) for suffix in WRITERS]
    program = Path(__file__).with_name("limited.py")
    command, pipe = [sys.executable, program, *seeds], subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, bufsize=1) as server:

        def ask(path, act="image", **how):
            task = json.dumps({"act": act, "path": str(path), "how": how})
            server.stdin.write(f"{task}\n")
            return SimpleNamespace(**json.loads(server.stdout.readline()))

        yield ask
        server.stdin.close()
