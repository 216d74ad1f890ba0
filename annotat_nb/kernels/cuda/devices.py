"""Which graphics cards there are."""

from __future__ import annotations


def count() -> int:
    """Return the number of graphics cards that torch can use."""
    import torch

    return torch.cuda.device_count() if torch.cuda.is_available() else 0
