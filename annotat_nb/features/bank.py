"""Several features of one block, one after the other, on the device that is there."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from annotat_nb.features.feature import Feature
    from annotat_nb.features.source import Source

_DRIVERS = {
    # NVIDIA, in containers too; Windows' own Linux; AMD, whose cards torch calls cuda as well
    "linux": ("/proc/driver/nvidia/version", "/dev/nvidiactl", "/dev/dxg", "/dev/kfd"),
    "win32": (r"C:\Windows\System32\nvcuda.dll",),
}
"""Files without which, on each platform, torch can use no graphics card."""


def stream(features: Iterable[Feature], source: Source) -> Iterator[tuple[Feature, list[Any]]]:
    """Compute one feature after the other, so that their channels need not be held together.

    Parameters
    ----------
    features
        What to compute.
    source
        The block.

    Yields
    ------
    feature, channels
        A feature, and its channels in the inner part of the block: float32, (z, y, x), on the
        device of `source`.

    Examples
    --------
    >>> import numpy as np
    >>> from annotat_nb.features import Gaussian, Identity, Source
    >>> features = (Identity(), Gaussian(radii=(1, 2)))
    >>> [len(channels) for _, channels in stream(features, Source(np.ones((2, 3, 4))))]
    [1, 2]
    """
    features = list(features)
    source.kept = max([source.kept, *(len(getattr(each, "radii", ())) for each in features)])
    for feature in features:
        yield feature, feature.compute(source)


def device_of(name: str) -> str:
    """Return the device that `name` means on this computer: ``cpu`` or ``cuda:N``.

    Parameters
    ----------
    name
        ``auto`` (the first graphics card, or else the processor), ``cpu``, ``cuda`` (the first
        graphics card) or ``cuda:N``.

    Raises
    ------
    ValueError
        If there is no such device.

    Examples
    --------
    >>> device_of("cpu")
    'cpu'
    """
    if name == "cpu":
        return "cpu"
    cards = _count_cards()
    if name == "auto":
        return "cuda:0" if cards else "cpu"
    kind, _, number = name.partition(":")
    if kind != "cuda" or not (number or "0").isdigit():
        raise ValueError(f"device must be 'auto', 'cpu' or 'cuda:N' such as 'cuda:0', got {name!r}")
    if int(number or 0) >= cards:
        raise ValueError(f"device {name!r} is not there: {_said(cards)}; choose 'auto' or 'cpu'")
    return f"cuda:{int(number or 0)}"


def devices() -> tuple[str, ...]:
    """Return the devices of this computer: ``cpu``, then the graphics cards that can be used.

    Examples
    --------
    >>> devices()[0]
    'cpu'
    """
    return ("cpu", *(f"cuda:{number}" for number in range(_count_cards())))


def _count_cards() -> int:
    """Count the graphics cards; without a driver there are none.

    Torch would take a second or more to say the same: it is not even imported.
    """
    if not any(Path(driver).exists() for driver in _DRIVERS.get(sys.platform, ())):
        return 0
    from annotat_nb.kernels.cuda.devices import count

    return count()


def _said(cards: int) -> str:
    if not cards:
        return "this computer has no graphics card that can be used (CUDA)"
    return (
        f"the graphics cards here are cuda:0 to cuda:{cards - 1}"
        if cards > 1
        else ("the only graphics card here is cuda:0")
    )
