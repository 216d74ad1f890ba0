"""One reader for each kind of file, and `read`, which picks it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from annotat_nb.io.dicom import SUFFIXES as DICOM
from annotat_nb.io.dicom import dicom_datasets, is_dicom_file, is_dicom_folder, read_dicom
from annotat_nb.io.errors import cannot_read, reading
from annotat_nb.io.hdf5 import hdf5_datasets, read_hdf5
from annotat_nb.io.nifti import read_nifti
from annotat_nb.io.npy import npz_datasets, read_npy, read_npz
from annotat_nb.io.options import Options
from annotat_nb.io.raw import read_raw
from annotat_nb.io.sequence import SUFFIXES as SLICES
from annotat_nb.io.sequence import is_pattern, read_image, read_sequence
from annotat_nb.io.text_header import read_meta_image, read_nrrd
from annotat_nb.io.tiff import read_tiff, tiff_datasets
from annotat_nb.io.zarr import read_zarr, zarr_datasets
from annotat_nb.io.zarr_tree import MARKS, is_zarr

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from numpy.typing import DTypeLike

    from annotat_nb.io.errors import Candidate
    from annotat_nb.volume import Volume

    Reader = Callable[[Path, Options], Volume]

READERS: dict[str, Reader] = {
    ".tif": read_tiff,
    ".tiff": read_tiff,
    ".btf": read_tiff,
    ".raw": read_raw,
    ".b": read_raw,
    ".png": read_image,
    ".jpg": read_image,
    ".jpeg": read_image,
    ".h5": read_hdf5,
    ".hdf5": read_hdf5,
    ".hdf": read_hdf5,
    ".nxs": read_hdf5,
    ".zarr": read_zarr,
    ".nii": read_nifti,
    ".nii.gz": read_nifti,
    ".hdr": read_nifti,
    ".img": read_nifti,
    ".npy": read_npy,
    ".npz": read_npz,
    ".nrrd": read_nrrd,
    ".nhdr": read_nrrd,
    ".mha": read_meta_image,
    ".mhd": read_meta_image,
    ".dcm": read_dicom,
    ".dicom": read_dicom,
}
"""What reads the files of each suffix."""

FOLDER_MARKS = (*SLICES, *DICOM, *MARKS)
"""How the names of files end that make an image of their folder."""

_LISTERS: dict[Reader, Callable[[Path], tuple[Candidate, ...]]] = {
    read_tiff: tiff_datasets,
    read_hdf5: hdf5_datasets,
    read_zarr: zarr_datasets,
    read_npz: npz_datasets,
    read_dicom: dicom_datasets,
}
"""What lists the images that a reader chooses from."""


def read(
    path: str | os.PathLike[str],
    *,
    dataset: str | None = None,
    shape: tuple[int, ...] | None = None,
    dtype: DTypeLike | None = None,
    voxel_size: tuple[float, float, float] | None = None,
    time: int | None = None,
    channel: int | None = None,
    rgb: Literal["luminance"] | int | None = None,
) -> Volume:
    """Open an image: a file, a folder or glob of slices, a Zarr folder or a DICOM series.

    Files may be TIFF, RAW, PNG, JPEG, HDF5, NIfTI, NumPy, NRRD, MetaImage and DICOM, as
    `annotat_nb.io.READERS` lists them by suffix. Nothing but headers and the first slice is read;
    the rest follows when it is used. Only packed NIfTI, NRRD, MetaImage and ``.npz`` files are
    unpacked into memory whole.

    What a file draws on, and what links among slices or chunks lead to, lies in the folder that
    holds the image, or below. The environment variable ``ANNOTAT_NB_DATA_ROOTS`` names further
    folders, separated as in ``PATH``.

    Parameters
    ----------
    path
        A file, a folder of slice images, or a pattern such as ``"scan/*.png"``. Slices are taken
        in natural order (2 before 10).
    dataset
        Which image of a file that holds several, as `annotat_nb.io.datasets` lists them: the path
        of an HDF5 dataset or Zarr array (of OME-Zarr a level, by default the finest), the number
        of a TIFF series, the name of an array in ``.npz``, the UID of a DICOM series.
    shape
        Number of voxels of a RAW file, (z, y, x); default: from its name, where x comes first
        (``Beads_1024x1024x151_16bits.raw``).
    dtype
        Type of a voxel of a RAW file, little-endian unless it says ``'>u2'``; default: from its
        name.
    voxel_size
        Edge lengths of a voxel, (z, y, x); default: from the file, else 1 px.
    time, channel
        Which time point or channel to take, from 0; needed where there are several.
    rgb
        What to take of a colour image: ``"luminance"`` or the number of a channel.

    Returns
    -------
    Volume
        The image, (z, y, x); a 2D image is one slice. Its `source` and `how` open it again.

    Raises
    ------
    ReadError
        If the file cannot be read as asked; the message names the file, cause and remedy.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> path = Path(tempfile.mkdtemp()) / "ramp_4x3x2_8bits.raw"
    >>> _ = path.write_bytes(bytes(range(24)))
    >>> read(path).slice("z", 1)[0]
    array([12, 13, 14, 15], dtype=uint8)
    """
    options = Options(
        dataset=dataset,
        shape=shape,
        dtype=dtype,
        voxel_size=voxel_size,
        time=time,
        channel=channel,
        rgb=rgb,
    )
    source = Path(path).absolute()
    with reading(source):
        options.check(source)
        volume = _reader_of(source)(source, options)
        return replace(volume, source=source, how=options.how)


def datasets(path: str | os.PathLike[str]) -> tuple[Candidate, ...]:
    """List the images to choose from in a file; only headers are read.

    Parameters
    ----------
    path
        What `read` takes.

    Returns
    -------
    tuple of Candidate
        What `read` takes as `dataset`, with its shape and dtype in words; empty for a kind of
        file that holds one image.

    Raises
    ------
    ReadError
        If the file cannot be read; the message names the file, cause and remedy.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "ramp_4x3x2_8bits.raw"
    >>> _ = path.write_bytes(bytes(24))
    >>> datasets(path)
    ()
    """
    source = Path(path).absolute()
    with reading(source):
        lister = _LISTERS.get(_reader_of(source))
        return lister(source) if lister else ()


def suffix_of(path: Path) -> str:
    """Return the longest suffix of `path` that has a reader, in lower case; else nothing.

    Examples
    --------
    >>> suffix_of(Path("Bone.TIF"))
    '.tif'
    """
    name = path.name.lower()
    return max((suffix for suffix in READERS if name.endswith(suffix)), key=len, default="")


def _reader_of(path: Path) -> Reader:
    if path.is_dir():
        return _folder_reader(path)
    if is_pattern(path) and not path.exists():
        return read_sequence
    if (suffix := suffix_of(path)) in READERS:
        return READERS[suffix]
    if is_dicom_file(path):
        return read_dicom
    cause = f"is of an unknown kind {path.suffix!r}" if path.suffix else "has no suffix"
    raise cannot_read(path, cause, f"give one of {', '.join(READERS)}, or a folder of slices")


def _folder_reader(path: Path) -> Reader:
    if path.suffix.lower() == ".annotat":
        raise cannot_read(path, "is a workspace, not an image", "open it with annotat_nb.open")
    if is_zarr(path) or path.suffix.lower() == ".zarr":
        return read_zarr
    return read_dicom if is_dicom_folder(path) else read_sequence
