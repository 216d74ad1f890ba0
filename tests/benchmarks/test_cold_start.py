"""How long kernels are compiled where nobody ever ran them, and what a person notices of it."""

import os
import subprocess
import sys

import pytest

CODE = """
import asyncio, time
from annotat_nb.kernels.preparing import preparation

async def main():
    begun = last = time.perf_counter()
    longest = 0.0
    preparation().begin()
    while preparation().is_running:
        await asyncio.sleep(0.005)
        now = time.perf_counter()
        longest, last = max(longest, now - last), now
    print(time.perf_counter() - begun, longest)

asyncio.run(main())
"""


@pytest.mark.bench
def test_kernels_are_compiled_in_30_seconds_and_nobody_waits(tmp_path):
    runs = []
    for number in range(5):
        environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / str(number))}
        command = [sys.executable, "-c", CODE]
        told = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        runs.append([float(word) for word in told.stdout.split()])
    (median, _), longest = sorted(runs)[2], max(stall for _, stall in runs)
    print(f"\nall kernels: {median:.0f} s; the event loop stood still for {1000 * longest:.0f} ms")
    assert median <= 30
    assert longest <= 0.3
