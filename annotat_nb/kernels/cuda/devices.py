"""Which graphics cards there are, and whether their memory is full."""

from __future__ import annotations

import torch


def count() -> int:
    """Return the number of graphics cards that torch can use."""
    return torch.cuda.device_count() if torch.cuda.is_available() else 0


def is_full(error: BaseException) -> bool:
    """Tell whether `error` says that the memory of a graphics card does not suffice."""
    if isinstance(error, torch.cuda.OutOfMemoryError):
        return True
    # What torch's own allocator does not ask for fails with an error of the driver instead.
    return isinstance(error, RuntimeError) and "out of memory" in str(error)


def release() -> None:
    """Give memory back that is kept for later, so that larger pieces of it are free."""
    torch.cuda.empty_cache()
