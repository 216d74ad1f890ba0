"""The results of a workspace: arrays and files, the latest of each kind, and what is in work."""

from __future__ import annotations

import secrets
import shutil
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any

from annotat_nb.io import ReadError, WriteError
from annotat_nb.io.atomic import remove_leftovers
from annotat_nb.store.arrays import read_array, write_array
from annotat_nb.store.stored import StoredArray, saying_what_the_disk_refuses

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

    from annotat_nb.room import Room


class ResultFiles:
    """The folders of a workspace that hold what was computed.

    Parameters
    ----------
    path
        The workspace; what is missing in it is made when it is needed.
    """

    def __init__(self, path: Path) -> None:
        self._folder, self._scratch = path / "results", path / "scratch"
        self._numbers: dict[str, int] = {}
        self._arrays: weakref.WeakSet[StoredArray] = weakref.WeakSet()

    def next_file(self, name: str) -> str:
        """Return a file name for a result that none has had."""
        numbers = [int(p.name.split("-")[-1]) for p in self._folder.glob(f"{name}-*[0-9]")]
        self._numbers[name] = 1 + max([*numbers, self._numbers.get(name, 0)])
        return f"{name}-{self._numbers[name]:06d}"

    def new_array(self, name: str, shape: tuple[int, ...], dtype: np.dtype[Any]) -> StoredArray:
        """Make an array of zeros on disk; it is gone with the object, unless it becomes a result.

        Parameters
        ----------
        name
            What it holds, in words.
        shape, dtype
            Of the array.

        Raises
        ------
        WorkspaceError
            If the disk refuses.
        """
        folder = self._scratch / f"{name.replace(' ', '_')}-{secrets.token_hex(8)}"
        with saying_what_the_disk_refuses(folder):
            self._scratch.mkdir(mode=0o700, exist_ok=True)
            array = StoredArray.create(folder, shape, dtype)
        self._arrays.add(array)
        return array

    def save(self, file: str, data: Any) -> None:
        """Store an array as Zarr; one that `new_array` made is moved.

        Raises
        ------
        OSError
            If it cannot be written whole; what was stored before stays.
        """
        self._folder.mkdir(mode=0o700, exist_ok=True)
        write_array(self._folder / file, data)

    def save_file(self, file: str, write: Callable[[Path], object]) -> None:
        """Store a result that is one file: `write` writes it where it is told.

        Raises
        ------
        OSError
            If it cannot be written.
        """
        self._folder.mkdir(mode=0o700, exist_ok=True)
        remove_leftovers(self._folder)
        try:
            write(self._folder / file)
        except WriteError as error:
            if isinstance(error.__cause__, OSError):
                raise error.__cause__ from None
            raise

    def path_of(self, facts: dict[str, Any]) -> Path:
        """Return where a result lies that is one file; it may be gone."""
        return self._folder / Path(str(facts["file"])).name

    def load(self, facts: dict[str, Any], room: Room) -> Any | None:
        """Return a stored array; None when it is gone, damaged or not what `facts` say.

        Where there is no room for it in memory, what is damaged shows only when it is read.
        """
        array = read_array(self.path_of(facts), tuple(facts["shape"]), facts["dtype"])
        if not isinstance(array, StoredArray):
            return array
        self._arrays.add(array)
        try:
            return room.bring(array, str(facts["file"]))
        except ReadError:
            return None

    def drop_older(self, name: str, *, keep: str) -> None:
        """Remove the results called `name` that are older than the file `keep`.

        Arrays that somebody still reads are removed once nobody does.
        """
        in_use = {array.folder: array for array in self._arrays}
        for path in self._folder.glob(f"{name}-*"):
            if path.name >= keep:
                continue
            if path in in_use:
                in_use[path].remove_in_the_end()
            elif path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)

    def sweep(self) -> None:
        """Remove what a killed process left half made."""
        shutil.rmtree(self._scratch, ignore_errors=True)
        for part in self._folder.glob("*.part"):
            shutil.rmtree(part, ignore_errors=True)
