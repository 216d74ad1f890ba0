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


def cause_of(error: RuntimeError) -> str:
    """Say why a graphics card could not compute something, to go on after its name.

    Examples
    --------
    >>> cause_of(RuntimeError("CUDA error: an illegal memory access was encountered"))
    'failed (CUDA error: an illegal memory access was encountered)'
    """
    if is_full(error):
        return "ran out of memory"
    return f"failed ({(str(error).splitlines() or [type(error).__name__])[0]})"


def release() -> None:
    """Give memory back that is kept for later, so that larger pieces of it are free."""
    torch.cuda.empty_cache()
