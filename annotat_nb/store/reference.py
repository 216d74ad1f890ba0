"""How a workspace remembers the image that it belongs to."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import numpy as np
from pydantic import BaseModel, ConfigDict

from annotat_nb import io
from annotat_nb.io.atomic import atomic_write
from annotat_nb.volume import Volume

MEGABYTE = 2**20


class ImageReference(BaseModel):
    """Where an image lies, how it was opened, and what tells it from another.

    `path` is relative for an image that is stored inside the workspace.
    """

    model_config = ConfigDict(frozen=True)

    path: str
    how: dict[str, Any]
    name: str
    shape: tuple[int, int, int]
    dtype: str
    voxel_size: tuple[float, float, float]
    unit: str
    digest: str

    @classmethod
    def of(cls, volume: Volume, folder: Path, stored_as: str) -> Self:
        """Describe `volume`, after storing it in `folder` if it lives in memory only."""
        path = str(volume.source) if volume.source else _store(volume, folder / stored_as)
        return cls(
            path=path,
            how=volume.how,
            name=volume.name,
            shape=volume.shape,
            dtype=volume.dtype.str,
            voxel_size=volume.voxel_size,
            unit=volume.unit,
            digest=digest_of(volume),
        )

    def agrees_with(self, volume: Volume) -> bool:
        """Tell whether `volume` is the image that is meant."""
        return (self.shape, self.digest) == (volume.shape, digest_of(volume))

    def open(self, folder: Path) -> Volume:
        """Open the image again, from its file or from the workspace `folder`.

        Raises
        ------
        ReadError
            If the file is gone, unreadable, or no longer the same image.
        """
        volume = self._stored(folder) if not Path(self.path).is_absolute() else self._read(folder)
        if not self.agrees_with(volume):
            raise io.ReadError(
                f"{self.name}: is no longer the image this workspace was made for "
                f"(expected shape {self.shape} and other content, got {volume.shape}); "
                "restore the file, or start a new workspace for this one"
            )
        return volume

    def _read(self, folder: Path) -> Volume:
        how: dict[str, Any] = {
            name: tuple(v) if isinstance(v, list) else v for name, v in self.how.items()
        }
        found = io.read(self._place(folder), **how)
        return replace(found, voxel_size=self.voxel_size, unit=self.unit, name=self.name)

    def _place(self, folder: Path) -> Path:
        """Find the image where it was, or beside the workspace if both were moved together."""
        path = Path(self.path)
        beside = folder.parent / path.name
        for place in (path, beside):
            if place.exists() or any(sign in place.name for sign in "*?["):  # a glob of slices
                return place
        raise io.ReadError(
            f"{path.name}: is neither at {path} nor beside {folder.name}; bring it back, or open "
            f"it where it is: annotat_nb.Session(annotat_nb.read(...), workspace={folder.name!r})"
        )

    def _stored(self, folder: Path) -> Volume:
        path = folder / self.path
        try:
            data = np.load(path, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise io.ReadError(
                f"{self.name or path.name}: its copy in {folder.name} cannot be read ({error}); "
                "restore that folder from a copy"
            ) from error
        return Volume(data, self.voxel_size, self.unit, self.name)


def digest_of(volume: Volume) -> str:
    """Hash about a megabyte of rows spread over each of three slices, as SHA-256."""
    digest = hashlib.sha256(repr((volume.dtype.str, volume.shape)).encode())
    depth = volume.shape[0]
    for index in sorted({0, depth // 2, depth - 1}):
        plane = volume.slice("z", index)
        step = 1 + plane.nbytes // MEGABYTE
        digest.update(np.ascontiguousarray(plane[step // 2 :: step]).tobytes())
    return digest.hexdigest()


def _store(volume: Volume, path: Path) -> str:
    with atomic_write(path) as file:
        np.lib.format.write_array(file, np.asarray(volume.data), allow_pickle=False)
    return path.name
