"""Getting one value a pixel out of colours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from annotat_nb.io.errors import Candidate, cannot_read, must_choose

if TYPE_CHECKING:
    from pathlib import Path

    from annotat_nb.operation import Array

Rgb = Literal["luminance"] | int | None

_REC709 = (0.2126, 0.7152, 0.0722)


def check_rgb(path: Path, samples: int, rgb: Rgb) -> None:
    """Refuse an `rgb` that does not lead from `samples` values a pixel to one."""
    if samples == 1:
        if rgb is not None:
            raise cannot_read(path, "has no colours", "leave rgb= out")
        return
    choices = [*(["'luminance'"] if samples >= 3 else []), f"0 … {samples - 1}"]
    remedy = f"pass rgb= {' or '.join(choices)} (one channel)"
    if rgb is None:
        cause = f"has {samples} values a pixel (colours or alpha)"
        raise must_choose(path, cause, remedy, "rgb", _candidates(samples))
    valid = samples >= 3 if rgb == "luminance" else rgb in range(samples)
    if not valid:
        raise cannot_read(path, f"has no rgb={rgb!r} among its {samples} values a pixel", remedy)


def _candidates(samples: int) -> list[Candidate]:
    """Name the ways from `samples` values a pixel to one."""
    names = ("red", "green", "blue", "alpha") if samples in (3, 4) else ("grey", "alpha")
    channels = [
        Candidate(at, f"{names[at]} (channel {at})" if samples <= 4 else f"channel {at}")
        for at in range(samples)
    ]
    grey = [Candidate("luminance", "luminance (grey of the colours)")] if samples >= 3 else []
    return [*grey, *channels]


def one_sample(image: Array, rgb: Rgb) -> Array:
    """Reduce `image`, (y, x, samples), to (y, x) of the same dtype.

    Luminance is that of ITU-R BT.709, as in scikit-image; a fourth value (alpha) is ignored.

    Examples
    --------
    >>> one_sample(np.full((1, 1, 3), 200, "uint8"), "luminance")
    array([[200]], dtype=uint8)
    """
    if rgb is None:
        return image
    if rgb != "luminance":
        return image[..., rgb]
    grey = image[..., :3] @ np.array(_REC709)
    return grey.astype(image.dtype) if image.dtype.kind == "f" else _rounded(grey, image.dtype)


def _rounded(grey: Array, dtype: np.dtype[np.generic]) -> Array:
    return np.rint(grey).astype(dtype)
