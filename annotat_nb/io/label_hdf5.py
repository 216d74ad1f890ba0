"""Labels as a compressed HDF5 dataset, with the class table in an attribute."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO, cast

import numpy as np

from annotat_nb.blocks import pieces, whole
from annotat_nb.io.atomic import atomic_write
from annotat_nb.io.tiff_scale import in_micrometres

if TYPE_CHECKING:
    from pathlib import Path

    from annotat_nb.io.integer_image import IntegerImage, Kind

CLASSES = "annotat_nb_classes"
_CHUNK = (16, 128, 128)  # 256 kB of uint8: a slice unpacks little more than itself
_LEVEL = 2


def write_hdf5(target: Path, image: IntegerImage) -> Path:
    """Write `image` as the dataset named by its kind, and return its path."""
    with atomic_write(target) as file:
        patient = _PatientFile(file)
        try:
            _fill(patient, image)
        finally:
            if patient.problem is not None:
                raise patient.problem
    return target


def hdf5_classes(path: Path, kind: Kind, dataset: str | None) -> str:
    """Return the JSON of the class table of `dataset`, by default of the one called `kind`."""
    import h5py

    with h5py.File(path, "r") as store:
        # A dataset asked for was found safe when it was read; links of others are not followed.
        if dataset is None and not isinstance(store.get(kind, getlink=True), h5py.HardLink):
            return ""
        text = store[dataset or kind].attrs.get(CLASSES, "")
        return text if isinstance(text, str) else ""


class _PatientFile:
    """A file that swallows the first failure to write, and all that is written after it.

    The HDF5 library keeps a file that it could not flush open for ever, and may crash at exit.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.problem: OSError | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def write(self, content: memoryview) -> int:
        return self._attempt(self._file.write, content) or len(content)

    def truncate(self, size: int) -> int:
        return self._attempt(self._file.truncate, size) or size

    def flush(self) -> None:
        self._attempt(self._file.flush)

    def _attempt(self, act: Any, *arguments: Any) -> Any:
        if self.problem is not None:
            return None
        try:
            return act(*arguments)
        except OSError as problem:
            self.problem = problem
            return None


def _fill(file: _PatientFile, image: IntegerImage) -> None:
    import h5py

    ids = image.data
    with h5py.File(cast("BinaryIO", file), "w") as store:
        dataset = store.create_dataset(
            image.kind,
            ids.shape,
            ids.dtype,
            chunks=tuple(map(min, _CHUNK, ids.shape)),
            compression="gzip",
            compression_opts=_LEVEL,
        )
        for box in pieces(whole(ids.shape), block=_CHUNK):
            dataset[box] = np.asarray(ids[box])
        size = in_micrometres(image.voxel_size, image.unit)
        if size is not None:
            dataset.attrs["element_size_um"] = size
        if image.table:
            dataset.attrs[CLASSES] = image.table
