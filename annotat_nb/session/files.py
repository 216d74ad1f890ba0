"""The verbs that read and write files."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

import numpy as np

from annotat_nb import io
from annotat_nb.annotation import (
    Edit,
    LabelImage,
)
from annotat_nb.session.base import PathLike, SessionBase, SessionError
from annotat_nb.session.engine import Superpixels
from annotat_nb.session.replay import merged_classes


class Files(SessionBase):
    """Labels, superpixels and markers in files."""

    def check_target(self, path: PathLike, dtype: Any) -> None:
        """Refuse to write over an image that is open, or into the workspace.

        Parameters
        ----------
        path
            Where somebody wants to write a file.
        dtype
            Type of a voxel, which a RAW has in its name.

        Raises
        ------
        SessionError
            If the file is a part of an image or would become one, or lies in the workspace.
        WriteError
            If there is no such folder.
        """
        io.check_place(Path(path).absolute())
        try:
            target = io.label_path(path, self.volume.shape, dtype).resolve()
        except TypeError:  # no such type: writing says so
            return
        for volume in (self.volume, self.visualization):
            if volume is not None and (why := io.harm_of_writing(target, volume)) is not None:
                raise SessionError(f"{io.name_of(target)}: {why}")
        workspace = self.recorder.workspace
        if workspace is not None and workspace.path in target.parents:
            raise SessionError(f"{target.name}: lies in the workspace; choose another folder")

    def save_label(self, path: PathLike, *, dtype: Any = None) -> Path:
        """Write the segmentation with its class table, and return the path.

        Parameters
        ----------
        path
            Where to; the suffix chooses the format: TIFF, HDF5 (``.h5``), OME-Zarr (``.zarr``),
            NIfTI (``.nii``, ``.nii.gz``) or RAW, which gets its size into its name.
        dtype
            Unsigned integer type of the file; the smallest that fits by default.

        Raises
        ------
        SessionError
            If there is no segmentation yet, or the file is a part of the image or would become one.
        WriteError
            If the file cannot be written, or the type is too small; an older file stays as it was.
        """
        if self.segmentation is None:
            raise SessionError("there is no label to save yet; press Apply or load one first")
        self.check_target(path, dtype or self.segmentation.data.dtype)
        table = [item.model_dump() for item in self.classes]
        return io.write_labels(
            path,
            self.segmentation.data,
            dtype=dtype,
            classes=table,
            voxel_size=self.volume.voxel_size,
            unit=self.volume.unit,
            like=self.volume.source,
        )

    def load_label(self, path: PathLike, *, dataset: str | None = None, edit: bool = False) -> None:
        """Put the label in a file in place of the segmentation, and add its classes to the table.

        Parameters
        ----------
        path
            A file that `save_label` writes or `annotat_nb.read` opens.
        dataset
            Which image of a file that holds several; default: the only one, or "labels".
        edit
            Whether to correct the label by label editing; this version cannot, and says so.

        Raises
        ------
        SessionError
            If label editing is asked for.
        ReadError
            If the file is no label of this volume; the message says why.
        """
        if edit:
            raise SessionError(
                "label editing is not there yet: load the label with edit=False, paint corrections "
                "and press Apply"
            )
        data, table = io.read_labels(path, self.volume.shape, dataset=dataset, space=self._room)
        labels = LabelImage(data, origin=Path(path).name)
        used = labels.counts.keys()
        with self.lock:
            self.recorder.check_open()
            classes = merged_classes(self.classes.stored(), table, used)
            if classes != self.classes.stored():
                self._make(Edit("load label", classes=classes))
            self.results.set_segmentation(labels, self.annotation.history.position)
        self.results.write()

    def save_superpixels(self, path: PathLike) -> Path:
        """Write the superpixels in one of the formats of `save_label`, and return the path.

        Parameters
        ----------
        path
            Where to; the suffix chooses the format.

        Raises
        ------
        SessionError
            If there are none yet.
        WriteError
            If the file cannot be written; an older file stays as it was.
        """
        if self.superpixels is None:
            raise SessionError("there are no superpixels to save yet; generate or load them first")
        self.check_target(path, np.uint32)
        return io.write_superpixels(
            path,
            self.superpixels.data,
            voxel_size=self.volume.voxel_size,
            unit=self.volume.unit,
            like=self.volume.source,
        )

    def load_superpixels(self, path: PathLike, *, dataset: str | None = None) -> None:
        """Use the superpixels in a file; Apply then needs no generating.

        Parameters
        ----------
        path
            A file that `save_superpixels` writes or `annotat_nb.read` opens.
        dataset
            Which image of a file that holds several; default: the only one, or "superpixels".

        Raises
        ------
        ReadError
            If the file holds no superpixels of this volume; the message says why.
        """
        ids = io.read_superpixels(path, self.volume.shape, dataset=dataset, space=self._room)
        image = LabelImage(ids, origin=Path(path).name)
        found = Superpixels(image, None, image.values.size, token=secrets.token_hex(8))
        with self.lock:
            self.recorder.check_open()
            self.results.set_superpixels(found)
        self.results.write()

    def save_annotation(self, path: PathLike) -> Path:
        """Write the markers with the class table as an int16 image, -1 where nothing is marked.

        The formats are those of `save_label` but RAW, which cannot tell that there are signs.

        Parameters
        ----------
        path
            Where to; the suffix chooses the format.

        Raises
        ------
        WriteError
            If the file cannot be written; an older file stays as it was.
        """
        table = [item.model_dump() for item in self.classes]
        self.check_target(path, np.int16)
        return io.write_markers(
            path,
            self.markers.data,
            classes=table,
            voxel_size=self.volume.voxel_size,
            unit=self.volume.unit,
            like=self.volume.source,
        )

    def load_annotation(self, path: PathLike, *, dataset: str | None = None) -> None:
        """Mark what an image marks, one stroke for each class, and add its classes to the table.

        Parameters
        ----------
        path
            An image of class ids: signed with negative values where nothing is marked, or
            unsigned with the largest value of its type there.
        dataset
            Which image of a file that holds several; default: the only one, or "markers".

        Raises
        ------
        ReadError
            If the file holds no markers of this volume; the message says why.
        """
        markers, table = io.read_markers(path, self.volume.shape, dataset=dataset)
        with self.lock:
            used = np.unique(markers[markers >= 0])
            classes = merged_classes(self.classes.stored(), table, used)
            self._make(self.annotation.mark_image(markers, classes))
