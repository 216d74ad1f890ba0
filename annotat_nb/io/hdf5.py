"""HDF5: one dataset out of a file, read where and when it is needed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from annotat_nb.io.axes import guessed_axes, letter_of
from annotat_nb.io.boxes import as_zyx
from annotat_nb.io.choices import Image, candidates_of, no_choice, only_one
from annotat_nb.io.errors import printable
from annotat_nb.io.gate import check_memory
from annotat_nb.io.hdf5_check import check_dataset
from annotat_nb.io.hdf5_links import Hdf5Files
from annotat_nb.io.hdf5_source import open_values
from annotat_nb.volume import Volume

if TYPE_CHECKING:
    from pathlib import Path

    from annotat_nb.io.errors import Candidate
    from annotat_nb.io.hdf5_links import Place
    from annotat_nb.io.options import Options


def read_hdf5(path: Path, options: Options) -> Volume:
    """Open the dataset that is asked for, or the only image there is."""
    options.refuse(path, "shape", "dtype")
    with Hdf5Files(path) as files:
        name = options.dataset if options.dataset is not None else _only(files)
        place = _find(files, name)
        check_dataset(files, place)
        data = as_zyx(path, open_values(path, place), _axes(place.item), options)
        voxel_size, unit = _scale(place.item)
        companions = files.opened
    check_memory(path, data.shape[1] * data.shape[2] * data.dtype.itemsize, "one slice of it")
    return Volume(
        data,
        voxel_size=options.voxel_size or voxel_size,
        unit=unit,
        name=path.name,
        companions=companions,
    )


def hdf5_datasets(path: Path) -> tuple[Candidate, ...]:
    """List the datasets of a file that can be images, volumes first."""
    with Hdf5Files(path) as files:
        return candidates_of(_images(files))


def _images(files: Hdf5Files) -> list[Image]:
    found = [_image(name, place.item) for name, place in files.walk()]
    return [image for image in found if image is not None and image.is_image]


def _image(name: str, dataset: Any) -> Image | None:
    try:
        return Image(name, dataset.shape or (), dataset.dtype)
    except TypeError:  # numpy has no such type
        return None


def _only(files: Hdf5Files) -> str:
    images = _images(files)
    if not images and files.refusal is not None:
        raise files.refusal
    return only_one(files.path, images)


def _find(files: Hdf5Files, name: str) -> Place:
    import h5py

    place = files.find(files.root, name)
    if place is not None and isinstance(place.item, h5py.Dataset):
        return place
    raise no_choice(files.path, f"has no dataset {printable(name)[:100]!r}", _images(files))


def _axes(dataset: Any) -> str:
    """Return one letter an axis: as ilastik or dimension labels name them, else by position."""
    said = [letter_of(name) for name in _axis_names(dataset)]
    if len(said) == dataset.ndim and {"Y", "X"} <= set(said):
        return "".join(said)
    return guessed_axes(dataset.shape, dataset.dtype)


def _axis_names(dataset: Any) -> list[str]:
    try:
        tags = dataset.attrs.get("axistags")
        if tags is not None:
            return [str(axis["key"]) for axis in json.loads(tags)["axes"]]
        return [dimension.label for dimension in dataset.dims]
    except (ValueError, TypeError, KeyError, OSError, RuntimeError):
        return []


def _scale(dataset: Any) -> tuple[tuple[float, float, float], str]:
    """Read the voxel size that ilastik, plant-seg and Fiji's HDF5 plugin state, (z, y, x) in µm."""
    try:
        edges = np.asarray(dataset.attrs["element_size_um"], "float64").ravel()
    except (KeyError, ValueError, TypeError, OSError, RuntimeError):
        return (1.0, 1.0, 1.0), "px"
    if edges.shape != (3,) or not np.isfinite(edges).all() or edges.min() <= 0:
        return (1.0, 1.0, 1.0), "px"
    return (float(edges[0]), float(edges[1]), float(edges[2])), "µm"
