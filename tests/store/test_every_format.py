"""A workspace opens its image again, whatever the format."""

import h5py
import nibabel
import numpy as np
import pytest
import tifffile
import zarr

import annotat_nb as an
from annotat_nb.io import READERS

ZYX = np.arange(4 * 20 * 30, dtype="uint8").reshape(4, 20, 30)


def hdf5(path):
    with h5py.File(path, "w") as file:
        file["raw"], file["other"] = ZYX, ZYX[:2]
    return path, {"dataset": "raw"}


def series(path):
    zarr.create_array(path, data=np.stack([ZYX + 1, ZYX]), dimension_names=("t", "z", "y", "x"))
    return path, {"time": 1}


def nifti(path):
    nibabel.save(nibabel.Nifti1Image(ZYX.transpose(), np.eye(4)), path)
    return path, {}


def npz(path):
    np.savez(path, raw=ZYX, other=ZYX)
    return path, {"dataset": "raw"}


def npy(path):
    np.save(path, ZYX)
    return path, {"voxel_size": (3.0, 2.0, 1.0)}


def nrrd(path):
    head = "NRRD0004\ntype: uchar\nsizes: 30 20 4\nencoding: raw\n\n"
    path.write_bytes(head.encode() + ZYX.tobytes())
    return path, {}


def meta_image(path):
    head = "DimSize = 30 20 4\nElementType = MET_UCHAR\nElementDataFile = LOCAL\n"
    path.write_bytes(head.encode() + ZYX.tobytes())
    return path, {}


def tiff(path):
    tifffile.imwrite(path, ZYX, photometric="minisblack", compression="zlib")
    return path, {}


def raw(path):
    path.write_bytes(ZYX.tobytes())
    return path, {"shape": ZYX.shape, "dtype": "uint8"}


def slices(path):
    path.mkdir()
    for z, image in enumerate(ZYX):
        tifffile.imwrite(path / f"{z}.tif", image)
    return path, {}


def dicom(path):
    from pydicom.dataset import FileDataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian

    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    image = FileDataset(str(path), {}, file_meta=meta, preamble=bytes(128))
    image.NumberOfFrames, image.Rows, image.Columns = ZYX.shape
    image.SamplesPerPixel, image.PhotometricInterpretation = 1, "MONOCHROME2"
    image.BitsAllocated, image.BitsStored, image.HighBit, image.PixelRepresentation = 8, 8, 7, 0
    image.PixelData = ZYX.tobytes()
    image.save_as(path)
    return path, {}


WRITERS = {
    **dict.fromkeys((".tif", ".tiff", ".btf"), tiff),
    **dict.fromkeys((".raw", ".b"), raw),
    **dict.fromkeys((".h5", ".hdf5", ".hdf", ".nxs"), hdf5),
    ".zarr": series,
    **dict.fromkeys((".nii", ".nii.gz", ".hdr", ".img"), nifti),
    ".npy": npy,
    ".npz": npz,
    **dict.fromkeys((".nrrd", ".nhdr"), nrrd),
    **dict.fromkeys((".mha", ".mhd"), meta_image),
    **dict.fromkeys((".dcm", ".dicom"), dicom),
    "": slices,
}


def test_every_format_of_volumes_is_tried():
    assert set(READERS) - set(WRITERS) == {".png", ".jpg", ".jpeg"}


@pytest.mark.parametrize("suffix", WRITERS)
def test_a_session_finds_its_image_again(tmp_path, suffix):
    path, how = WRITERS[suffix](tmp_path / f"scan{suffix}")
    volume = an.read(path, **how)
    with an.Session(volume, workspace=tmp_path / "a.annotat") as session:
        session.classes.add("bone")
    with an.open(tmp_path / "a.annotat") as again:
        np.testing.assert_array_equal(np.asarray(again.volume.data), ZYX)
        assert (again.volume.voxel_size, again.volume.name) == (volume.voxel_size, path.name)
        assert again.volume.how == volume.how
