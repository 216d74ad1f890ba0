"""The superpixels of a volume."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from annotat_nb.progress import Progress, silent
from annotat_nb.superpixels.method import Notify, warn_user

if TYPE_CHECKING:
    from annotat_nb.superpixels import SuperpixelMethod
    from annotat_nb.volume import Volume


def superpixels_of(
    volume: Volume,
    method: SuperpixelMethod,
    progress: Progress = silent,
    *,
    device: str = "cpu",
    notify: Notify = warn_user,
    out: Any | None = None,
) -> Any:
    """Divide a volume into superpixels, by the intensities of all of it.

    Parameters
    ----------
    volume
        The image.
    method
        How to divide it.
    progress
        Receives the step and the share that is done; raise in it to cancel.
    device, notify
        Where to compute, and who is told when that fails, as for the method.
    out
        Where to write the ids, uint32, (z, y, x); None: into a new array.

    Returns
    -------
    ndarray
        `out`, or a new array, uint32, (z, y, x): ids from 1 without gaps.

    Examples
    --------
    >>> import numpy as np
    >>> from annotat_nb.superpixels import Waterpixels
    >>> from annotat_nb.volume import Volume
    >>> int(superpixels_of(Volume(np.zeros((1, 8, 8))), Waterpixels(seed_spacing=4)).max())
    4
    """
    low_high = volume.measure_range(lambda done: progress("Measuring", 0.1 * done))
    return method(
        volume.data,
        intensity_range=low_high,
        progress=lambda done: progress("Generating superpixels", 0.1 + 0.9 * done),
        device=device,
        notify=notify,
        out=out,
    )
