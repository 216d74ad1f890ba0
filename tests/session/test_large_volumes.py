"""Volumes larger than memory; their files have holes, so that they take no room."""

import re
import time
from pathlib import Path
from statistics import median

import numpy as np
import pytest
import tifffile

import annotat_nb as an

SIDE = 2048
SHAPE = (SIDE, SIDE, SIDE)
OPENED, SCROLLED = 2.0, 0.25
"""Seconds until a volume is shown, and from slice to slice."""


def private_memory():
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"RssAnon:\s+(\d+)", status)[1]) * 1024


def raw(folder):
    path = folder / f"scan_{SIDE}x{SIDE}x{SIDE}_16bits.raw"
    with path.open("wb") as file:
        file.truncate(2 * SIDE**3)
    return path


def tiff(folder):
    tifffile.imwrite(folder / "scan.tif", shape=SHAPE, dtype="uint16", bigtiff=True)
    return folder / "scan.tif"


@pytest.mark.parametrize("write", [raw, tiff])
def test_17_gb_open_in_two_seconds_and_scroll_in_little_memory(tmp_path, write):
    path = write(tmp_path)
    before = private_memory()
    start = time.perf_counter()
    session = an.Session(an.read(path), workspace=tmp_path / "scan.annotat")
    app = an.Annotator(session)
    assert time.perf_counter() - start < OPENED
    seconds = []
    for index in range(1000, 1010):
        start = time.perf_counter()
        session.show(z=index)
        seconds.append(time.perf_counter() - start)
    assert median(seconds) < SCROLLED
    session.show(axis="y")
    session.paint([(1500, 40), (1520, 90)], label=0, radius=5)
    assert private_memory() - before < 2**29
    app.close()
    session.close()


def test_a_volume_that_is_not_its_file_is_refused_before_it_is_read(tmp_path):
    path = raw(tmp_path)
    with path.open("r+b") as file:
        file.truncate(2 * SIDE**3 - 1)
    with pytest.raises(an.ReadError, match=r"^scan_"):
        an.read(path)


def test_values_far_into_the_file_are_found_along_all_axes(tmp_path):
    path = raw(tmp_path)
    written = np.memmap(path, "<u2", "r+", shape=SHAPE)
    written[2000, 1500, 700] = 9
    written.flush()
    with an.Session(an.read(path), workspace=tmp_path / "scan.annotat") as session:
        assert session.volume.slice("z", 2000)[1500, 700] == 9
        assert session.volume.slice("y", 1500)[2000, 700] == 9
        assert session.volume.data[1990:2010, 1490:1510, 690:710].sum() == 9
        assert session.is_slow_across("x")
