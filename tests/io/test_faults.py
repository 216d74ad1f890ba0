"""Faults at random moments and places; the long runs are those marked soak."""

import random
import subprocess
import sys
import time

import numpy as np
import pytest

from annotat_nb.io import ReadError, read, write_labels
from annotat_nb.io.label_files import WRITERS

SHAPE = (8, 64, 64)
NAMES = [f"a_64x64x8_8bits{suffix}" for suffix in WRITERS]
KILLER = f"""
import os, sys, time
import h5py, nibabel, numcodecs, numpy as np, tifffile, zarr
from annotat_nb.io import write_labels
images = [np.random.default_rng(seed).integers(0, 9, {SHAPE}, dtype='uint8') for seed in (0, 1)]
for line in sys.stdin:
    writer = os.fork()
    while not writer:
        for image in images:
            write_labels(sys.argv[1], image)
    time.sleep(float(line))
    os.kill(writer, 9)
    os.waitpid(writer, 0)
    print('killed', flush=True)
"""


@pytest.mark.parametrize("trials", [5, pytest.param(150, marks=pytest.mark.soak)])
@pytest.mark.parametrize("name", NAMES)
def test_a_killed_export_leaves_the_old_or_the_new_labels(tmp_path, pixels, name, trials):
    images = [np.random.default_rng(s).integers(0, 9, SHAPE, dtype="uint8") for s in (0, 1)]
    path = write_labels(tmp_path / name, images[0])
    delays = random.Random(0)
    command = [sys.executable, "-c", KILLER, path]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, bufsize=1) as killer:
        for _ in range(trials):
            killer.stdin.write(f"{delays.uniform(0, 0.15)}\n")
            assert killer.stdout.readline() == "killed\n"
            found = pixels(path)
            assert any(np.array_equal(found, image) for image in images)
        killer.stdin.close()
    write_labels(path, images[0])
    assert [file.name for file in tmp_path.iterdir()] == [name]


def mutated(content, rng):
    content = bytearray(content)
    for _ in range(rng.randint(1, 6)):
        reach = min(len(content), rng.choice([64, 400, len(content)]))
        content[rng.randrange(reach)] = rng.choice([0, 255, rng.randrange(256)])
    return content if rng.random() < 0.8 else content[: rng.randrange(1, len(content))]


@pytest.mark.parametrize("trials", [500, pytest.param(50_000, marks=pytest.mark.soak)])
def test_a_mutated_real_file_is_an_image_or_a_sentence_within_a_second(
    tmp_path, shared_data, trials
):
    files = sorted((shared_data / "tiff_zoo").rglob("*.tif*"))
    seeds = [file.read_bytes() for file in files if file.stat().st_size < 60_000]
    rng = random.Random(0)
    refused = 0
    for _ in range(trials):
        (tmp_path / "a.tif").write_bytes(mutated(rng.choice(seeds), rng))
        started = time.monotonic()
        try:
            np.asarray(read(tmp_path / "a.tif", rgb=rng.choice([None, 0])).data)
        except ReadError as error:
            refused += str(error).startswith("a.tif: ")
        assert time.monotonic() - started < 1
    assert refused > trials // 3
