"""What benchmarks share; those in a browser use the fixtures of the browser tests, too."""

import importlib.util
import time
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import ndimage

_PATH = Path(__file__).parents[1] / "browser" / "conftest.py"
_SPEC = importlib.util.spec_from_file_location("browser_conftest", _PATH)
_MODULE = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_MODULE)

pytest_plugin_registered = _MODULE.pytest_plugin_registered


@pytest.fixture(scope="session")
def tomogram():
    """Make a cube of four noisy phases, layers of some 10 voxels, 8 bit; and the truth."""

    @cache
    def tomogram(side):
        rng = np.random.default_rng(0)
        coarse = ndimage.zoom(rng.random((max(2, side // 16),) * 3).astype("float32"), 16, order=1)
        truth = np.digitize(coarse[:side, :side, :side], [0.35, 0.5, 0.65]).astype("uint8")
        noisy = 40 + 50 * truth + rng.normal(0, 15, truth.shape)
        return np.clip(noisy, 0, 255).astype("uint8"), truth

    return tomogram


@pytest.fixture
def compare():
    """Tell how many times as long `theirs` takes as `ours`, and the seconds of `ours`.

    Both are the median of `runs` pairs, taken in turn. Where the ratio is less than `least`, it is
    measured up to three times, and the largest counts: other work on the machine takes more from
    what uses all processors.
    """

    def compare(theirs, ours, *, least, runs=5, clock=time.perf_counter):
        ours()  # compiles kernels, imports packages
        best = SimpleNamespace(times=0.0, seconds=0.0)
        for _ in range(3):
            pairs = np.array(
                [(_seconds(theirs, clock), _seconds(ours, clock)) for _ in range(runs)]
            )
            times = float(np.median(pairs[:, 0] / pairs[:, 1]))
            if times > best.times:
                best = SimpleNamespace(times=times, seconds=float(np.median(pairs[:, 1])))
            if times >= least:
                break
        return best

    return compare


def _seconds(work, clock):
    begun = clock()
    work()
    return clock() - begun
