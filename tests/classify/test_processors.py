import os

import pytest

from annotat_nb.classify.classifier import processors


@pytest.mark.parametrize("limit", ["max 100000", "400000000 100000", "nonsense", ""])
def test_without_a_limit_all_processors_of_this_process_count(tmp_path, limit):
    (tmp_path / "cpu.max").write_text(limit)
    assert processors(tmp_path / "cpu.max") == len(os.sched_getaffinity(0))
    assert processors(tmp_path / "missing") == len(os.sched_getaffinity(0))


@pytest.mark.parametrize("limit", ["100000 100000", "50000 100000"])
def test_the_share_of_a_container_counts(tmp_path, limit):
    (tmp_path / "cpu.max").write_text(limit)
    assert processors(tmp_path / "cpu.max") == 1
