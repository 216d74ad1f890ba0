"""Kernels are compiled behind the scenes, once a process, and never where nobody asked."""

import os
import subprocess
import sys
import threading

import pytest

from annotat_nb.kernels import compiling
from annotat_nb.kernels.preparing import Preparation


class Slow:
    """A kernel whose compilation lasts until it is let go on."""

    was_compiled = False

    def __init__(self):
        self.inside, self.gate, self.times = threading.Event(), threading.Event(), 0

    def compile(self):
        self.times += 1
        self.inside.set()
        assert self.gate.wait(20)


@pytest.fixture
def kernels(monkeypatch):
    kernels = [Slow() for _ in range(4)]
    monkeypatch.setattr(compiling, "all_kernels", lambda: kernels)
    yield kernels
    for each in kernels:
        each.gate.set()


def go_on(kernel):
    assert kernel.inside.wait(20)
    kernel.gate.set()


def test_every_kernel_is_compiled_once_and_it_is_told_how_many_are_left(kernels):
    found, left = Preparation(), []
    found.changed.connect(lambda: left.append(found.left))
    assert (found.is_running, found.share) == (False, 0)
    found.begin()
    assert kernels[0].inside.wait(20)
    found.begin()
    assert (found.is_running, found.left, found.share) == (True, 4, 0)
    go_on(kernels[0])
    assert kernels[1].inside.wait(20)
    assert found.share == 0.25
    for each in kernels:
        each.gate.set()
    found.wait()
    assert not found.is_running
    assert left == [3, 2, 1, 0, 0]
    found.begin()
    assert [each.times for each in kernels] == [1] * 4


def test_who_waits_hears_what_share_is_ready_and_may_give_up(kernels):
    found, heard = Preparation(), []
    found.wait(heard.append)  # nothing was begun: nothing to wait for
    assert heard == []
    found.begin()
    assert kernels[0].inside.wait(20)

    def hear(share):
        heard.append(share)
        for each in kernels:
            each.gate.set()

    found.wait(hear)
    assert heard[0] == 0
    other = Preparation()
    kernels[0].gate.clear()
    other.begin()

    def give_up(share):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        other.wait(give_up)


def test_what_fails_holds_up_nothing_else(kernels):
    def fail():
        raise ValueError("no such processor")

    kernels[1].compile = fail
    found = Preparation()
    for each in kernels:
        each.gate.set()
    found.begin()
    found.wait()
    assert kernels[3].times == 1


def test_it_stops_after_the_kernel_that_is_being_compiled(kernels):
    found = Preparation()
    found.begin()
    assert kernels[0].inside.wait(20)
    found._stop.set()
    kernels[0].gate.set()
    found.stop()
    assert not found.is_running
    assert kernels[1].times == 0


CODE = """
import numpy as np, annotat_nb as an
from annotat_nb.kernels.preparing import preparation
session = an.Session(an.Volume(np.zeros((2, 9, 9), "uint8")))
session.pipeline = an.Pipeline(features=(an.Identity(),), superpixels=None)
app = an.Annotator(session)
print(preparation().is_running, preparation().count)
"""
END = """
from annotat_nb.kernels.preparing import preparation
preparation().begin()
preparation().wait(lambda share: share < 1 and exit(0))
"""

HELPED = """
from annotat_nb.kernels import compiling
from annotat_nb.kernels.preparing import Preparation
kernels = sorted(compiling.all_kernels(), key=lambda kernel: kernel.__name__ != "weigh")[:4]
compiling.all_kernels = lambda: kernels
found, left = Preparation(), []
found.changed.connect(lambda: left.append(found.left))
found.begin()
found.wait()
assert all(kernel._dispatcher.signatures for kernel in kernels)
print(*[kernel.was_compiled for kernel in kernels], left[-1])
"""


def run(code, **environment):
    command = [sys.executable, "-c", code]
    environment = {**os.environ, **environment}
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


def test_neither_an_import_nor_a_session_begins_it():
    found = run(CODE)
    assert (found.returncode, found.stdout) == (0, "False 0\n"), found.stderr


def test_a_process_that_ends_meanwhile_ends_well(tmp_path):
    found = run(END, NUMBA_CACHE_DIR=str(tmp_path))
    assert (found.returncode, found.stderr) == (0, "")


def test_processes_of_their_own_compile_all_but_the_first_and_keep_them(tmp_path):
    first, again = (run(HELPED, NUMBA_CACHE_DIR=str(tmp_path)) for _ in range(2))
    assert (first.stdout, first.stderr) == ("True False False False 0\n", "")
    assert (again.stdout, again.stderr) == ("False False False False 0\n", "")


def test_without_them_this_one_compiles_all(tmp_path):
    alone = "import sys; sys.executable = '/nowhere/python'" + HELPED
    found = run(alone, NUMBA_CACHE_DIR=str(tmp_path))
    assert (found.stdout, found.stderr) == ("True True True True 0\n", "")
