import ast
import inspect
import os
import subprocess
import sys

import numpy as np
import pytest

from annotat_nb.kernels import compiling, over
from annotat_nb.kernels.compiling import kernel


@pytest.fixture
def double(monkeypatch):
    monkeypatch.setattr(compiling, "KERNELS", [])

    @kernel(("const float32[::1]", "float32[::1]"))
    def double(values, out):
        for i in range(values.size):
            out[i] = 2 * values[i]

    return double


def test_a_kernel_is_compiled_when_it_is_first_called(double):
    assert double in compiling.KERNELS
    assert not double._dispatcher.signatures
    out = np.empty(3, "float32")
    double(np.arange(3, dtype="float32"), out)
    assert len(double._dispatcher.signatures) == 1
    assert out.tolist() == [0, 2, 4]


def test_what_must_not_be_written_is_let_through(double):
    values, out = np.arange(3, dtype="float32"), np.empty(3, "float32")
    values.flags.writeable = False
    double(values, out)
    assert out.tolist() == [0, 2, 4]


def test_other_types_are_refused_instead_of_compiled(double):
    with pytest.raises(TypeError, match="No matching definition"):
        double(np.arange(3.0), np.empty(3, "float32"))


def test_every_kernel_compiles_for_all_its_types():
    for each in compiling.all_kernels():
        each.compile()
        assert len(each._dispatcher.signatures) == len(each._signatures)


FROZEN = {"LOAD": 0, "JOIN": 1}
"""What kernels of several files are compiled with; kernels on disk would not notice a change."""


def used_by(function):
    """Yield the names of what a kernel and its helpers read from their module, and the values."""
    for name in function.__code__.co_names:
        if name in function.__globals__:
            value = function.__globals__[name]
            yield name, value
            if hasattr(value, "py_func"):
                yield from used_by(value.py_func)


def imported_into(module):
    """Return what a module imports from others of the package."""
    parts = ast.parse(inspect.getsource(module)).body
    ours = [part for part in parts if isinstance(part, ast.ImportFrom)]
    ours = [part for part in ours if part.module.startswith("annotat_nb")]
    return {name.asname or name.name for part in ours for name in part.names}


def test_what_a_kernel_is_compiled_with_is_defined_in_its_own_file():
    found = {}
    for each in compiling.all_kernels():
        imported = imported_into(sys.modules[each.__module__])
        used = used_by(each._dispatcher.py_func)
        found |= {name: value for name, value in used if name in imported}
    assert found == FROZEN


def test_folders_that_cannot_be_written_are_no_obstacle(tmp_path):
    code = """
import numba.core.caching as caching
for locator in caching.CacheImpl._locator_classes:
    locator.from_function = classmethod(lambda cls, *_: None)
from annotat_nb.kernels.compiling import kernel

@kernel(("int64",))
def double(value):
    return 2 * value

print(double(21))
"""
    path = tmp_path / "code.py"
    path.write_text(code)
    run = [sys.executable, str(path)]
    found = subprocess.run(run, capture_output=True, text=True, check=True, env=os.environ)
    assert found.stdout == "42\n"


def test_threads_that_meet_in_a_kernel_compile_it_once(double):
    out = np.empty((8, 3), "float32")

    def work(start, stop):
        for row in range(start, stop):
            double(np.full(3, row, "float32"), out[row])

    over(8, work, threads=4)
    np.testing.assert_array_equal(out, 2 * np.arange(8)[:, None].repeat(3, axis=1))
