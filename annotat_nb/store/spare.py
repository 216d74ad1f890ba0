"""Room on disk for what nobody needs afterwards."""

from __future__ import annotations

from contextlib import contextmanager
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from annotat_nb.room import Room
from annotat_nb.store.stored import StoredArray

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np


@contextmanager
def spare_room(folder: Path, budget: float | None = None) -> Iterator[Room]:
    """Give room in memory and, for what does not fit, in `folder`, where nothing of it stays.

    Parameters
    ----------
    folder
        A folder that can be written to.
    budget
        Bytes of memory; None is half of what is free.
    """
    numbers = count()

    def create(name: str, shape: tuple[int, ...], dtype: np.dtype[Any]) -> StoredArray:
        return StoredArray.create(Path(place) / f"{name} {next(numbers)}", shape, dtype)

    with TemporaryDirectory(prefix=".classify-", dir=folder, ignore_cleanup_errors=True) as place:
        yield Room(budget, create)
