"""The verb that makes slices across the pages of a file fast."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

from annotat_nb import io
from annotat_nb.session.base import SessionError
from annotat_nb.session.working import Working

if TYPE_CHECKING:
    from annotat_nb.jobs import Job
    from annotat_nb.store.block_copy import BlockCopy


class Rechunking(Working):
    """A copy of the image in blocks, kept in the workspace."""

    def is_slow_across(self, axis: str) -> bool:
        """Tell whether each slice across an axis makes most of the file be read.

        Parameters
        ----------
        axis
            ``"z"``, ``"y"`` or ``"x"``.
        """
        return io.reads_everything(self.volume, axis)

    def rechunk_obstacle(self) -> str | None:
        """Say why `rechunk` cannot or need not be done; None: it can."""
        if self.recorder.obstacle is not None:
            return self.recorder.obstacle
        workspace, data = self.recorder.workspace, self.volume.data
        if not isinstance(data, io.PagedImage) or data.blocks is not None:
            return "Slices of this image are fast along all axes already"
        if workspace is None:
            return "There is no workspace to keep the copy in: open the image with one"
        free = shutil.disk_usage(workspace.path).free
        if self._bytes > free:
            return (
                f"The copy takes up to {self._bytes / 1e9:.1f} GB and {free / 1e9:.1f} GB are "
                f"free on the disk of {workspace.path.name}: free some space"
            )
        return None

    def rechunk(self, *, block: bool = True) -> Job | None:
        """Copy the image into the workspace as Zarr in blocks, so that XZ and YZ become fast.

        XY slices still come from the file itself. A copy that was cancelled or killed goes on
        where it was.

        Parameters
        ----------
        block
            Wait for the end, with a progress bar; otherwise return a `Job` at once.

        Raises
        ------
        SessionError
            If there is no workspace, no room on its disk, or nothing to gain.
        """
        self.recorder.check_open()
        workspace = self.recorder.workspace
        if (reason := self.rechunk_obstacle()) is not None or workspace is None:
            raise SessionError(reason or "")
        copy = workspace.block_copy(self.volume)
        return self._run(
            "Copy in blocks",
            lambda job: _write(copy, job, workspace.path.name),
            self._use_copy,
            block,
        )

    def _use_copy(self, copy: Any) -> None:
        with self.lock:
            self.volume.data.blocks = copy

    @property
    def _bytes(self) -> int:
        depth, height, width = self.volume.shape
        return depth * height * width * self.volume.dtype.itemsize


def _write(copy: BlockCopy, job: Job, folder: str) -> Any:
    try:
        return copy.write(job.report)
    except OSError as error:
        raise SessionError(
            f"{folder}: the copy in blocks cannot be written ({error.strerror or error}); free "
            "some space and make it again: it goes on where it stopped"
        ) from error
