import platform
import subprocess
import sys

import pytest

CODE = """
import ctypes, numpy as np
from annotat_nb.kernels import threads
def work(item):
    kept = [np.ones(1000) for _ in range(300)]
    assert sum(part.sum() for part in kept) == 300_000
if {of_ours}:
    threads.each(64, work, threads=16)
else:
    from concurrent.futures import ThreadPoolExecutor
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(work, range(64)))
libc = ctypes.CDLL(None)
libc.malloc_info(0, ctypes.c_void_p.in_dll(libc, "stdout"))
"""


def heaps(of_ours):
    command = [sys.executable, "-c", CODE.format(of_ours=of_ours)]
    found = subprocess.run(command, capture_output=True, text=True, check=True)
    return found.stdout.count("<heap nr=")


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only the C library of GNU has heaps")
def test_threads_share_heaps():
    assert 1 <= heaps(of_ours=True) <= 2 < heaps(of_ours=False)
