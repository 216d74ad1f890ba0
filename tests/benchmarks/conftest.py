"""What benchmarks share; those in a browser use the fixtures of the browser tests, too."""

import importlib.util
import time
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

HERE = Path(__file__).parent


def _module(path):
    spec = importlib.util.spec_from_file_location(f"{path.parent.name}_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


pytest_plugin_registered = _module(HERE.parent / "browser/conftest.py").pytest_plugin_registered


@pytest.fixture(scope="session")
def tomogram():
    """Make what `tomogram.py` makes, each size once."""
    return cache(_module(HERE / "tomogram.py").tomogram)


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
