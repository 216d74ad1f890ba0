"""The hot loops: numba for processors, torch for graphics cards, one definition for both."""

from annotat_nb.kernels.threads import over, processors

__all__ = ["over", "processors"]
