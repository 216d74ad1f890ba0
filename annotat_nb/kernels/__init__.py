"""The hot loops: numba for processors, torch for graphics cards, one definition for both."""

from annotat_nb.kernels.threads import each, over, processors

__all__ = ["each", "over", "processors"]
