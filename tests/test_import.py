import subprocess
import sys

import pytest

import annotat_nb

HEAVY = ["numba", "torch", "sklearn", "skimage", "scipy", "dask", "ipywidgets", "tifffile", "zarr"]
# Time of the interpreter itself does not count.
CODE = """
import sys, time
begun = time.perf_counter()
import annotat_nb
print(time.perf_counter() - begun)
print(*sorted({name.split(".")[0] for name in sys.modules}))
"""


@pytest.fixture(scope="module")
def imported():
    """The fastest of three fresh imports, and the modules that it loaded."""
    runs = [
        subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
        for _ in range(3)
    ]
    seconds = min(float(run.stdout.splitlines()[0]) for run in runs)
    return seconds, set(runs[0].stdout.splitlines()[1].split())


def test_importing_takes_no_time(imported):
    assert imported[0] <= 0.3


@pytest.mark.parametrize("name", HEAVY)
def test_importing_loads_nothing_heavy(imported, name):
    assert name not in imported[1]


@pytest.mark.parametrize("name", sorted(set(annotat_nb.__all__) - {"__version__"}))
def test_every_public_name_exists_and_is_documented(name):
    assert getattr(annotat_nb, name).__doc__


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="annotat_nb has no 'Sesion'"):
        annotat_nb.Sesion  # noqa: B018


def test_dir_lists_the_public_names():
    assert set(annotat_nb.__all__) <= set(dir(annotat_nb))
